import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';

/** How the API server, or the way to it, is said to have gone. */
const UNREACHABLE =
  /connection refused|connection to the server .* was refused|i\/o timeout|connection reset|no route to host|unexpected EOF|TLS handshake timeout|client connection lost|currently unable to handle|timed out fetching|context deadline exceeded|etcdserver|ServiceUnavailable|Unable to connect to the server/i;

/** What it means that the API server went away while something was changed. */
export const WENT_AWAY =
  'The API server, or the way to it, went away in the middle of it. No pod stops by that: what serves keeps serving. What the server has received is applied, the rest is as it was.';

/** Whether Terraform or kubectl failed because nobody answered. */
export function hasGone({ command: [program], exitCode, lastLines }: CommandError): boolean {
  // kubectl that did not end in its time was waiting for an answer.
  return UNREACHABLE.test(lastLines.join('\n')) || (program === 'kubectl' && exitCode === undefined);
}

/** What a command says that lost the cluster in the middle of its work; other errors stay as they are. @param next what to type then */
export function explained(error: unknown, next: string): unknown {
  if (!(error instanceof CommandError) || error.command[0] !== 'kubectl' || !hasGone(error)) return error;
  return new UserError(
    `${error.lastLines.at(-1) ?? error.reason}\n\n${WENT_AWAY} When it answers again, run "${next}" again.`,
  );
}
