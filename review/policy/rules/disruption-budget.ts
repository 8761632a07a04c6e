import { at } from '../../plan/kubernetes-object';
import { about, plannedObjects, plannedPods, selects } from '../pods';
import type { Rule } from '../rule';

export const disruptionBudget: Rule = {
  reason: 'who drains two machines at once takes away all nodes or all load balancers',
  fix: 'add a PodDisruptionBudget with minAvailable that selects them, as the constructs of this project do',
  check: (input) => {
    const { nodes, loadBalancer } = input.topology;
    const names = [...nodes.map(({ containerName }) => containerName), loadBalancer.containerName];
    const budgets = plannedObjects(input).filter(
      ({ kind, object }) => kind === 'PodDisruptionBudget' && Number(at(object, 'spec', 'minAvailable') ?? 0) > 0,
    );
    return plannedPods(input)
      .filter(({ job, name }) => !job && names.includes(name))
      .filter(({ labels }) => !budgets.some(({ object }) => selects(at(object, 'spec', 'selector'), labels)))
      .map((pod) => ({
        stack: pod.stack,
        location: pod.address,
        message: about(pod, 'may be evicted while no other one serves'),
      }));
  },
};
