import { InterruptedError, UserError } from './errors';
import { stopRunningCommands } from './process';

const STOP_EVERY_MS = 100;

/**
 * Runs tasks at the same time. When one fails, the commands of the others are stopped; nothing is left running when it returns.
 *
 * @throws UserError with the messages of all tasks that failed by themselves; any other error as it is
 */
export async function concurrently(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const errors = new Set<unknown>();
  let stopping: NodeJS.Timeout | undefined;
  await Promise.all(
    tasks.map((task) =>
      task().catch((error: unknown) => {
        errors.add(error);
        // Again and again: a task may be between two commands now.
        stopping ??= setInterval(stopRunningCommands, STOP_EVERY_MS);
      }),
    ),
  );
  clearInterval(stopping);
  const own = [...errors].filter((error) => !(error instanceof InterruptedError));
  const unexpected = own.find((error) => !(error instanceof UserError));
  if (unexpected) throw unexpected;
  if (own.length > 0) throw new UserError([...new Set(own.map((error) => (error as UserError).message))].join('\n'));
  if (errors.size > 0) throw [...errors][0];
}

/**
 * Waits for all, also when one fails: what has begun ends in order.
 *
 * @throws UserError with the messages of all that failed; any other error as it is
 */
export async function together(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (errors.length === 0) return;
  const other = errors.find((error) => !(error instanceof UserError));
  const messages = new Set(errors.map((error) => (error as UserError).message));
  throw other ?? new UserError([...messages].join('\n\n'));
}
