import { blocks, forContainers, type PlannedContainer, plannedContainers, texts } from '../containers';
import { anyOf, forPodContainers, forPods } from '../pods';
import type { PolicyInput, Rule } from '../rule';

export const healthCheck: Rule = {
  reason: 'without a health check that is waited for, the next node is stopped while this one does not serve yet',
  fix: 'declare healthcheck, and wait = true; of a pod startupProbe and readinessProbe, and wait_for_rollout = true',
  check: anyOf(
    forContainers('long-running', (container, input) => {
      const { values } = container;
      const [test = 'NONE'] = texts(blocks(values.healthcheck)[0]?.test);
      if (test === 'NONE') return ['has no health check'];
      return values.wait === true || isAwaitedByJob(container, input)
        ? []
        : ['the apply does not wait until it is healthy'];
    }),
    forPodContainers('long-running', (container) =>
      ['startupProbe', 'readinessProbe']
        .filter((probe) => container[probe] === undefined)
        .map((probe) => `has no ${probe}`),
    ),
    forPods('long-running', ({ kind, values }) =>
      kind === 'Deployment' && values.wait_for_rollout === false ? ['the apply does not wait until it is ready'] : [],
    ),
  ),
};

/** The schema job runs again with every new container of the database, and waits until that answers. */
function isAwaitedByJob({ values }: PlannedContainer, input: PolicyInput): boolean {
  const { database, jobs } = input.topology;
  if (jobs.schema === undefined || values.name !== database.container?.containerName) return false;
  const job = jobs.schema.run.name;
  return plannedContainers(input).some((container) => container.job && container.values.name === job);
}
