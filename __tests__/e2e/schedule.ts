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
  /** Whether it needs the programs of the test cluster, which must be built first. */
  readonly onCluster: boolean;
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
  clustering: 170,
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

/** Files that keep a pair on the test cluster under load. */
const ON_CLUSTER: Readonly<Record<string, number>> = {
  kubernetes: 300,
};

/** Of a file that is in none of the lists. */
const UNKNOWN_SECONDS = 60;

/**
 * The order in which files begin: those under load first, since they wait for each other, and of each kind the longest first, so that no
 * long one is left over at the end.
 */
export function inOrder(names: readonly string[]): EndToEndFile[] {
  return names
    .map((name) => ({
      name,
      seconds: UNDER_LOAD[name] ?? ON_CLUSTER[name] ?? OTHERS[name] ?? UNKNOWN_SECONDS,
      underLoad: name in UNDER_LOAD || name in ON_CLUSTER,
      onCluster: name in ON_CLUSTER,
    }))
    .sort(
      (one, other) =>
        Number(other.underLoad) - Number(one.underLoad) ||
        other.seconds - one.seconds ||
        one.name.localeCompare(other.name),
    );
}

/**
 * The file that may begin now; undefined where none may before another has ended.
 *
 * @param clusterBuilt whether the programs of the test cluster are there
 */
export function nextOf(
  waiting: readonly EndToEndFile[],
  running: readonly EndToEndFile[],
  clusterBuilt: boolean,
): EndToEndFile | undefined {
  return waiting.find(
    ({ underLoad, onCluster }) =>
      (!underLoad || !running.some((file) => file.underLoad)) && (!onCluster || clusterBuilt),
  );
}

/** Names that are in the lists. */
export const KNOWN: readonly string[] = [UNDER_LOAD, ON_CLUSTER, OTHERS].flatMap(Object.keys);
