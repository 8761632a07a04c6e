import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandError, type RunResult, run } from '../../cli/setup/process';
import { ensureProviders } from '../../cli/setup/providers';
import { ensureTerraform, terraformVariables } from '../../cli/setup/terraform';
import type { PlaceName } from './places';

export const PROJECT = resolve(__dirname, '../..');

/** Outcome of a command that was allowed to fail. */
export interface MakeResult extends RunResult {
  readonly exitCode: number;
}

/** A command that was begun. */
export interface RunningMake {
  readonly pid: number;
  /** What it has said until now. */
  readonly said: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<MakeResult>;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
}

/**
 * A folder of its own, as a user's checkout would be: configuration, generated output and state of the environments under test.
 * Commands run there through the project's Makefile.
 */
export class Workspace {
  /** @param directory one that is there, where a run goes on from another. @default - a new one */
  constructor(readonly directory: string = mkdtempSync(join(tmpdir(), 'active-active-'))) {}

  private readonly environments = new Set<string>();
  private commands = 0;

  /** Writes `config/<name>.toml`; the first time, removes what a killed run has left of this environment on the engine. */
  async configure(name: PlaceName, toml: string): Promise<void> {
    if (!this.environments.has(name)) await removeEnvironment(name);
    this.environments.add(name);
    mkdirSync(this.path('config'), { recursive: true });
    writeFileSync(this.path('config', `${name}.toml`), toml);
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Builds an image. @param dockerfile the text of its Dockerfile */
  async buildImage(tag: string, dockerfile: string): Promise<void> {
    writeFileSync(this.path('Dockerfile'), dockerfile);
    await docker('build', '--quiet', '--tag', tag, this.path('.'));
  }

  /** Runs `make <target> ENVIRONMENT=<environment>`. @throws when it fails, with what it said */
  async make(
    target: string,
    environment: string,
    variables: NodeJS.ProcessEnv = {},
    input?: string,
  ): Promise<RunResult> {
    const result = await this.tryMake(target, environment, variables, input);
    if (result.exitCode !== 0) {
      throw new Error(
        `make ${target} ENVIRONMENT=${environment}: exit code ${result.exitCode}\n${result.stdout}${result.stderr}`,
      );
    }
    return result;
  }

  /** @param input text for the command's standard input. @default - no input */
  async tryMake(
    target: string,
    environment: string,
    variables: NodeJS.ProcessEnv = {},
    input?: string,
  ): Promise<MakeResult> {
    // A log file keeps both outputs whole also when the command fails; commands may run at the same time.
    const logFile = this.path(`make-${++this.commands}.log`);
    const env = { YES: '1', ...variables };
    try {
      const result = await run('make', makeArguments(target, environment), {
        cwd: this.directory,
        env,
        logFile,
        input,
      });
      return { ...result, exitCode: 0 };
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode === undefined) throw error;
      return { stdout: '', stderr: readFileSync(logFile, 'utf8'), exitCode: error.exitCode };
    } finally {
      rmSync(logFile, { force: true });
    }
  }

  /** Begins a `make` in a process group of its own, as a terminal does: what its `interrupt` sends reaches all of it. */
  begin(target: string, environment: string): RunningMake {
    const child = spawn('make', makeArguments(target, environment), {
      cwd: this.directory,
      env: { ...process.env, YES: '1' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    const ended = new Promise<MakeResult>((done) =>
      child.once('close', (code, signal) =>
        done({ ...said, exitCode: code ?? 128 + constants.signals[signal ?? 'SIGTERM'] }),
      ),
    );
    const pid = child.pid as number;
    return { pid, said, ended, interrupt: () => process.kill(-pid, 'SIGINT') };
  }

  /** The cdktf command line of the project. */
  readonly cdktf = join(PROJECT, 'node_modules', '.bin', 'cdktf');

  /** Makes plain `cdktf` work here, as it does in a checkout. */
  useCdktf(): void {
    const settings = JSON.parse(readFileSync(join(PROJECT, 'cdktf.json'), 'utf8'));
    const loader = join(PROJECT, 'typescript.cjs');
    const app = `node --require "${loader}" "${join(PROJECT, 'main.ts')}"`;
    writeFileSync(this.path('cdktf.json'), JSON.stringify({ ...settings, app }));
  }

  /** The saved plan of a stack as JSON. */
  terraformShow(stack: string): Promise<RunResult> {
    return this.terraform(stack, 'show', '-json', 'tfplan');
  }

  /** Runs Terraform in the folder of a stack. */
  async terraform(stack: string, ...args: string[]): Promise<RunResult> {
    const { binary, variables } = await terraformHere();
    return run(binary, args, { cwd: this.path('cdktf.out', 'stacks', stack), env: variables });
  }

  /** Paths of all files below a folder of the workspace. */
  files(folder: string): string[] {
    return readdirSync(this.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => statSync(file).size < 20_000_000);
  }

  /** Removes whatever the environments left on the engine, and the folder. Works also after a failed test. */
  async dispose(): Promise<void> {
    for (const environment of this.environments) await removeEnvironment(environment);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function makeArguments(target: string, environment: string): string[] {
  return ['--no-print-directory', '-f', join(PROJECT, 'Makefile'), target, `ENVIRONMENT=${environment}`];
}

/** Terraform, and the variables with which cdktf finds it and it finds its providers on this machine. */
export async function terraformHere(): Promise<{ binary: string; variables: NodeJS.ProcessEnv }> {
  const terraform = await ensureTerraform();
  const variables = { ...(await ensureProviders(terraform)), ...terraformVariables(terraform) };
  return { binary: terraform.binary, variables };
}

/** Runs the docker client. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim();
}

/** Runs a statement as PostgreSQL's administrator, through the socket in the database's container. @returns the rows, unaligned */
export async function psql(container: string, database: string, statement: string): Promise<string> {
  const options = ['-XAtq', '-h', '/var/run/postgresql', '-U', 'postgres', '-d', database];
  return docker('exec', container, 'psql', ...options, '-c', statement);
}

export async function inspect(container: string): Promise<InspectedContainer> {
  const [found] = JSON.parse(await docker('container', 'inspect', container));
  return found as InspectedContainer;
}

export interface InspectedContainer {
  readonly Id: string;
  readonly State: {
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Running: boolean;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
  };
  readonly RestartCount: number;
}

/** Removes containers, networks and volumes of one environment, by label. */
export async function removeEnvironment(environment: string): Promise<void> {
  const filter = ['--filter', `label=wso2-is-active-active.environment=${environment}`];
  for (const kind of ['container', 'network', 'volume'] as const) {
    const all = kind === 'container' ? ['--all'] : [];
    const ids = (await docker(kind, 'ls', ...all, '--quiet', ...filter)).split('\n').filter(Boolean);
    await removeAll(kind, ids);
  }
}

/** Removes containers with their anonymous volumes, networks or volumes. */
export async function removeAll(kind: 'container' | 'network' | 'volume', ids: readonly string[]): Promise<void> {
  const force = { container: ['--force', '--volumes'], volume: ['--force'], network: [] };
  if (ids.length > 0) await docker(kind, 'rm', ...force[kind], ...ids);
}

/** Waits until `condition` holds. @throws with `what` when it does not in time */
export async function eventually(
  what: string,
  seconds: number,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

export async function waitUntilHealthy(container: string, seconds = 120): Promise<void> {
  await eventually(`${container} is healthy`, seconds, async () => {
    const { State } = await inspect(container);
    return State.Running && State.Health?.Status === 'healthy';
  });
}
