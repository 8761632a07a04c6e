import { destroysAll, nodesByStack } from '../containers';
import type { Rule } from '../rule';

export const nodeCount: Rule = {
  reason: 'a single node is not active-active: every change and every failure interrupts the service',
  fix: 'set identity_server.nodes to 2 or more',
  check: (input) => {
    const nodes = [...nodesByStack(input).values()].flat().length;
    return nodes >= 2 || destroysAll(input)
      ? []
      : [
          {
            location: 'identity_server.nodes',
            message: `after the apply there ${nodes === 1 ? 'is one node' : 'is no node'}`,
          },
        ];
  },
};
