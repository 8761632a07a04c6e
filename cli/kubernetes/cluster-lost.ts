import { clusterSays } from '../environment-cluster';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';

/** How the API server, or the way to it, is said to have gone. */
const UNREACHABLE =
  /connection refused|connection to the server .* was refused|i\/o timeout|connection reset|no route to host|unexpected EOF|TLS handshake timeout|client connection lost|currently unable to handle|timed out fetching|context deadline exceeded|etcdserver|ServiceUnavailable|Unable to connect to the server/i;
const STRANGER = /Unauthorized|must be logged in|asked for the client to provide credentials/;
/** Not what a quota forbids. */
const FORBIDDEN = /is forbidden: User "|cannot (?:get|list|create|patch|update|delete) resource "/;

const MEANWHILE =
  'No pod stops by that: what serves keeps serving. What the server has received is applied, the rest is as it was.';

/** Whether the cluster has answered, and does not take who asks, or not this. */
function isRefusal({ lastLines }: CommandError): boolean {
  const text = lastLines.join(' ');
  return STRANGER.test(text) || FORBIDDEN.test(text);
}

/** An API server that has just started refuses, until it has read who may do what. */
const STARTING_MS = 20_000;

/** Whether the cluster refuses for good, for whoever asks it again and again. */
export class Refusals {
  private since: number | undefined;

  /** @returns whether this refusal, and those right before it, have lasted longer than the start of an API server */
  last(error: CommandError, now = Date.now()): boolean {
    if (!isRefusal(error)) {
      this.since = undefined;
      return false;
    }
    this.since ??= now;
    return now - this.since >= STARTING_MS;
  }

  /** It has answered. */
  ended(): void {
    this.since = undefined;
  }
}

/** What is said while it is asked again. */
export function noNews(error: CommandError): string {
  return `the cluster ${isRefusal(error) ? 'refuses to tell, for now' : 'does not answer'}: ${clusterSays(error)}`;
}

/** What it means that Terraform or kubectl failed in the middle of a change, where the reason is the cluster's; undefined where it is another. */
export function meaningOf({ command: [program], exitCode, lastLines }: CommandError): string | undefined {
  const text = lastLines.join(' ').replace(/\s+/g, ' ');
  // kubectl that did not end in its time was waiting for an answer.
  if (UNREACHABLE.test(text) || (program === 'kubectl' && exitCode === undefined)) {
    return `The API server, or the way to it, went away in the middle of it. ${MEANWHILE}`;
  }
  if (STRANGER.test(text)) {
    return `In the middle of it the cluster no longer took who the kubeconfig says you are: log in to it again. ${MEANWHILE}`;
  }
  if (FORBIDDEN.test(text)) {
    return `The user of the kubeconfig may not do that: ask whoever runs the cluster for a role that may. ${MEANWHILE}`;
  }
  return undefined;
}

/** What a command says that kubectl failed in the middle of its work for such a reason; other errors stay as they are. @param next what to type then */
export function explained(error: unknown, next: string): unknown {
  if (!(error instanceof CommandError) || error.command[0] !== 'kubectl') return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  return new UserError(
    `${error.lastLines.at(-1) ?? error.reason}\n\n${meaning} When it is as before, run "${next}" again.`,
  );
}
