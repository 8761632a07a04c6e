import { existsSync, readFileSync } from 'node:fs';
import { UserError } from './errors';
import { isInstalled, run } from './process';
import { step } from './progress';

/** What set-up needs to know about the machine it runs on. */
export interface Machine {
  readonly isLinux: boolean;
  readonly isRoot: boolean;
  /** Debian, Ubuntu or a descendant: packages come from apt. */
  readonly isDebian: boolean;
  readonly hasSystemd: boolean;
  /** Where a local Docker Engine listens by default. */
  readonly engineSocket: string;
}

export function thisMachine(): Machine {
  return {
    isLinux: process.platform === 'linux',
    isRoot: process.getuid?.() === 0,
    isDebian: isInstalled('apt-get') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(read('/etc/os-release')),
    hasSystemd: existsSync('/run/systemd/system'),
    engineSocket: '/var/run/docker.sock',
  };
}

/** Installs packages with apt, saying so. Ask `canInstall` first. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  await step(`Installing ${packages.join(', ')} with apt`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const wait = ['-o', 'DPkg::Lock::Timeout=120'];
    await run('apt-get', [...wait, 'update'], { env });
    await run('apt-get', [...wait, 'install', '--yes', '--no-install-recommends', ...packages], { env });
  });
}

export function canInstall(machine: Machine): boolean {
  return machine.isRoot && machine.isDebian;
}

/** @throws UserError with `advice` unless the program is on the PATH */
export function requireProgram(program: string, advice: string): void {
  if (!isInstalled(program)) throw new UserError(`${program} was not found on the PATH. ${advice}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
