import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from '../../cli/setup/process';
import { PROJECT } from './workspace';

/** The commit that was released first. */
const COMMIT = '0d10b4a';

/** The program as it was released first, in a folder of its own, with today's modules: its own were the same ones. */
export class FirstRelease {
  private readonly directory = mkdtempSync(join(tmpdir(), 'first-release-'));

  /** @throws where the repository here does not reach back to it */
  static async checkOut(): Promise<FirstRelease> {
    const release = new FirstRelease();
    const archive = join(release.directory, 'release.tar');
    await fromHistory('archive', '--output', archive, COMMIT);
    await run('tar', ['--extract', '--file', archive, '--directory', release.directory]);
    await run('cp', ['--archive', '--link', join(PROJECT, 'node_modules'), join(release.directory, 'node_modules')]);
    // Older than the modules, or make would install them.
    utimesSync(join(release.directory, 'package-lock.json'), 0, 0);
    return release;
  }

  /** Runs one of its make targets on the environments of a folder. */
  async make(target: string, environment: string, folder: string): Promise<string> {
    const args = ['--no-print-directory', '-f', join(this.directory, 'Makefile'), target, `ENV=${environment}`];
    return (await run('make', args, { cwd: folder, env: { YES: '1' } })).stdout;
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A file as the first release had it. @param path below the project's folder */
export async function fileOfFirstRelease(path: string): Promise<string> {
  return fromHistory('show', `${COMMIT}:${path}`);
}

/** What git says of the first release. @throws where the repository here does not reach back to it */
async function fromHistory(...args: string[]): Promise<string> {
  const git = async (...command: string[]) => (await run('git', ['-C', PROJECT, ...command])).stdout;
  try {
    // A pipeline's clone may hold the last commits alone.
    if ((await git('rev-parse', '--is-shallow-repository')).trim() === 'true')
      await git('fetch', '--quiet', '--unshallow');
    return await git(...args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(
      `the history here ends before ${COMMIT}: fetch all of it (git fetch --unshallow), it is tested from there`,
    );
  }
}
