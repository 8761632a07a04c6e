import type { ServerTopology } from '../../../topology/container';
import type { JobTopology } from '../../../topology/jobs';
import type { Topology } from '../../../topology/topology';

/** What a container waits for before it starts: that a server runs or is healthy, that a job has ended well. */
export type Condition = 'started' | 'healthy' | 'completed';

/** One container as both peers run it: the values of the topology, and nothing else. */
export interface PeerContainer {
  readonly name: string;
  readonly image: string;
  readonly user: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Put into the container before it starts, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly mounts: ServerTopology['mounts'];
  readonly capabilities: readonly string[];
  /** In the environment's network. @default - no network */
  readonly network?: { readonly address?: string };
  /** What makes it a server, which keeps running. @default - it is a job */
  readonly server?: ServerTopology;
  readonly sharedMemoryMb?: number;
  /** Size of the memory at /tmp of a container that can write nowhere else. */
  readonly scratchMb?: number;
  readonly hosts?: Readonly<Record<string, string>>;
  readonly ports?: { readonly address: string; readonly numbers: readonly number[] };
  /** By name of the container. */
  readonly after: Readonly<Record<string, Condition>>;
}

/**
 * The environment as a list, for a Compose file and for one Terraform stack: same images, scripts, passwords, keystores, schemas, health
 * checks, limits and order of start. What ours adds is left out: layers, gates, reports, rolls, and the look at what is already there.
 */
export function peerContainers(topology: Topology): PeerContainer[] {
  const { database, jobs, nodes, loadBalancer } = topology;
  if (database.container === undefined || jobs.schema === undefined)
    throw new Error('the peers have a database container');
  const { secrets, keystores, sharedFiles, schema, loadBalancerConfiguration: configuration } = jobs;
  const [first] = nodes;
  const ready = [keystores, sharedFiles, schema.run].map(({ name }) => [name, 'completed'] as const);
  return [
    job(secrets, {}),
    job(keystores, { [secrets.name]: 'completed' }),
    job(sharedFiles, {}),
    job(schema.scripts, {}),
    server(database.container, {
      command: database.container.command,
      environment: database.container.environment,
      sharedMemoryMb: database.container.sharedMemoryMb,
      after: { [secrets.name]: 'completed' },
    }),
    job(schema.run, { [schema.scripts.name]: 'completed', [database.container.containerName]: 'started' }, {}),
    ...nodes.map((node) =>
      server(node, {
        entrypoint: node.entrypoint,
        command: [],
        environment: node.environment,
        files: node.files,
        hosts: node.hosts,
        after: node === first ? Object.fromEntries(ready) : { [first?.containerName as string]: 'healthy' },
      }),
    ),
    job(configuration, { [keystores.name]: 'completed' }, {}),
    server(loadBalancer, {
      entrypoint: loadBalancer.entrypoint,
      command: [],
      scratchMb: loadBalancer.scratchMb,
      ports: { address: loadBalancer.bindAddress, numbers: [loadBalancer.httpPort, loadBalancer.httpsPort] },
      after: { [configuration.name]: 'completed' },
    }),
  ];
}

function job(
  { name, image, user, script, environment, files, mounts, capabilities }: JobTopology,
  after: PeerContainer['after'],
  network?: PeerContainer['network'],
): PeerContainer {
  return {
    name,
    image,
    user: user ?? '0:0',
    entrypoint: ['/bin/sh', '/job.sh'],
    command: [],
    environment,
    files: { '/job.sh': script, ...files },
    mounts,
    capabilities: capabilities ?? [],
    ...(network && { network }),
    after,
  };
}

function server(topology: ServerTopology, rest: Pick<PeerContainer, 'after'> & Partial<PeerContainer>): PeerContainer {
  const { containerName, image, owner, address, mounts } = topology;
  return {
    environment: {},
    files: {},
    capabilities: [],
    ...rest,
    name: containerName,
    image,
    user: owner,
    mounts,
    network: { address },
    server: topology,
  };
}

/** Volumes that the containers mount, each once. */
export function peerVolumes(containers: readonly PeerContainer[]): string[] {
  return [...new Set(containers.flatMap(({ mounts }) => mounts.map(({ volume }) => volume)))];
}
