import { at } from '../../plan/kubernetes-object';
import { forContainers } from '../containers';
import { anyOf, forPodContainers } from '../pods';
import type { Rule } from '../rule';

export const memoryLimit: Rule = {
  reason: 'one component can take the memory of all others on the host',
  fix: 'set memory and memory_swap, of a pod resources.requests.memory and resources.limits.memory',
  check: anyOf(
    forContainers('long-running', ({ values }) => (Number(values.memory ?? 0) > 0 ? [] : ['has no memory limit'])),
    forPodContainers('all', ({ resources }) => [
      ...(at(resources, 'limits', 'memory') === undefined ? ['has no memory limit'] : []),
      ...(at(resources, 'requests', 'memory') === undefined ? ['has no memory kept for it'] : []),
    ]),
  ),
};
