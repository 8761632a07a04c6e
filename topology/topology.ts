import { addressAt, dynamicRange, hostsLine, MAX_NODES } from '../environment/addresses';
import type { Environment } from '../environment/schema';
import type { IdentityServerBuild } from '../images/identity-server';
import type { DatabaseTopology } from './database';
import { CLUSTER_PORT } from './deployment-toml';
import { jobsTopology } from './jobs';
import { databaseContainerName, type Layout, layOut, nodeContainerName } from './layout';
import { loadBalancerTopology } from './load-balancer';
import type { LoadBalancerConfiguration } from './nginx-conf';
import { nodeTopology } from './node';
import { type StateBackend, stateBackend } from './state-backend';

export type { DatabaseTopology } from './database';

/**
 * Every name, address, port, volume and file content of one environment, decided here and nowhere else. Constructs, commands
 * and tests read this value; it knows nothing of Terraform.
 */
export interface Topology {
  readonly environment: string;
  /** Whether stateful things refuse to be destroyed. */
  readonly protected: boolean;
  /** Docker Engine, or undefined for DOCKER_HOST or the local socket. */
  readonly engineHost?: string;
  /** Labels of every container, volume and network. */
  readonly labels: Readonly<Record<string, string>>;
  readonly network: NetworkTopology;
  readonly volumes: VolumeTopology;
  /** How the nodes' image is built, where it is not used as it is. */
  readonly identityServerBuild?: IdentityServerBuild;
  readonly jobs: JobsTopology;
  readonly database: DatabaseTopology;
  /** uid:gid of the database image's server user, who reads the database's secrets. */
  readonly databaseOwner: string;
  readonly nodes: readonly NodeTopology[];
  /** Port on which the nodes form a cluster; undefined where the distribution does not. */
  readonly clusterPort?: number;
  /** Name of the administrator that node 1 creates. */
  readonly adminUsername: string;
  readonly loadBalancer: LoadBalancerTopology;
  readonly laptop: LaptopTopology;
  /** Rules of the policy that the environment breaks on purpose. */
  readonly policySuppressions: Environment['policy']['suppressions'];
  /** The stacks in the order in which they are applied; each depends on the one before. */
  readonly stacks: readonly StackTopology[];
  readonly former: FormerTopology;
}

/** What an earlier configuration of the environment may have created, and this one does not have. */
export interface FormerTopology {
  /** Stacks of the nodes above today's number. */
  readonly stacks: readonly StackTopology[];
  /** The database's container, where the database is a server of the user's today. */
  readonly databaseContainer?: string;
}

export interface NetworkTopology {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  /** Part of the subnet from which Docker takes addresses for containers without a fixed one. */
  readonly dynamicRange: string;
}

/** Names of the volumes; each holds what the same readers may see. */
export interface VolumeTopology {
  readonly databaseData: string;
  readonly databaseSecrets: string;
  readonly identityServerSecrets: string;
  readonly certificateAuthority: string;
  readonly keystores: string;
  readonly schemaScripts: string;
  readonly loadBalancerCertificates: string;
  readonly loadBalancerConfiguration: string;
}

/** A container that runs once and must end with exit code 0. */
export interface JobTopology {
  readonly name: string;
  readonly image: string;
  /** Shell script that it runs. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further files for the script to read, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface JobsTopology {
  readonly secrets: JobTopology;
  readonly keystores: JobTopology;
  /** Undefined where the schemas are the user's own affair. */
  readonly schema?: { readonly scripts: JobTopology; readonly run: JobTopology };
  readonly loadBalancerConfiguration: JobTopology;
}

export interface NodeTopology {
  /** Place in the order of start, from 1. */
  readonly number: number;
  /** Short name, such as `node-1`: the name of its upstream and its route cookie. */
  readonly name: string;
  readonly containerName: string;
  readonly image: string;
  readonly address: string;
  readonly httpsPort: number;
  readonly owner: string;
  readonly memoryMb: number;
  /** Processors that it may use; undefined for as many as there are. */
  readonly cpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Files put into the container before it starts, by path. None holds a secret. */
  readonly files: Readonly<Record<string, string>>;
  /** JDBC driver put into the container before it starts; undefined where the image has it. */
  readonly driver?: LocalFile;
  readonly entrypoint: readonly string[];
  readonly secretsPath: string;
  readonly keystoresPath: string;
  /** Host names that the node must resolve to fixed addresses. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly healthCommand: readonly string[];
  readonly startTimeoutSeconds: number;
}

/** A file of the machine that synthesizes, to be put into a container. */
export interface LocalFile {
  /** Where it is, relative to the working directory. */
  readonly source: string;
  /** Hash of its content, hexadecimal. */
  readonly sha256: string;
  /** Where the container gets it. */
  readonly path: string;
}

export interface LoadBalancerTopology {
  readonly containerName: string;
  readonly image: string;
  readonly address: string;
  readonly owner: string;
  readonly memoryMb: number;
  readonly hostname: string;
  /** The URL that users see. */
  readonly url: string;
  /** The URL at which administrators log in. */
  readonly consoleUrl: string;
  readonly bindAddress: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statusUrl: string;
  /** Path prefixes that are answered with 403. */
  readonly deniedPaths: readonly string[];
  readonly configuration: LoadBalancerConfiguration;
  readonly entrypoint: readonly string[];
  readonly healthCommand: readonly string[];
}

/** Secrets that are the load balancer's alone; they are beside its certificates, where no node can read them. */
export const LOAD_BALANCER_SECRETS: readonly string[] = ['LOAD_BALANCER_CERTIFICATE', 'LOAD_BALANCER_PRIVATE_KEY'];

/** Files on the machine that runs Terraform, by path relative to a stack's folder. */
export interface LaptopTopology {
  readonly certificateFile: string;
  readonly hostsFile: string;
  readonly hostsLines: string;
}

export interface StackTopology {
  readonly name: string;
  readonly layer: 'foundation' | 'node' | 'load-balancer';
  readonly backend: StateBackend;
}

/** Images that this project builds, by what they stand in for. */
export interface SandboxImages {
  readonly identityServer: string;
  readonly postgresql: string;
  readonly mariadb: string;
  readonly nginx: string;
}

export const LABEL_PREFIX = 'wso2-is-active-active';

/** Labels of what belongs to one component of an environment. */
export function componentLabels({ labels }: Topology): (component: string) => Readonly<Record<string, string>> {
  return (component) => ({ ...labels, [`${LABEL_PREFIX}.component`]: component });
}

/** Derives everything from one checked environment. */
export function deriveTopology(environment: Environment, sandboxImages: SandboxImages): Topology {
  const layout = layOut(environment, sandboxImages);
  const { name, load_balancer: balancer } = environment;
  const { subnet, distribution, images, placed } = layout;
  const volume = (purpose: string) => `${name}-${purpose}`;
  const stack = (stackName: string, layer: StackTopology['layer']): StackTopology => ({
    name: stackName,
    layer,
    backend: stateBackend(environment, stackName),
  });
  const database = databaseTopology(environment, layout);
  const nodes = placed.map((node) => nodeTopology(environment, layout, node));
  const loadBalancer = loadBalancerTopology(environment, layout);
  return {
    environment: name,
    protected: environment.protected,
    engineHost: environment.engine.host,
    labels: { [`${LABEL_PREFIX}.environment`]: name },
    network: {
      name,
      subnet: environment.network.subnet,
      gateway: addressAt(subnet, 1),
      dynamicRange: dynamicRange(subnet),
    },
    identityServerBuild: images.build,
    volumes: {
      databaseData: volume('database-data'),
      databaseSecrets: volume('database-secrets'),
      identityServerSecrets: volume('identity-server-secrets'),
      certificateAuthority: volume('certificate-authority'),
      keystores: volume('keystores'),
      schemaScripts: volume('schema-scripts'),
      loadBalancerCertificates: volume('load-balancer-certificates'),
      loadBalancerConfiguration: volume('load-balancer-configuration'),
    },
    jobs: jobsTopology(environment, layout, nodes, loadBalancer),
    databaseOwner: layout.databaseOwner,
    database,
    nodes,
    ...(distribution.clusters && { clusterPort: CLUSTER_PORT }),
    adminUsername: layout.adminUsername,
    loadBalancer,
    laptop: {
      certificateFile: `../../../build/${name}/ca.crt`,
      hostsFile: `../../../build/${name}/hosts`,
      hostsLines: hostsLine(balancer.hostname, balancer.bind_address, environment.engine.host),
    },
    policySuppressions: environment.policy.suppressions,
    stacks: [
      stack(`${name}-foundation`, 'foundation'),
      ...placed.map(({ containerName }) => stack(containerName, 'node')),
      stack(`${name}-load-balancer`, 'load-balancer'),
    ],
    former: {
      stacks: Array.from({ length: MAX_NODES }, (_, index) => index + 1)
        .slice(placed.length)
        .map((number) => stack(nodeContainerName(name, number), 'node')),
      ...(database.container === undefined && { databaseContainer: databaseContainerName(name) }),
    },
  };
}

/** The database's container, also one that an earlier configuration has left. */
export function databaseContainerOf({ database, former }: Topology): string | undefined {
  return database.container?.name ?? former.databaseContainer;
}

/** Whether this stack belongs to a node that the environment no longer has. */
export function isFormer({ former }: Topology, stack: string): boolean {
  return former.stacks.some(({ name }) => name === stack);
}

/** All jobs in the order in which they run. */
export function jobsInOrder({ secrets, keystores, schema, loadBalancerConfiguration }: JobsTopology): JobTopology[] {
  return [secrets, keystores, ...(schema ? [schema.scripts, schema.run] : []), loadBalancerConfiguration];
}

function databaseTopology({ name, database }: Environment, layout: Layout): DatabaseTopology {
  const { engine, images, budget, databaseAddress, databaseHost, databasePort, databaseAdmin } = layout;
  return {
    host: databaseHost,
    port: databasePort,
    ...(database.host === undefined &&
      engine.container !== undefined &&
      images.database !== undefined && {
        container: {
          name: databaseContainerName(name),
          image: images.database,
          address: databaseAddress,
          owner: engine.container.owner,
          memoryMb: database.memory_mb,
          dataPath: engine.container.dataPath,
          command: engine.container.command(databasePort, database.max_connections ?? budget.connections),
          environment: engine.container.environment(databaseAdmin, '/run/database-secrets/DATABASE_ADMIN_PASSWORD'),
          healthCommand: engine.container.healthCommand(databaseAddress, databasePort),
          stopSignal: engine.container.stopSignal,
        },
      }),
  };
}
