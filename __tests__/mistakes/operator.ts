import { run } from '../../cli/setup/process';
import type { Notes } from '../chaos/fault';
import type { Pair } from '../chaos/pair';
import { docker, inspect, type MakeResult, PROJECT } from '../support/workspace';

/** How a command is given. */
export interface Given {
  readonly variables?: NodeJS.ProcessEnv;
  /** Text for its standard input. */
  readonly input?: string;
  /** @default - that of the pair */
  readonly environment?: string;
}

/** Enough of a message to judge it by. */
const QUOTED = 320;
const TAIL_LINES = 12;

/** Somebody at the commands of a pair: what they say is judged by its words. */
export class Operator {
  constructor(
    readonly pair: Pair,
    readonly note: Notes,
  ) {}

  /** Gives a command that must fail and say all of this. */
  refused(target: string, words: readonly string[], given: Given = {}): Promise<MakeResult> {
    return this.give(target, given).then((result) => this.judge(written(target, given), result, false, words));
  }

  /** Gives a command that must succeed and say all of this. */
  done(target: string, words: readonly string[] = [], given: Given = {}): Promise<MakeResult> {
    return this.give(target, given).then((result) => this.judge(written(target, given), result, true, words));
  }

  /** The same with an archive. @param redirection such as `< keys.tar` */
  async withFile(target: string, redirection: string, succeeds: boolean, words: readonly string[] = []): Promise<void> {
    this.judge(`make ${target} ${redirection}`, await makeWithFile(this.pair, target, redirection), succeeds, words);
  }

  /** Judges what a command has said. */
  judge(command: string, result: MakeResult, succeeds: boolean, words: readonly string[]): MakeResult {
    const text = `${result.stdout}\n${result.stderr}`;
    const tail = text.trim().split('\n').slice(-TAIL_LINES).join(' / ');
    this.note.expect(
      `${command} ended with exit code ${result.exitCode}: ${tail}`,
      (result.exitCode === 0) === succeeds,
    );
    for (const word of words) this.note.expect(`${command} does not say "${word}" but: ${tail}`, text.includes(word));
    const quoted = [...new Set(words.flatMap((word) => lineWith(text, word)))];
    if (quoted.length > 0) this.note.said.push(`\`${command}\`: ${quoted.map((line) => `“${line}”`).join(' ')}`);
    return result;
  }

  async nothingToChange(): Promise<void> {
    const { stdout, stderr } = await this.give('plan', {});
    this.note.expect(
      `there is something left to change: ${`${stdout}${stderr}`.trim().split('\n').slice(-TAIL_LINES).join(' / ')}`,
      stdout.includes('Nothing to change.'),
    );
  }

  /** Ids of the containers that serve, and when each was started. */
  async servers(): Promise<Record<string, string>> {
    const { database, nodes, loadBalancer } = this.pair;
    const names = [database, ...nodes.map(({ container }) => container), loadBalancer];
    const found = await Promise.all(
      names.map(async (name) => {
        const { Id, State } = await inspect(name);
        return [name, `${Id} ${State.StartedAt}`];
      }),
    );
    return Object.fromEntries(found);
  }

  /** Does something that may touch no server. */
  async untouched<T>(what: string, work: () => Promise<T>): Promise<T> {
    const before = await this.servers();
    const result = await work();
    const after = await this.servers();
    for (const [name, was] of Object.entries(before)) this.note.expect(`${what} touched ${name}`, after[name] === was);
    return result;
  }

  /** Runs a shell script as root on a volume of the pair. @param image of any tools */
  async onVolume(volume: string, image: string, script: string): Promise<string> {
    const options = ['--rm', '--label', 'wso2-is-active-active.test=1', '--network', 'none', '--user', '0:0'];
    const mount = ['--volume', `${this.pair.name}-${volume}:/volume`];
    return docker('run', ...options, ...mount, '--entrypoint', '/bin/sh', image, '-c', script);
  }

  private give(target: string, { variables = {}, input, environment = this.pair.name }: Given): Promise<MakeResult> {
    return this.pair.workspace.tryMake(target, environment, variables, input);
  }
}

/** Runs a command through a shell, for archives, which are no text. @param redirection such as `< keys.tar` */
export async function makeWithFile(
  { workspace, name }: Pair,
  target: string,
  redirection: string,
): Promise<MakeResult> {
  const command = `make -s --no-print-directory -f "${PROJECT}/Makefile" ${target} ENVIRONMENT=${name} ${redirection}`;
  // The exit code as a line of its own: of a shell that fails, nothing else would be told.
  const { stdout, stderr } = await run('sh', ['-c', `${command}; echo "exit code $?" >&2`], {
    cwd: workspace.directory,
  });
  return { stdout, stderr, exitCode: Number(/exit code (\d+)\n$/.exec(stderr)?.[1]) };
}

/** The command as somebody types it, without values. */
function written(target: string, { variables = {}, environment }: Given): string {
  const settings = Object.entries({ ...variables, ...(environment !== undefined && { ENVIRONMENT: environment }) });
  return ['make', target, ...settings.map(([name, value]) => `${name}=${value}`)].join(' ');
}

function lineWith(text: string, word: string): string[] {
  const line = text.split('\n').find((candidate) => candidate.includes(word.split('\n')[0] as string));
  if (line === undefined) return [];
  const trimmed = line.trim().replace(/\s+/g, ' ');
  return [trimmed.length > QUOTED ? `${trimmed.slice(0, QUOTED)}…` : trimmed];
}
