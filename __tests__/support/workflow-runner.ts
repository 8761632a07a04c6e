import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../../cli/setup/process';
import { PROJECT } from './workspace';

const { safeLoad } = require('js-yaml') as { safeLoad(text: string): unknown };

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly outputs?: Readonly<Record<string, string>>;
}

interface JobResult {
  readonly outputs: Record<string, string>;
  readonly log: string;
  readonly obeyed: readonly string[];
  readonly workspace: string;
}

/** What one job has beside its checkout. */
interface JobState {
  /** RUNNER_TEMP. */
  readonly temporary: string;
  /** Variables that its steps have handed on to later ones. */
  readonly variables: Record<string, string>;
}

export type Context = Readonly<Record<string, unknown>>;

/** What `gh` was asked for, with the text it was given. */
export interface Request {
  readonly args: string;
  readonly body: string;
}

/**
 * Runs jobs of `.github/workflows/` step by step on this machine. Checkouts come from a repository beside it, artifacts go through a
 * folder, tools are there already, and `gh` writes down what it is asked for; every `run` step runs as it stands.
 */
export class WorkflowRunner {
  readonly directory = mkdtempSync(join(tmpdir(), 'workflow-'));
  readonly origin = join(this.directory, 'origin');
  private jobs = 0;

  constructor(private readonly variables: NodeJS.ProcessEnv = {}) {
    const bin = join(this.directory, 'bin');
    mkdirSync(bin);
    mkdirSync(join(this.directory, 'artifacts'));
    mkdirSync(join(this.directory, 'requests'));
    writeFileSync(
      join(bin, 'gh'),
      `#!/usr/bin/env bash
case "$*" in *--jq*) exit 0;; esac
request=$(mktemp ${join(this.directory, 'requests')}/XXXXXX)
printf '%s\\n' "$*" > "$request"
for argument; do [[ $argument == body=@* ]] && cat "\${argument#body=@}" >> "$request"; done
exit 0
`,
    );
    chmodSync(join(bin, 'gh'), 0o755);
  }

  /** Makes that repository: the commit that is checked out here and what has been changed since are its main branch. */
  async createOrigin(): Promise<void> {
    mkdirSync(this.origin);
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT });
    const list = join(this.directory, 'files');
    writeFileSync(list, stdout);
    const [pack, unpack] = ['tar --create --ignore-failed-read --files-from "$0"', 'tar --extract --directory "$1"'];
    await run('bash', ['-c', `${pack} | ${unpack}`, list, this.origin], { cwd: PROJECT });
    await this.git('init', '--quiet', '--initial-branch=main');
  }

  /** Commits a configuration: to `main`, or to another branch, which the branch `merge` then has as GitHub would merge it. */
  async commit(environment: string, branch: string, toml: string): Promise<void> {
    if (branch !== 'main') await this.git('checkout', '--quiet', '-B', branch, 'main');
    writeFileSync(join(this.origin, 'config', `${environment}.toml`), toml);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', `Change of ${environment}`);
    if (branch === 'main') return;
    await this.git('checkout', '--quiet', '-B', 'merge', 'main');
    await this.git('merge', '--quiet', '--no-ff', '--message', 'merge', branch);
    await this.git('checkout', '--quiet', 'main');
  }

  /** Requests of the jobs since the last time that somebody asked. */
  async takeRequests(): Promise<Request[]> {
    const { stdout } = await run('find', [join(this.directory, 'requests'), '-type', 'f']);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((file) => {
        const [args = '', ...body] = readFileSync(file, 'utf8').split('\n');
        rmSync(file);
        return { args, body: body.join('\n') };
      });
  }

  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@bank.example'];
    return (await run('git', ['-C', this.origin, ...identity, ...args])).stdout.trim();
  }

  /**
   * Runs one job.
   *
   * @param workspace folder of an earlier job that had the same checkouts, to be used again. @default - one of its own
   * @returns its outputs, everything that it printed, the lines of that which GitHub would have obeyed, and its folder
   * @throws when a step has failed, with what it said; those that run always have run
   */
  async job(workflow: string, name: string, context: Context, workspace = this.newWorkspace()): Promise<JobResult> {
    const file = join(this.origin, '.github', 'workflows', workflow);
    const { jobs } = safeLoad(readFileSync(file, 'utf8')) as { jobs: Record<string, Job> };
    const job = jobs[name];
    if (job === undefined) throw new Error(`${workflow} has no job ${name}`);
    const obeyed: string[] = [];
    const steps: Record<string, { outputs: Record<string, string> }> = {};
    const state: JobState = { temporary: mkdtempSync(join(this.directory, 'temporary-')), variables: {} };
    let log = '';
    let failure: unknown;
    const perform = async (step: Step, scope: Context) => {
      const inputs = evaluated(step.with ?? {}, scope);
      if (step.uses?.startsWith('actions/checkout@')) await this.checkout(workspace, inputs, context);
      else if (step.uses?.startsWith('actions/upload-artifact@')) await this.upload(workspace, inputs);
      else if (step.uses?.startsWith('actions/download-artifact@')) this.download(workspace, inputs);
      else if (step.run !== undefined) {
        const [output, environment] = [join(this.directory, 'output'), join(this.directory, 'environment')];
        for (const file of [output, environment]) writeFileSync(file, '');
        const printed = await this.command(workspace, step.run, {
          ...state.variables,
          ...evaluated({ ...job.env, ...step.env }, scope),
          RUNNER_TEMP: state.temporary,
          GITHUB_OUTPUT: output,
          GITHUB_ENV: environment,
        });
        Object.assign(state.variables, outputsIn(environment));
        log += printed;
        obeyed.push(...obeyedLines(printed));
        if (step.id) steps[step.id] = { outputs: outputsIn(output) };
      }
    };
    for (const step of job.steps) {
      const scope = { ...context, steps };
      const conditions = step.if?.split(' && ') ?? [];
      if (failure !== undefined && !conditions.includes('always()')) continue;
      if (!conditions.every((condition) => condition === 'always()' || lookUp(condition, scope))) continue;
      await perform(step, scope).catch((error: unknown) => {
        failure ??= error;
      });
    }
    if (failure !== undefined) throw failure;
    const masks = obeyed.flatMap((line) => /add-mask(?:::|\])(.+)$/.exec(line)?.[1] ?? []);
    const outputs = Object.entries(evaluated(job.outputs ?? {}, { ...context, steps })).filter(
      ([, value]) => !masks.some((mask) => value.includes(mask)),
    );
    return { outputs: Object.fromEntries(outputs), log, obeyed, workspace };
  }

  private newWorkspace(): string {
    this.jobs += 1;
    const workspace = join(this.directory, `job-${this.jobs}`);
    mkdirSync(workspace);
    return workspace;
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async checkout(workspace: string, inputs: Record<string, string>, context: Context): Promise<void> {
    const target = join(workspace, inputs.path ?? '.');
    const isUsedAgain = existsSync(join(target, '.git'));
    if (isUsedAgain)
      await run('git', ['-C', target, 'fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*']);
    else await run('git', ['clone', '--quiet', '--no-checkout', this.origin, target]);
    await run('git', [
      '-C',
      target,
      'checkout',
      '--quiet',
      '--force',
      '--detach',
      await this.git('rev-parse', inputs.ref ?? String(context.ref)),
    ]);
    if (inputs.path !== undefined || isUsedAgain) return;
    // As "npm ci" would leave it, but in a second.
    await run('cp', ['--archive', '--link', join(PROJECT, 'node_modules'), join(target, 'node_modules')]);
    utimesSync(join(target, 'package-lock.json'), 0, 0);
  }

  /** What jobs have uploaded under a name. */
  artifact(name: string, ...path: string[]): string {
    return join(this.directory, 'artifacts', name, ...path);
  }

  /** Several paths keep their folders; a single one goes without them. */
  private async upload(workspace: string, { name = '', path = '' }: Record<string, string>): Promise<void> {
    const artifact = this.artifact(name);
    rmSync(artifact, { recursive: true, force: true });
    mkdirSync(artifact);
    const paths = path.trim().split('\n');
    const copy = paths.length === 1 ? `cp -r ${path} "$TARGET"` : `cp -r --parents ${paths.join(' ')} "$TARGET"`;
    await run('bash', ['-c', copy], { cwd: workspace, env: { TARGET: artifact } });
  }

  private download(workspace: string, { name, path = '.' }: Record<string, string>): void {
    const artifacts = join(this.directory, 'artifacts');
    const target = join(workspace, path);
    cpSync(name === undefined ? artifacts : join(artifacts, name), target, { recursive: true });
  }

  private async command(cwd: string, text: string, env: NodeJS.ProcessEnv): Promise<string> {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', text], {
      cwd,
      env: {
        ...process.env,
        GITHUB_ACTIONS: 'true',
        GITHUB_REPOSITORY: 'bank/identity',
        GITHUB_STEP_SUMMARY: join(this.directory, 'summary'),
        ...this.variables,
        ...env,
        PATH: `${join(this.directory, 'bin')}${delimiter}${process.env.PATH}`,
      },
    });
    let log = '';
    child.stdout.on('data', (chunk) => {
      log += chunk;
    });
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    const exitCode = await new Promise((done) => child.once('close', done));
    if (exitCode !== 0) throw new Error(`${text}: exit code ${exitCode}\n${log}`);
    return log;
  }
}

const COMMANDS =
  '(add-mask|add-matcher|remove-matcher|set-env|set-output|save-state|add-path|echo|debug|warning|error|notice|group|endgroup|stop-commands)';
/** Where GitHub looks for an order in a line: at its beginning, and in the older form anywhere. */
const ORDERS = [new RegExp(`^\\s*::${COMMANDS}( [^:]*)?::`, 'i'), new RegExp(`##\\[${COMMANDS}( [^\\]]*)?\\]`, 'i')];

/** Lines of one step that GitHub would obey: none from where a line tells it to obey no more, until the token of that line comes. */
function obeyedLines(log: string): string[] {
  let token: string | undefined;
  return log.split('\n').filter((line) => {
    if (token !== undefined) {
      if (line === `::${token}::`) token = undefined;
      return false;
    }
    token = /^::stop-commands::([\w-]{16,})$/.exec(line)?.[1];
    return token === undefined && ORDERS.some((order) => order.test(line));
  });
}

function outputsIn(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Values with their expressions filled in. Secrets that are not in the context are empty, as on GitHub. */
function evaluated(values: Readonly<Record<string, string>>, context: Context): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      String(value).replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, path) => String(lookUp(path, context) ?? '')),
    ]),
  );
}

function lookUp(path: string, context: Context): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Context | undefined)?.[key], context);
}
