import { nodesByStack } from '../containers';
import type { Rule } from '../rule';

export const nodesInOneStack: Rule = {
  reason: 'Terraform stops all nodes of a stack before it starts the first again',
  fix: 'give every node a stack of its own',
  check: (input) =>
    [...nodesByStack(input)]
      .filter(([, nodes]) => nodes.length > 1)
      .map(([stack, nodes]) => ({ stack, location: stack, message: `holds ${nodes.join(' and ')}` })),
};
