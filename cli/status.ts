import type { NodeTopology } from '../topology/node';
import type { Topology } from '../topology/topology';
import { connectedPeers } from './cluster-members';
import { selectedTopology } from './command';
import { type EngineContainer, EnvironmentEngine } from './environment-engine';
import { routingStatus } from './rotation';
import { runCommand } from './setup/errors';

/** One long-running container of the environment. */
interface ComponentStatus {
  readonly component: string;
  readonly container: string;
  /** `running`, `stopped` or `missing`. */
  readonly state: string;
  /** What the container's own health check says. */
  readonly health: string;
  /** Time of the last start, RFC 3339. */
  readonly since: string | null;
  /** How often the engine has restarted it. */
  readonly restarts: number;
  /** For nodes: whether the load balancer sends traffic to it. */
  readonly rotation: string | null;
  /** For nodes that form a cluster: how many of its members this one is connected to, itself included; 0 when unknown. */
  readonly clusterMembers: number | null;
  /** What the health check says about a component that is not healthy. */
  readonly reason: string | null;
}

/**
 * `make status`: one line a component; exit code 1 unless all are healthy and every node takes traffic. JSON=1, or `--json`, for
 * programs.
 */
runCommand(async () => {
  const topology = selectedTopology();
  const components = await statusOf(topology);
  const healthy = components.every(({ health, rotation }) => health === 'healthy' && (rotation ?? 'in') === 'in');
  if (process.env.JSON === '1' || process.argv.includes('--json')) {
    console.log(JSON.stringify({ environment: topology.environment, healthy, components }, null, 2));
  } else {
    console.log(table(components, topology));
    for (const { component, reason } of components) if (reason) console.log(`${component}: ${reason}`);
  }
  if (!healthy) process.exitCode = 1;
});

async function statusOf(topology: Topology): Promise<ComponentStatus[]> {
  const engine = new EnvironmentEngine(topology);
  const containers = await engine.containers();
  const routing = await routingStatus(topology, engine);
  const status = (
    component: string,
    name: string,
    rotation: string | null = null,
    clusterMembers: number | null = null,
  ): ComponentStatus => {
    const container = containers.find((candidate) => candidate.name === name);
    return {
      component,
      container: name,
      state: stateOf(container),
      health: healthOf(container),
      since: container?.running ? container.startedAt : null,
      restarts: container?.restarts ?? 0,
      rotation,
      clusterMembers,
      reason: (container?.running && container.health !== 'healthy' && container.healthOutput) || null,
    };
  };
  const { container: database } = topology.database;
  const nodes = await Promise.all(
    topology.nodes.map(async (node) =>
      status(
        node.name,
        node.containerName,
        routing?.nodes.find(({ name }) => name === node.name)?.rotation ?? 'unknown',
        topology.clusterPort === undefined ? null : await clusterMembers(topology, node, engine, topology.clusterPort),
      ),
    ),
  );
  return [
    ...(database ? [status('database', database.containerName)] : []),
    ...nodes,
    status('load-balancer', topology.loadBalancer.containerName),
  ];
}

async function clusterMembers(
  topology: Topology,
  node: NodeTopology,
  engine: EnvironmentEngine,
  port: number,
): Promise<number> {
  const peers = topology.nodes.map(({ address }) => address).filter((address) => address !== node.address);
  try {
    const sockets = await engine.docker('exec', node.containerName, 'cat', '/proc/net/tcp', '/proc/net/tcp6');
    return 1 + connectedPeers(sockets, peers, port).length;
  } catch {
    return 0;
  }
}

function healthOf(container: EngineContainer | undefined): string {
  if (!container?.running) return 'none';
  if (container.paused) return 'frozen';
  return container.health ?? 'none';
}

function stateOf(container: EngineContainer | undefined): string {
  if (container === undefined) return 'missing';
  return container.running ? 'running' : 'stopped';
}

function table(components: readonly ComponentStatus[], topology: Topology): string {
  const rows = [
    ['COMPONENT', 'STATE', 'HEALTH', 'IN ROTATION', 'CLUSTER', 'RESTARTS', 'SINCE'],
    ...components.map(({ component, state, health, rotation, clusterMembers, restarts, since }) => [
      component,
      state,
      health,
      rotation === null ? '-' : rotation === 'in' ? 'yes' : rotation,
      rotation === null ? '-' : cluster(clusterMembers, topology),
      String(restarts),
      since === null ? '-' : since.replace(/\.\d+Z$/, 'Z'),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cluster(members: number | null, topology: Topology): string {
  if (members === null) return 'not clustered';
  return `${members === 0 ? '?' : members} of ${topology.nodes.length}`;
}
