/**
 * Where tests and the fault suite put what they make on this machine's engine: every environment and every network of theirs has a
 * name, a subnet and a loopback address that nothing else has, also beside what a killed run has left.
 */
const NUMBERS = {
  'e2e-pair': 1,
  'e2e-one': 2,
  'e2e-two': 3,
  'e2e-supplied': 4,
  'e2e-roll': 5,
  'e2e-plan': 6,
  'e2e-other': 7,
  'e2e-remote': 8,
  'e2e-pg': 9,
  'e2e-mysql': 10,
  'e2e-pipeline': 11,
  'e2e-faults': 12,
  'schema-job': 13,
  'server-configuration': 14,
  'e2e-no-terraform': 19,
  'e2e-mariadb': 20,
  'e2e-secrets': 21,
  'e2e-first-release': 29,
  'acceptance-proof': 39,
  'e2e-acceptance': 41,
  'e2e-refused': 40,
  'e2e-kubernetes': 45,
  chaos: 15,
  'chaos-engine': 16,
  mistakes: 51,
  benchmark: 52,
  'benchmark-data-path': 53,
  'e2e-clustering': 32,
  'cluster-members': 31,
  'e2e-edge': 22,
  'e2e-malformed': 23,
  failover: 24,
  'failover-servers': 25,
  'cluster-faults': 54,
  'cluster-database': 55,
  'cluster-way': 42,
  'cluster-nodes': 43,
  'cluster-cloud': 44,
  'cluster-ingress': 46,
  'cluster-commands': 27,
  'cluster-changes': 28,
  'cluster-workflows': 30,
  scan: 26,
  // The plans of the golden reports, and the network to which one of them moves.
  bank: 17,
  'bank-elsewhere': 18,
} as const;

export type PlaceName = keyof typeof NUMBERS;

export interface Place {
  readonly name: PlaceName;
  /** Public name of its load balancer. */
  readonly hostname: string;
  /** Loopback address on which its load balancer is published. */
  readonly bindAddress: string;
  /** First three numbers of its addresses. */
  readonly network: string;
  readonly subnet: string;
}

/** The two ends of the cable to an engine with a network of its own. */
export const ENGINE_LINK = { here: '10.213.77.1', there: '10.213.77.2' };

export function placeOf(name: PlaceName): Place {
  const number = NUMBERS[name];
  const network = `172.31.${200 + number}`;
  return { name, hostname: `is.${name}.test`, bindAddress: `127.0.9.${number}`, network, subnet: `${network}.0/24` };
}

export const PLACES: readonly Place[] = Object.keys(NUMBERS).map((name) => placeOf(name as PlaceName));
