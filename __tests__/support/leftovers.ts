import { docker, removeAll } from './workspace';

const SUITE = 'wso2-is-active-active.test';
const PROCESS = 'wso2-is-active-active.test-process';

/** Options that mark a container, network or volume as belonging to this run of a suite. */
export function ownerLabels(suite: string): string[] {
  return ['--label', `${SUITE}=${suite}`, '--label', `${PROCESS}=${process.pid}`];
}

/** Removes what this run of a suite made, and what killed runs have left; never what another run is using. */
export async function removeLeftovers(suite: string): Promise<void> {
  for (const kind of ['container', 'network', 'volume'] as const) {
    const all = kind === 'container' ? ['--all'] : [];
    const id = kind === 'volume' ? '.Name' : '.ID';
    const format = `{{${id}}} {{.Label "${PROCESS}"}}`;
    const rows = (await docker(kind, 'ls', ...all, '--filter', `label=${SUITE}=${suite}`, '--format', format)).split(
      '\n',
    );
    const found = rows.map((row) => row.split(' ')).filter(([name, owner]) => name && !isAnotherRun(Number(owner)));
    await removeAll(
      kind,
      found.map(([name]) => name as string),
    );
  }
}

function isAnotherRun(pid: number): boolean {
  if (pid === process.pid || !(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
