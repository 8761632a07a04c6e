import { spawn } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { LABEL_PREFIX } from '../topology/names';
import type { CommandContext } from './command';
import { HELPER } from './environment-engine';
import { UserError } from './setup/errors';

type Place = Pick<CommandContext, 'topology' | 'engine'>;

const LABEL = `${LABEL_PREFIX}.at-work`;

/**
 * Does something to an environment that nobody else may do at the same time: the second of two commands would take what the first one is
 * just creating for leftovers. Terraform locks a state only while it works on that one stack.
 *
 * The engine says who is first: a container that has a fixed name and lives as long as this process holds its standard input. It goes
 * when the command ends, however it ends, and whichever machine it ran on.
 *
 * @throws UserError when somebody is at work, with who and since when
 */
export async function atWork<T>(context: Place, command: string, work: () => Promise<T>): Promise<T> {
  const release = await begin(context, command);
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * For what only plans: the plans that are saved in this folder may be those that somebody is just applying, and what a plan is compared
 * with changes meanwhile.
 *
 * @throws UserError when somebody is at work
 */
export async function requireNobodyAtWork(context: Place): Promise<void> {
  const name = containerOf(context);
  const found = await context.engine.docker('container', 'ls', '--quiet', '--filter', `name=^${name}$`);
  if (found.trim() !== '') throw await occupied(context);
}

/** Who works here, for others to read. */
export function thisProcess(): string {
  return `${userInfo().username}@${hostname()}, process ${process.pid}`;
}

function containerOf({ topology }: Place): string {
  return `${topology.environment}-at-work`;
}

async function occupied(context: Place): Promise<UserError> {
  const name = containerOf(context);
  const format = `{{index .Config.Labels "${LABEL}"}}, since {{.State.StartedAt}}`;
  const inspected = context.engine.docker('container', 'inspect', '--format', format, name);
  const other = await inspected.catch(() => 'it has just ended');
  return new UserError(
    `somebody is at work on ${context.topology.environment} (${other.trim()}). Nothing was changed. Run this again when that has ended. If nobody is: docker rm -f ${name}`,
  );
}

async function begin(context: Place, command: string): Promise<() => Promise<void>> {
  const { topology, engine } = context;
  const name = containerOf(context);
  const options = [...HELPER, '--interactive', '--network', 'none', '--read-only', '--user', '65534'];
  const label = `${LABEL}=${thisProcess()}: ${command}`;
  // One that is there for certain, where anything is.
  const [container] = await engine.containers();
  const image = [container?.image ?? topology.loadBalancer.image, '-c', 'echo begun; exec cat'];
  const child = spawn(
    'docker',
    ['run', ...options, '--name', name, '--label', label, '--entrypoint', 'sh', ...image],
    // Its own process group: Ctrl-C is for the command that works, and it may take its time to end.
    { env: { ...process.env, ...engine.variables }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((done) => child.once('close', () => done()).once('error', () => done()));
  child.stdin.on('error', () => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const begun = await Promise.race([
    new Promise<boolean>((done) => child.stdout.once('data', () => done(true))),
    ended.then(() => false),
  ]);
  if (begun) {
    return async () => {
      child.stdin.end();
      await ended;
    };
  }
  if (!said.includes('is already in use')) {
    throw new UserError(
      `the engine did not start ${name}, by which others see that somebody is at work: ${said.trim()}`,
    );
  }
  throw await occupied(context);
}
