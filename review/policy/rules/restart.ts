import { forContainers } from '../containers';
import type { Rule } from '../rule';

export const restart: Rule = {
  reason: 'a container that crashes, or whose Docker host restarts, stays away until somebody notices',
  fix: 'set restart to "unless-stopped" or "always"',
  check: forContainers('long-running', ({ values }) =>
    ['unless-stopped', 'always'].includes(String(values.restart)) ? [] : ['does not start again by itself'],
  ),
};
