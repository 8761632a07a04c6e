import { runCommand } from '../setup/errors';
import type { Topology } from '../topology/topology';
import { selectedTopology } from './command';
import { Engine, type EngineContainer } from './engine';

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
}

/** What the load balancer says at its status URL. */
interface RoutingStatus {
  readonly nodes: readonly { readonly name: string; readonly rotation: string }[];
}

/** `make status`: one line a component; exit code 1 unless all are healthy and every node takes traffic. `--json` for programs. */
runCommand(async () => {
  const topology = selectedTopology();
  const components = await statusOf(topology);
  const healthy = components.every(({ health, rotation }) => health === 'healthy' && (rotation ?? 'in') === 'in');
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ environment: topology.environment, healthy, components }, null, 2));
  } else {
    console.log(table(components));
  }
  if (!healthy) process.exitCode = 1;
});

async function statusOf(topology: Topology): Promise<ComponentStatus[]> {
  const engine = new Engine(topology);
  const containers = await engine.containers();
  const routing = await routingStatus(topology, engine);
  const status = (component: string, name: string, rotation: string | null): ComponentStatus => {
    const container = containers.find((candidate) => candidate.name === name);
    return {
      component,
      container: name,
      state: stateOf(container),
      health: (container?.running && container.health) || 'none',
      since: container?.running ? container.startedAt : null,
      restarts: container?.restarts ?? 0,
      rotation,
    };
  };
  const { container: database } = topology.database;
  return [
    ...(database ? [status('database', database.name, null)] : []),
    ...topology.nodes.map(({ name, containerName }) =>
      status(name, containerName, routing?.nodes.find((node) => node.name === name)?.rotation ?? 'unknown'),
    ),
    status('load-balancer', topology.loadBalancer.containerName, null),
  ];
}

function stateOf(container: EngineContainer | undefined): string {
  if (container === undefined) return 'missing';
  return container.running ? 'running' : 'stopped';
}

async function routingStatus(topology: Topology, engine: Engine): Promise<RoutingStatus | undefined> {
  try {
    const { containerName, statusUrl } = topology.loadBalancer;
    return JSON.parse(
      await engine.docker('exec', containerName, 'curl', '-fsS', '-m', '2', statusUrl),
    ) as RoutingStatus;
  } catch {
    // A load balancer that is not there is a line of its own.
    return undefined;
  }
}

function table(components: readonly ComponentStatus[]): string {
  const rows = [
    ['COMPONENT', 'STATE', 'HEALTH', 'IN ROTATION', 'RESTARTS', 'SINCE'],
    ...components.map(({ component, state, health, rotation, restarts, since }) => [
      component,
      state,
      health,
      rotation === null ? '-' : rotation === 'in' ? 'yes' : rotation,
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
