/** What is known of a file of end-to-end tests before it runs. */
export interface EndToEndFile {
  /** Name without the ending. */
  readonly name: string;
  /** Seconds that it takes alone on two processors. */
  readonly seconds: number;
  /**
   * Whether it counts what becomes of requests while something happens to a pair, so that another load on the same processors could
   * change what it finds. Of these, one runs at a time.
   */
  readonly underLoad: boolean;
}

/** Files that keep a pair under load, and how long they take. */
const UNDER_LOAD: Readonly<Record<string, number>> = {
  'rolling-change': 400,
  faults: 330,
  secrets: 210,
  'active-active': 150,
  'load-balancer': 90,
  'malformed-traffic': 60,
  'first-release': 120,
};

const OTHERS: Readonly<Record<string, number>> = {
  lifecycle: 390,
  'schema-job': 175,
  'plan-apply': 145,
  acceptance: 110,
  workflows: 100,
  'remote-engine': 100,
  'without-terraform': 100,
  mariadb: 85,
  'server-configuration': 65,
  mysql: 55,
  'key-stores': 50,
  'certificate-authority': 50,
  'fuzzed-configurations': 45,
  'pg-backend': 50,
  'identity-server-image': 45,
  'configuration-mapper': 12,
};

/** Of a file that is in neither list. */
const UNKNOWN_SECONDS = 60;

/**
 * The order in which files begin: those under load first, since they wait for each other, and of each kind the longest first, so that no
 * long one is left over at the end.
 */
export function inOrder(names: readonly string[]): EndToEndFile[] {
  return names
    .map((name) => ({
      name,
      seconds: UNDER_LOAD[name] ?? OTHERS[name] ?? UNKNOWN_SECONDS,
      underLoad: name in UNDER_LOAD,
    }))
    .sort(
      (one, other) =>
        Number(other.underLoad) - Number(one.underLoad) ||
        other.seconds - one.seconds ||
        one.name.localeCompare(other.name),
    );
}

/** The file that may begin now; undefined where none may before another has ended. */
export function nextOf(waiting: readonly EndToEndFile[], running: readonly EndToEndFile[]): EndToEndFile | undefined {
  return waiting.find(({ underLoad }) => !underLoad || !running.some((file) => file.underLoad));
}

/** Names that are in the lists. */
export const KNOWN: readonly string[] = [...Object.keys(UNDER_LOAD), ...Object.keys(OTHERS)];
