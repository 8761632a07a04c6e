import { forContainers } from '../containers';
import type { Rule } from '../rule';

export const memoryLimit: Rule = {
  reason: 'one component can take the memory of all others on the host',
  fix: 'set memory and memory_swap',
  check: forContainers('long-running', ({ values }) => (Number(values.memory ?? 0) > 0 ? [] : ['has no memory limit'])),
};
