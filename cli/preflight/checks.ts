import { overlap, parseCidr, type Subnet } from '../../environment/addresses';
import type { Foreseen } from '../../review/report/foreseen';
import type { Topology } from '../../topology/topology';
import type { HostFacts } from './host';
import { collide, type PublishedPort } from './listeners';

/** Something that would fail, or may. Errors keep anything from being created; the others are told. */
export type Finding = Foreseen;

/** What is still to be created: what is there already needs no look. */
export interface Pending {
  /** Keys and numbers of the ports that the environment does not hold yet. */
  readonly ports: readonly { readonly key: 'http_port' | 'https_port'; readonly port: number }[];
  readonly network: boolean;
}

/** What is known before anything is created. */
export interface Surroundings {
  readonly host: HostFacts;
  readonly published: readonly PublishedPort[];
  readonly networks: readonly EngineNetwork[];
  /** Memory of the engine's host in MiB. */
  readonly memoryMb: number;
  /** Name of the program with a socket, where it can be seen. */
  readonly programWith: (inode: string) => string | undefined;
}

export interface EngineNetwork {
  readonly name: string;
  readonly subnets: readonly string[];
}

/** What stands in the way of the environment, or may. */
export function findings(topology: Topology, pending: Pending, surroundings: Surroundings): Finding[] {
  return [
    ...(pending.ports.length > 0 ? addressFindings(topology, surroundings) : []),
    ...pending.ports.flatMap((port) => portFindings(topology, port, surroundings)),
    ...(pending.network ? subnetFindings(topology, surroundings) : []),
    ...memoryFindings(topology, surroundings),
    ...diskFindings(topology, surroundings),
  ];
}

function addressFindings({ loadBalancer: { bindAddress } }: Topology, { host }: Surroundings): Finding[] {
  if (bindAddress === '0.0.0.0' || bindAddress.startsWith('127.') || host.addresses.includes(bindAddress)) return [];
  const known = host.addresses.filter((address) => !address.startsWith('127.'));
  return [
    {
      severity: 'error',
      key: 'load_balancer.bind_address',
      message: `${bindAddress} is no address of the Docker host; it has ${known.join(', ') || 'only 127.0.0.0/8'}, and "0.0.0.0" stands for all`,
    },
  ];
}

function portFindings(
  { environment, loadBalancer: { bindAddress, containerName } }: Topology,
  { key, port }: Pending['ports'][number],
  { host, published, programWith }: Surroundings,
): Finding[] {
  const taken = (by: string, what: string): Finding[] => [
    {
      severity: 'error',
      key: `load_balancer.${key}`,
      message: `port ${port} of ${bindAddress} is taken by ${by}; ${what}, or choose another load_balancer.${key} or bind_address`,
    },
  ];
  const same = published.filter((other) => other.port === port && collide(other.address, bindAddress));
  const other = same.find(({ container }) => container !== containerName);
  if (other) {
    const of = other.environment === '' ? '' : ` of the environment ${other.environment}`;
    const stop =
      other.environment === '' || other.environment === environment
        ? `stop it (docker stop ${other.container})`
        : `destroy that one first (make down ENVIRONMENT=${other.environment})`;
    return taken(`the container ${other.container}${of}`, stop);
  }
  // The environment's own load balancer, which is about to be replaced.
  const own = (address: string) => same.some((mine) => mine.address === address);
  const listener = host.listeners.find(
    (candidate) => candidate.port === port && collide(candidate.address, bindAddress) && !own(candidate.address),
  );
  if (!listener) return [];
  const name = host.isThisMachine ? programWith(listener.inode) : undefined;
  return taken(
    name ?? 'a program of the Docker host',
    name ? 'stop it' : `"ss -ltnp 'sport = :${port}'" there names it; stop it`,
  );
}

function subnetFindings({ network }: Topology, { networks, host }: Surroundings): Finding[] {
  const own = parseCidr(network.subnet);
  const key = 'network.subnet';
  const others = networks.filter(({ name }) => name !== network.name);
  const found = others.flatMap(({ name, subnets }) =>
    subnets.filter((subnet) => overlap(parseCidr(subnet), own)).map((subnet) => ({ name, subnet })),
  );
  const ofEngine = found.map(
    ({ name, subnet }): Finding => ({
      severity: 'error',
      key,
      message: `${network.subnet} overlaps ${subnet} of the Docker network ${name}; choose another subnet, or remove that network ("docker network rm ${name}") if nobody uses it`,
    }),
  );
  const bridges = networks.flatMap(({ subnets }) => subnets);
  const ofHost = host.routes
    .filter(({ destination }) => !bridges.includes(destination) && overlap(parseCidr(destination), own))
    .map((route) => routeFinding(route, own, network.subnet));
  return [...ofEngine, ...ofHost];
}

/** The kernel takes the narrower of two routes: one that is broader only loses these addresses, perhaps on purpose. */
function routeFinding(
  { destination, interface: name }: HostFacts['routes'][number],
  own: Subnet,
  subnet: string,
): Finding {
  const broader = parseCidr(destination).prefix < own.prefix;
  return {
    severity: broader ? 'warning' : 'error',
    key: 'network.subnet',
    message: broader
      ? `${subnet} is part of ${destination}, which the Docker host reaches by ${name}: machines with these addresses cannot be reached from it any more`
      : `${subnet} overlaps ${destination}, which the Docker host reaches by ${name}: containers with these addresses would not be reached; choose another subnet`,
  };
}

/**
 * Limits are what containers may use at most, and machines for tests are shared; more than there is goes well until it is used. Heaps are
 * asked for at the start: more than there is never goes well.
 */
function memoryFindings({ database, nodes, loadBalancer }: Topology, { memoryMb }: Surroundings): Finding[] {
  const heaps = sum(nodes.map(({ heapMb }) => heapMb));
  const limits = sum(
    [...nodes, loadBalancer, ...(database.container ? [database.container] : [])].map((one) => one.memoryMb),
  );
  if (heaps > memoryMb) {
    return [
      {
        severity: 'error',
        key: 'identity_server.heap_mb',
        message: `the Java heaps of ${nodes.length} nodes make ${heaps} MiB, the Docker host has ${memoryMb} MiB of memory; make them smaller, or take a larger host`,
      },
    ];
  }
  if (limits <= memoryMb) return [];
  return [
    {
      severity: 'warning',
      key: 'identity_server.memory_mb',
      message: `the memory limits of all containers make ${limits} MiB, the Docker host has ${memoryMb} MiB: under load the kernel may end any of its programs`,
    },
  ];
}

/** A container's output is kept up to this size. */
const LOG_MB = 50;
/** What a small database and its log of changes take. */
const DATABASE_MB = 1024;
/** Below this even an empty database cannot be created. */
const LEAST_DISK_MB = 256;

function diskFindings({ database, nodes }: Topology, { host: { freeDiskMb } }: Surroundings): Finding[] {
  if (Number.isNaN(freeDiskMb)) return [];
  const containers = nodes.length + (database.container ? 2 : 1);
  const wanted = (database.container ? DATABASE_MB : 0) + containers * LOG_MB + sum(nodes.map(({ heapMb }) => heapMb));
  if (freeDiskMb >= wanted) return [];
  return [
    {
      severity: freeDiskMb < LEAST_DISK_MB ? 'error' : 'warning',
      key: 'engine.host',
      message: `the Docker host has ${freeDiskMb} MiB of free disk where the engine keeps its data; data, output and one heap dump of each node take up to ${wanted} MiB: make room ("docker system df" says what takes it)`,
    },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
