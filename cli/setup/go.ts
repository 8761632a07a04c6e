import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from './errors';
import { run } from './process';

/** A program in a published Go module. */
export interface GoProgram {
  /** Path of its package. */
  readonly package: string;
  /** The module it is in, as path@version. */
  readonly module: string;
  /** Modules that hold the code of others, as path@version, by the path that the code declares. @default - none */
  readonly replacements?: Readonly<Record<string, string>>;
  /** Texts that the linker sets, by the name of the variable. @default - none */
  readonly texts?: Readonly<Record<string, string>>;
}

/** From this version on, Go fetches the newer tool chain that a module asks for. */
export const OLDEST_GO = '1.21';

/** Builds a program with the Go of this machine. @param file where it is put */
export async function buildWithGo(program: GoProgram, file: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'wso2-go-'));
  const go = (...args: string[]) => run('go', args, { cwd: work, env: { CGO_ENABLED: '0', GOBIN: '', GOWORK: 'off' } });
  const replacements = Object.entries(program.replacements ?? {});
  const texts = Object.entries(program.texts ?? {}).map(([name, text]) => ` -X ${name}=${text}`);
  try {
    // `go install` refuses a module that replaces others, or declares another path than its own; as a dependency it may.
    await go('mod', 'init', 'build');
    await go('mod', 'edit', `-require=${program.module}`, ...replacements.map((pair) => `-replace=${pair.join('=')}`));
    const flags = ['-mod=mod', '-trimpath', '-buildvcs=false', `-ldflags=-s -w${texts.join('')}`];
    await go('build', ...flags, '-o', file, program.package);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @throws UserError where this machine's Go is too old @param what is built with it */
export function requireGo(version: string, what: string): void {
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1]);
  if (minor >= Number(OLDEST_GO.split('.')[1])) return;
  throw new UserError(
    `${version} is too old to build ${what}. Install Go ${OLDEST_GO} or newer (https://go.dev/doc/install).`,
  );
}
