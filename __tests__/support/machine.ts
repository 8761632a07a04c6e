import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A machine of the test's own: an empty cache, a PATH with the programs it is given, and no settings of the real one. */
export class TestMachine {
  readonly directory = mkdtempSync(join(tmpdir(), 'setup-test-'));
  private readonly environment = { ...process.env };

  constructor(keepPath = false) {
    for (const name of ['DOCKER_HOST', 'TERRAFORM_BINARY_NAME', 'TF_CLI_CONFIG_FILE']) delete process.env[name];
    process.env.XDG_CACHE_HOME = join(this.directory, 'cache');
    mkdirSync(join(this.directory, 'bin'));
    if (!keepPath) process.env.PATH = join(this.directory, 'bin');
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Puts a program on the PATH: a JavaScript text. */
  program(name: string, script: string): void {
    this.file(join('bin', name), `#!${process.execPath}\n${script}\n`);
    chmodSync(this.path('bin', name), 0o755);
  }

  /** Puts programs of the real machine on the PATH. */
  borrow(...names: string[]): void {
    const folders = (this.environment.PATH ?? '').split(delimiter);
    for (const name of names) {
      const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
      if (found === undefined) throw new Error(`${name} is needed for this test`);
      symlinkSync(found, this.path('bin', name));
    }
  }

  file(name: string, content: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  close(): void {
    process.env = this.environment;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The error a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}
