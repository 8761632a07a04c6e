import { plannedContainers, texts } from '../containers';
import { plannedPods } from '../pods';
import type { Rule } from '../rule';

export const secretsSupplied: Rule = {
  reason:
    'a password or encryption key that was generated on the Docker host is known there alone, and lost with that host',
  fix: 'apply: the first job names every secret that is missing; put each on the Docker host with "make import-secret"',
  onKubernetes: {
    reason:
      'a password or encryption key that was generated in the cluster is known there alone, and lost with its Secret',
    fix: 'apply: the first job names every secret that is missing; put each into its Secret with "make import-secret"',
  },
  check: (input) => {
    const { topology } = input;
    if (!topology.protected) return [];
    const { name } = topology.jobs.secrets;
    return [
      ...plannedContainers(input).filter(({ values }) => values.name === name),
      ...plannedPods(input).filter((each) => each.job && each.name.startsWith(`${name}-`)),
    ]
      .filter(({ values }) => !texts(values.env).some((entry) => entry.startsWith('REQUIRED_SECRETS=')))
      .map(({ stack, address }) => ({
        stack,
        location: address,
        message: 'generates the secrets that nobody has supplied',
      }));
  },
};
