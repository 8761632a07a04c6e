import { ConfigurationError } from '../../environment/diagnostics';

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
  try {
    await main();
  } catch (error) {
    process.exitCode = error instanceof InterruptedError ? 130 : 1;
    console.error(error instanceof InterruptedError && interrupted ? `interrupted: ${interrupted}` : describe(error));
  }
}

function describe(error: unknown): string {
  if (error instanceof UserError || error instanceof ConfigurationError || error instanceof InterruptedError) {
    return error.message;
  }
  if (process.env.DEBUG === '1') return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Unexpected error: ${error instanceof Error ? error.message : String(error)}\nDEBUG=1 shows where it happened.`;
}
