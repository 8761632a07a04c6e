import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../../environment/diagnostics';
import { foreignFile } from './foreign-files';

/** Something the user can put right. The message says what is wrong, where, and what to do; it is shown as it stands. */
export class UserError extends Error {
  override name = 'UserError';
}

/** The user interrupted the command. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';

  constructor(readonly signal: NodeJS.Signals) {
    super('interrupted');
  }
}

/**
 * Runs a command of the command line and turns what it throws into text and an exit code: 1 for errors, 130 for Ctrl-C.
 * Stack traces appear only for unexpected errors and only with DEBUG=1.
 *
 * @param interrupted what to say after Ctrl-C, once everything that ran has ended. @default - only that it was interrupted
 */
export async function runCommand(main: () => Promise<void>, interrupted?: string): Promise<void> {
  // GitHub takes "##[add-mask]" anywhere in a line for an order, also in a reason or a file's name that we only show. Not on the
  // output, which may be somebody's file. The token ends it: what comes later in the same step gives orders of its own.
  const token = process.env.GITHUB_ACTIONS === 'true' ? randomUUID() : undefined;
  if (token !== undefined) process.stderr.write(`::stop-commands::${token}\n`);
  const obeyAgain = () => {
    if (token === undefined) return;
    // GitHub reads the output and the error output each by itself: it must have read what was shown before.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READ_MS);
    process.stderr.write(`::${token}::\n`);
  };
  const tell = (error: unknown) => {
    console.error(error instanceof InterruptedError && interrupted ? `interrupted: ${interrupted}` : describe(error));
  };
  // While a program runs, process.ts listens as well: the program is stopped, and main ends by it. Between two nobody else does.
  // A command that has nothing to say is ended by the system, also while it reads a value that somebody types.
  const betweenPrograms = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1) return;
    tell(new InterruptedError(signal));
    obeyAgain();
    process.exit(INTERRUPTED);
  };
  if (interrupted) for (const signal of SIGNALS) process.on(signal, betweenPrograms);
  try {
    await main();
  } catch (error) {
    process.exitCode = error instanceof InterruptedError ? INTERRUPTED : 1;
    tell(error);
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, betweenPrograms);
    obeyAgain();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTERRUPTED = 130;
const READ_MS = 300;

const FULL = /no space left on device|disk quota exceeded/i;
const FULL_ON = {
  docker: '"docker system df" and "df -h" on the Docker host',
  kubernetes: '"df -h" in the pod and on its machine',
} as const;

/** A command on an environment has already said where a disk of its platform may be full. */
function describe(error: unknown): string {
  return described(withPlaceOfFullDisk(error, 'docker'));
}

/**
 * Of an error because a disk is full, one that also says where to look.
 *
 * @param platform on which the disk may be, beside those of this machine
 * @returns any other error as it is
 */
export function withPlaceOfFullDisk(error: unknown, platform: keyof typeof FULL_ON): unknown {
  const text = described(error);
  if (!FULL.test(text) || text.includes('df -h')) return error;
  return new UserError(`${text}\nA disk or volume is full: "df -h" here, ${FULL_ON[platform]} say which.`);
}

function described(error: unknown): string {
  if (error instanceof UserError || error instanceof ConfigurationError || error instanceof InterruptedError) {
    return error.message;
  }
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `no space left on device: ${path ?? 'a file'} was not written.`;
  const foreign = foreignFile(error);
  if (foreign !== undefined) return foreign;
  if (process.env.DEBUG === '1') return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Unexpected error: ${error instanceof Error ? error.message : String(error)}\nDEBUG=1 shows where it happened.`;
}
