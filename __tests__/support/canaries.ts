import { CommandError, run } from '../../cli/setup/process';

// What is in the Secrets of an environment on Kubernetes, looked for where it must not be.

/** Shorter texts are found anywhere by chance. */
const SHORTEST = 12;
const OBJECTS = ['configmaps', 'pods', 'events', 'deployments', 'replicasets', 'jobs', 'services', 'networkpolicies'];

/** Runs kubectl in the environment's namespace. */
type Kubectl = (...args: string[]) => Promise<string>;

/** What is in the Secrets and is no certificate, as texts that can be looked for: whole values, and a line of each private key. */
export function canariesOf(secrets: readonly { readonly data?: Readonly<Record<string, string>> }[]): string[] {
  const texts = secrets.flatMap(({ data = {} }) =>
    Object.entries(data)
      .filter(([name]) => !name.endsWith('.crt'))
      .map(([, value]) => Buffer.from(value, 'base64').toString('latin1').trim()),
  );
  const canaries = texts
    .map((text) => (text.includes('PRIVATE KEY') ? (text.split('\n')[1] ?? '') : text))
    .filter((text) => text.length >= SHORTEST && /^[\x20-\x7e]+$/.test(text));
  return [...new Set(canaries)].flatMap((text) => [text, Buffer.from(text).toString('base64')]);
}

/** @returns which of the texts have a canary in them, by their titles */
export function textsWith(canaries: readonly string[], texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts)
    .filter(([, text]) => canaries.some((canary) => text.includes(canary)))
    .map(([title]) => title);
}

/** @returns files below folders that have one of the canaries in them */
export async function filesWith(canaries: readonly string[], folders: readonly string[]): Promise<string[]> {
  try {
    // On standard input: as arguments, other users would see them.
    const how = [
      '--recursive',
      '--exclude-dir=node_modules',
      '--fixed-strings',
      '--files-with-matches',
      '--text',
      '--file=-',
    ];
    const { stdout } = await run('grep', [...how, ...folders], { input: `${canaries.join('\n')}\n` });
    return stdout.trim().split('\n');
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 1) return [];
    throw error;
  }
}

/** Every other object of the namespace that could tell, also what it says has happened, by kind. */
export async function otherObjects(kubectl: Kubectl): Promise<Record<string, string>> {
  const objects = OBJECTS.map(async (kind) => [kind, await kubectl('get', kind, '--output', 'json')]);
  return Object.fromEntries(await Promise.all(objects));
}

/** What every pod of the namespace has logged. */
export async function logsOf(kubectl: Kubectl): Promise<Record<string, string>> {
  const names = (await kubectl('get', 'pods', '--output', 'name')).trim().split('\n');
  const logs = names.map(async (name) => [
    `log of ${name}`,
    await kubectl('logs', name, '--all-containers', '--tail=-1').catch(() => ''),
  ]);
  return Object.fromEntries(await Promise.all(logs));
}
