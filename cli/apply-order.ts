import type { StackTopology } from '../topology/stacks';
import { isRetired } from '../topology/topology';
import type { CommandContext } from './command';
import { servingNodes } from './rotation';
import type { SideBySide } from './side-by-side';
import type { TerraformStackRunner } from './terraform';

/** What is applied next. */
export interface Next {
  /** They begin at the same time; none where what is under way has to come further first. */
  readonly stacks: readonly TerraformStackRunner[];
  /** Whether nothing else may be under way meanwhile. */
  readonly alone: boolean;
}

/**
 * What is applied next, at the same time. A server that runs is touched alone; those that do not run take nothing away from anybody, so
 * they come up side by side: the load balancer beside a node, and nodes beside each other once one of them has shown that it can serve.
 * The first node of all is alone among the nodes: it creates the administrator.
 *
 * @param waiting what has not begun yet, in the order of the layers
 */
export async function nextStacks(
  context: CommandContext,
  waiting: readonly TerraformStackRunner[],
  { proven, starting }: Pick<SideBySide, 'proven' | 'starting'>,
): Promise<Next> {
  const [first] = waiting as [TerraformStackRunner];
  if (!isCurrentNode(context, first.stack)) return { stacks: [first], alone: true };
  const running = await runningContainers(context);
  const comesUp = ({ stack }: TerraformStackRunner) => !running.includes(containerOf(context, stack));
  const balancer = waiting.filter((runner) => runner.stack.layer === 'load-balancer' && comesUp(runner));
  const nodes = waiting.filter(({ stack }) => isCurrentNode(context, stack));
  const serving = await servingNodes(context);
  // Of nodes that do not serve, the change may be what fixes them.
  const node = nodes.find(({ stack }) => !serving.includes(stack.name)) ?? first;
  if (!comesUp(node)) return { stacks: [node, ...balancer], alone: true };
  const [room, candidates] =
    proven || serving.length > 0 ? [await processorsOf(context), nodes.filter(comesUp)] : [1, [node]];
  return { stacks: [...candidates.slice(0, Math.max(0, room - starting)), ...balancer], alone: false };
}

export function isCurrentNode({ topology }: Pick<CommandContext, 'topology'>, { layer, name }: StackTopology): boolean {
  return layer === 'node' && !isRetired(topology, name);
}

function containerOf({ topology }: CommandContext, { layer, name }: StackTopology): string {
  return layer === 'load-balancer' ? topology.loadBalancer.containerName : name;
}

async function runningContainers({ engine }: CommandContext): Promise<string[]> {
  return (await engine.containers()).filter(({ running }) => running).map(({ name }) => name);
}

/** A server that starts uses about one processor; more of them at a time would only take longer, each of them. */
async function processorsOf({ engine }: CommandContext): Promise<number> {
  return Math.max(1, Number(await engine.docker('info', '--format', '{{.NCPU}}')) || 1);
}
