import { setTimeout } from 'node:timers/promises';
import type { Topology } from '../topology/topology';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';
import type { Executor } from './executor';
import { InterruptedError, UserError } from './setup/errors';
import { step } from './setup/progress';

/** What the load balancer says at its status URL. */
export interface RoutingStatus {
  readonly nodes: readonly { readonly name: string; readonly rotation: string; readonly reason?: string | null }[];
}

/**
 * Asks the load balancer who gets traffic; undefined when it does not answer.
 *
 * @param server which of several. @default - the one that there is
 */
export async function routingStatus(
  { loadBalancer: { containerName, statusUrl } }: Topology,
  executor: Executor,
  server = containerName,
): Promise<RoutingStatus | undefined> {
  try {
    return JSON.parse(await executor.exec(server, 'curl', '-fsS', '-m', '2', statusUrl)) as RoutingStatus;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return undefined;
  }
}

/** A node's container, of today's or a retired node. */
interface NodeOnEngine {
  readonly container: EngineContainer;
  /** Whether it takes traffic. */
  readonly serves: boolean;
  /** Whether it runs and the load balancer says that it gets traffic, before its own health check may have noticed. */
  readonly inRotation: boolean;
}

async function nodesOnEngine({ topology, engine }: CommandContext): Promise<NodeOnEngine[]> {
  const { environment, nodes, retired } = topology;
  const names = [...nodes.map(({ containerName }) => containerName), ...retired.stacks.map(({ name }) => name)];
  const containers = (await engine.containers()).filter(({ name }) => names.includes(name));
  if (containers.length === 0) return [];
  const routing = await routingStatus(topology, engine);
  return containers.map((container) => {
    const { name, paused, health } = container;
    const running = container.running && !paused;
    const rotation = routing?.nodes.find((node) => `${environment}-${node.name}` === name)?.rotation;
    // Without an answer the node's own health check decides; before its first probe a node may be asked.
    const asked = routing === undefined || rotation === 'in' || rotation === 'unknown';
    return {
      container,
      serves: running && health === 'healthy' && asked,
      inRotation: running && rotation === 'in',
    };
  });
}

/** Names of the node containers that take traffic now. */
export async function servingNodes(context: CommandContext): Promise<string[]> {
  return (await nodesOnEngine(context)).filter(({ serves }) => serves).map(({ container }) => container.name);
}

/** Names of the node containers that run and that the load balancer sends traffic to, before their own health check has noticed. */
export async function nodesInRotation(context: CommandContext): Promise<string[]> {
  return (await nodesOnEngine(context)).filter(({ inRotation }) => inRotation).map(({ container }) => container.name);
}

/** What any node may need to get back into rotation after it was out for a moment. */
const GRACE_SECONDS = 10;
const SECONDS_BETWEEN_LOOKS = 1;

/**
 * Makes sure that somebody serves while these nodes do not. A node that is still starting is waited for, as long as it may take to
 * start.
 *
 * @throws UserError when they are the only ones that serve
 */
export async function requireAnotherServingNode(context: CommandContext, leaving: readonly string[]): Promise<void> {
  const others = await nodesOutOfRotation(context, leaving);
  if (others === undefined) return;
  const { environment, nodes } = context.topology;
  const deadline = deadlineFor(others, context.topology);
  const names = nodes.map(({ containerName }) => containerName).filter((name) => !leaving.includes(name));
  const [first] = names;
  const refusal = [
    `${leaving.join(' and ')} ${leaving.length > 1 ? 'are the only nodes that serve' : 'is the only node that serves'}: going on would be an outage. Nothing more was changed.`,
    ...others.map((other) => `  ${other.name} is out of rotation: ${other.healthOutput || stateOf(other)}`),
    `"make status ENVIRONMENT=${environment}" says more. To have a node recreated, remove its container ("docker rm -f ${first}") and run "make up" again: what is missing is created before anything that serves is replaced.`,
  ];
  await step(`Wait until ${names.join(' or ')} serves`, async () => {
    while ((await nodesOutOfRotation(context, leaving)) !== undefined) {
      if (Date.now() >= deadline) throw new UserError(refusal.join('\n'));
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
    }
  });
}

/**
 * Waits until every node takes traffic: one that the load balancer has just learned of, or that starts again by itself, may not yet.
 *
 * @throws UserError when a node takes none although it has had the time to start
 */
export async function waitUntilAllServe({ topology, engine }: CommandContext): Promise<void> {
  const { environment, nodes } = topology;
  const missing = async () => {
    const inRotation = (await routingStatus(topology, engine))?.nodes.filter(({ rotation }) => rotation === 'in') ?? [];
    return nodes.filter((node) => !inRotation.some(({ name }) => name === node.name)).map((node) => node.containerName);
  };
  if ((await missing()).length === 0) return;
  await step('Wait until every node takes traffic', async () => {
    const containers = (await engine.containers()).filter((container) =>
      nodes.some(({ containerName }) => containerName === container.name),
    );
    const deadline = deadlineFor(containers, topology);
    for (let names = await missing(); names.length > 0; names = await missing()) {
      if (Date.now() >= deadline) {
        throw new UserError(
          `everything is as configured, but ${names.join(' and ')} ${names.length > 1 ? 'take' : 'takes'} no traffic. "make status ENVIRONMENT=${environment}" says why.`,
        );
      }
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
    }
  });
}

/** When the last of these that run has had its time to start. */
function deadlineFor(containers: readonly EngineContainer[], { nodes }: Topology): number {
  const startMs = Math.max(...nodes.map(({ startTimeoutSeconds }) => startTimeoutSeconds)) * 1000;
  const started = containers
    .filter(({ running, paused }) => running && !paused)
    .map(({ startedAt }) => Date.parse(startedAt));
  return Math.max(Date.now() + GRACE_SECONDS * 1000, ...started.map((at) => at + startMs));
}

/** The other nodes, where all that serve are about to leave; undefined where there is nothing to fear. */
async function nodesOutOfRotation(
  context: CommandContext,
  leaving: readonly string[],
): Promise<EngineContainer[] | undefined> {
  const nodes = await nodesOnEngine(context);
  const serving = nodes.filter(({ serves }) => serves).map(({ container }) => container.name);
  if (serving.length === 0 || serving.some((name) => !leaving.includes(name))) return undefined;
  return nodes.map(({ container }) => container).filter(({ name }) => !leaving.includes(name));
}

function stateOf({ running, paused, health }: EngineContainer): string {
  if (!running) return 'it is stopped';
  return paused ? 'it is frozen' : (health ?? 'it has no health check');
}
