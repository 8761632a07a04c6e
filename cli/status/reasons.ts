import type { EngineContainer } from '../environment-engine';

/** What is known of a server, wherever it runs. */
export type ServerFacts = Pick<
  EngineContainer,
  'running' | 'paused' | 'restarting' | 'exitCode' | 'outOfMemory' | 'startError' | 'health' | 'healthOutput'
>;

/** How a platform's parts are called, for sentences about what is wrong. */
export interface PlatformWords {
  /** What a server is there. */
  readonly thing: 'container' | 'pod';
  /** Who starts what has ended. */
  readonly starter: string;
  /** The client that shows logs, with its options, as somebody would type it. */
  readonly client: string;
}

const ON_ENGINE: PlatformWords = { thing: 'container', starter: 'the engine', client: 'docker' };

interface KnownCause {
  readonly pattern: RegExp;
  readonly meaning: string;
  /** The same where it is a pod. @default - the same words */
  readonly ofPod?: string;
  /** Whether something has run out, of which a health check may notice nothing: a database whose disk is full still answers. @default false */
  readonly shortage?: boolean;
}

/** Causes that programs write into their logs in words of their own. The first that matches is told. */
const KNOWN_CAUSES: readonly KnownCause[] = [
  {
    shortage: true,
    pattern: /no space left on device|could not extend file|disk quota exceeded/i,
    meaning:
      'a disk or volume is full ("No space left on device"): "docker system df" and "df -h" on the Docker host say which',
    ofPod: 'a disk or volume is full ("No space left on device"): "df -h" in the pod and on its machine say which',
  },
  {
    pattern: /password authentication failed|access denied for user|ORA-01017|login failed for user/i,
    meaning: 'the database refuses the password: the secret DATABASE_PASSWORD is not the one that the database knows',
  },
  {
    shortage: true,
    pattern: /too many (?:clients|connections)|remaining connection slots are reserved/i,
    meaning: 'the database has no connection left: database.max_connections is too small, or somebody else uses them',
  },
  {
    shortage: true,
    pattern: /java\.lang\.OutOfMemoryError/,
    meaning: 'the Java heap is full (OutOfMemoryError): identity_server.heap_mb is too small, or something leaks',
  },
  {
    // What a shell says of the program that it has started. The engine forgets why a container ended when it starts it again.
    pattern: /(?:^|\s)Killed\s*$/m,
    meaning:
      'its server was killed, as the kernel does where a container needs more than its limit: identity_server.memory_mb is too small, or heap_mb too large for it',
  },
  {
    shortage: true,
    pattern: /too many open files/i,
    meaning: 'the limit of open files is reached ("Too many open files")',
  },
  {
    pattern: /^(?:nginx:|[\d/]+ [\d:]+) \[emerg\]/m,
    meaning: 'Nginx refuses its configuration; where that was changed by hand, "make up" installs it again',
  },
  {
    pattern: /no alternative certificate subject name matches/i,
    meaning: 'its certificate is for another name than load_balancer.hostname',
  },
  { pattern: /certificate has expired/i, meaning: 'its certificate has ended' },
  {
    pattern: /keystore was tampered with, or password was incorrect|keystore password was incorrect/i,
    meaning: 'the keystores do not open with the secret KEYSTORE_PASSWORD: it is not the one that they were made with',
  },
];

/** What a log or a health check says, in words that name the cause; undefined where it is none that is known. */
export function knownCause(text: string, words: PlatformWords = ON_ENGINE): string | undefined {
  return meaningOf(
    KNOWN_CAUSES.find(({ pattern }) => pattern.test(text)),
    words,
  );
}

/** What a component ran out of that counts as healthy, by the last minutes of its log; null where it is nothing that is known. */
export function shortageIn(log: string, words: PlatformWords = ON_ENGINE): string | null {
  const cause = KNOWN_CAUSES.find(({ pattern, shortage }) => shortage === true && pattern.test(log));
  return meaningOf(cause, words) ?? null;
}

function meaningOf(cause: KnownCause | undefined, { thing }: PlatformWords): string | undefined {
  return (thing === 'pod' ? cause?.ofPod : undefined) ?? cause?.meaning;
}

/** What a job that failed asks for: every secret that it misses with its command, else its last line. */
export function whatJobSaid(log: string): string {
  const lines = log.trim().split('\n');
  const asked = lines.filter((line) => line.includes('make import-secret '));
  return (asked.length > 0 ? asked : lines.slice(-1)).join('; ');
}

/**
 * Why a component is not healthy; null where it is.
 *
 * @param log last lines of its output; only known causes are told from it, never a line as it stands
 */
export function reasonOf(
  name: string,
  container: ServerFacts | undefined,
  { log, environment, words, memoryMb }: ReasonContext,
): string | null {
  const { client, starter, thing } = words;
  if (container === undefined) {
    return `its ${thing} ${name} is missing; "make up ENVIRONMENT=${environment}" creates it`;
  }
  if (container.paused) return `it is frozen; "${client} unpause ${name}" lets it go on`;
  const cause = knownCause(`${container.healthOutput ?? ''}\n${log}`, words);
  const more = `"${client} logs --tail 50 ${name}" says more`;
  if (!container.running || container.restarting) {
    const ended = [howItEnded(container, memoryMb, words), ...(cause ? [cause] : [])].join('; ');
    const next = container.restarting
      ? `${starter} starts it again`
      : `"make up ENVIRONMENT=${environment}" brings it back`;
    return `${ended}. ${more}; ${next}`;
  }
  if (container.health === 'healthy') return null;
  const said =
    container.healthOutput?.split('\n').join('; ') || (container.health === 'starting' ? 'it is starting' : null);
  const text = [...(said && !(cause && knownCause(said)) ? [said] : []), ...(cause ? [cause] : [])].join('; ');
  return `${text || 'its health check says nothing'}${container.health === 'starting' ? '' : `. ${more}`}`;
}

export interface ReasonContext {
  readonly log: string;
  readonly environment: string;
  readonly words: PlatformWords;
  /** Limit of its memory in MiB. */
  readonly memoryMb: number;
}

/** How a container ended, in words. */
export function howItEnded(
  { exitCode, outOfMemory, startError }: Pick<ServerFacts, 'exitCode' | 'outOfMemory' | 'startError'>,
  memoryMb: number,
  { starter }: PlatformWords = ON_ENGINE,
): string {
  if (startError) return `${starter} could not start it: ${startError}`;
  if (outOfMemory) return `it was ended because it needed more than its ${memoryMb} MiB of memory`;
  if (exitCode === 137) return 'it was killed (exit code 137: SIGKILL)';
  return exitCode === 0 ? 'it was stopped' : `it ended with exit code ${exitCode}`;
}
