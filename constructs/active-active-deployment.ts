import type { App } from 'cdktf';
import type { StackTopology } from '../topology/stacks';
import type { Topology } from '../topology/topology';
import { FoundationStack } from './foundation-stack';
import type { LayerStack } from './layer-stack';
import { LoadBalancerStack } from './load-balancer-stack';
import { NodeStack } from './node-stack';
import { onKubernetes } from './on-kubernetes';

/**
 * One environment as a stack for each layer: foundation, every node, load balancer. They are applied in this order, so a change
 * reaches the second node only when the first is healthy again; in a single stack Terraform would stop both at once.
 *
 * It places stacks and has no node in the tree itself: the command line of cdktf looks for a stack's dependencies by their paths
 * among the names of stacks, and the two are the same only for children of the app.
 */
export class ActiveActiveDeployment {
  /** In the order in which they are applied. */
  readonly stacks: readonly LayerStack[];

  constructor(app: App, topology: Topology) {
    this.stacks =
      topology.platform.kind === 'kubernetes'
        ? onKubernetes().kubernetesStacks(app, topology)
        : topology.stacks.map((stack) => new LAYERS[stack.layer](app, stack, topology));
    this.stacks.forEach((stack, index) => {
      const before = this.stacks[index - 1];
      if (before) stack.addDependency(before);
    });
  }
}

const LAYERS = {
  foundation: FoundationStack,
  node: NodeStack,
  'load-balancer': LoadBalancerStack,
} satisfies Record<StackTopology['layer'], unknown>;
