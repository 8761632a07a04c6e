import { MAX_NODES } from '../environment/addresses';
import type { Environment } from '../environment/schema';
import { nodeContainerName } from './names';
import { type StateBackend, stateBackend } from './state-backend';

/** A Terraform stack. That of a node is called like the node's container. */
export interface StackTopology {
  readonly name: string;
  readonly layer: 'foundation' | 'node' | 'load-balancer';
  readonly backend: StateBackend;
}

/** The stacks in the order in which they are applied; each depends on the one before. */
export function stacksTopology(
  environment: Environment,
  nodes: readonly { readonly containerName: string }[],
): StackTopology[] {
  const { name } = environment;
  return [
    stackTopology(environment, `${name}-foundation`, 'foundation'),
    ...nodes.map(({ containerName }) => stackTopology(environment, containerName, 'node')),
    stackTopology(environment, `${name}-load-balancer`, 'load-balancer'),
  ];
}

/** Stacks of the nodes above today's number, which an earlier configuration may have created. */
export function retiredStacks(environment: Environment, nodes: number): StackTopology[] {
  return Array.from({ length: MAX_NODES }, (_, index) => index + 1)
    .slice(nodes)
    .map((number) => stackTopology(environment, nodeContainerName(environment.name, number), 'node'));
}

function stackTopology(environment: Environment, name: string, layer: StackTopology['layer']): StackTopology {
  return { name, layer, backend: stateBackend(environment, name) };
}
