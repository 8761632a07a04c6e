import type { Rule } from '../rule';

export const localState: Rule = {
  reason: 'the state of a protected environment is on one machine, without lock for others, and lost with that machine',
  fix: 'set [state] backend to s3, gcs, azurerm, pg, http or consul',
  check: ({ topology }) =>
    topology.protected && topology.stacks.some(({ backend }) => backend.type === 'local')
      ? [{ location: 'state.backend', message: 'is "local"' }]
      : [],
};
