import { addressAt, dynamicRange, hostsLine } from '../environment/addresses';
import type { TopologyAssets } from '../environment/assets';
import type { Environment } from '../environment/schema';
import type { IdentityServerBuild } from '../images/identity-server';
import { type DatabaseTopology, databaseTopology } from './database';
import { CLUSTER_PORT } from './deployment-toml';
import { type JobsTopology, jobsTopology } from './jobs';
import { resolveLayout } from './layout';
import { type LoadBalancerTopology, loadBalancerTopology } from './load-balancer';
import { databaseContainerName, LABEL_PREFIX } from './names';
import { type NodeTopology, nodeTopology } from './node';
import { type PlatformTopology, platformTopology } from './platform';
import { type PodScripts, podScripts } from './pod-scripts';
import { type ServiceTopology, serviceTopology } from './service';
import { retiredStacks, type StackTopology, stacksTopology } from './stacks';
import type { VolumesTopology } from './volumes';

/**
 * Every name, address, port, volume and file content of one environment, decided here and nowhere else. Constructs, commands
 * and tests read this value; it knows nothing of Terraform, and reads no file.
 */
export interface Topology {
  readonly environment: string;
  /** Whether stateful things refuse to be destroyed. */
  readonly protected: boolean;
  /** On what it is placed. */
  readonly platform: PlatformTopology;
  /** Docker Engine, or undefined for DOCKER_HOST or the local socket. */
  readonly engineHost?: string;
  /** Labels of every container, volume and network. */
  readonly labels: Readonly<Record<string, string>>;
  readonly network: NetworkTopology;
  /** The volumes by purpose, with who writes and reads each and what is lost with it. */
  readonly volumes: VolumesTopology;
  /** How the nodes' image is built, where it is not used as it is. */
  readonly identityServerBuild?: IdentityServerBuild;
  readonly jobs: JobsTopology;
  /** What the jobs' scripts have around them in pods. */
  readonly podScripts: PodScripts;
  /** Version whose schema the databases must have for these nodes. */
  readonly schemaVersion: string;
  readonly database: DatabaseTopology;
  readonly nodes: readonly NodeTopology[];
  /** Port on which the nodes form a cluster; undefined where the distribution does not. */
  readonly clusterPort?: number;
  /** Name of the administrator that node 1 creates. */
  readonly adminUsername: string;
  readonly loadBalancer: LoadBalancerTopology;
  readonly service: ServiceTopology;
  readonly localFiles: LocalFilesTopology;
  /** Rules of the policy that the environment breaks on purpose. */
  readonly policySuppressions: Environment['policy']['suppressions'];
  /** The stacks in the order in which they are applied; each depends on the one before. */
  readonly stacks: readonly StackTopology[];
  readonly retired: RetiredTopology;
}

/** What an earlier configuration of the environment may have created, and this one does not have. */
export interface RetiredTopology {
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

/** Files on the machine that runs Terraform, by path relative to a stack's folder. */
export interface LocalFilesTopology {
  readonly certificateFile: string;
  readonly hostsFile: string;
  readonly hostsLines: string;
}

/** Derives everything from one checked environment and what it needs from files. */
export function deriveTopology(environment: Environment, assets: TopologyAssets): Topology {
  const { name, load_balancer: balancer } = environment;
  const layout = resolveLayout(environment, assets);
  const database = databaseTopology(environment, layout);
  const nodes = layout.nodes.map((node) => nodeTopology(environment, layout, assets, node));
  const loadBalancer = loadBalancerTopology(environment, layout, assets);
  return {
    environment: name,
    protected: environment.protected,
    platform: platformTopology(environment),
    engineHost: environment.engine.host,
    labels: { [`${LABEL_PREFIX}.environment`]: name },
    network: {
      name,
      subnet: environment.network.subnet,
      gateway: addressAt(layout.subnet, 1),
      dynamicRange: dynamicRange(layout.subnet),
    },
    volumes: layout.volumes,
    identityServerBuild: layout.images.build,
    jobs: jobsTopology(environment, layout, assets, nodes, loadBalancer),
    podScripts: podScripts(assets),
    schemaVersion: layout.schemaVersion,
    database,
    nodes,
    ...(layout.distribution.clusters && { clusterPort: CLUSTER_PORT }),
    adminUsername: layout.adminUsername,
    loadBalancer,
    service: serviceTopology(environment, layout),
    localFiles: {
      certificateFile: `../../../build/${name}/ca.crt`,
      hostsFile: `../../../build/${name}/hosts`,
      hostsLines: hostsLine(balancer.hostname, balancer.bind_address, environment.engine.host),
    },
    policySuppressions: environment.policy.suppressions,
    stacks: stacksTopology(environment, nodes),
    retired: {
      stacks: retiredStacks(environment, nodes.length),
      ...(database.container === undefined && { databaseContainer: databaseContainerName(name) }),
    },
  };
}

/** The database's container, also one that an earlier configuration has left. */
export function databaseContainerOf({ database, retired }: Topology): string | undefined {
  return database.container?.containerName ?? retired.databaseContainer;
}

/** Whether this stack belongs to a node that the environment no longer has. */
export function isRetired({ retired }: Topology, stack: string): boolean {
  return retired.stacks.some(({ name }) => name === stack);
}
