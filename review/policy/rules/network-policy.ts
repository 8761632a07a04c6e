import { at } from '../../plan/kubernetes-object';
import { isList } from '../../plan/plan-json';
import { about, plannedObjects, plannedPods, selects } from '../pods';
import type { Rule } from '../rule';

export const networkPolicy: Rule = {
  reason: 'every pod of the cluster reaches what no NetworkPolicy selects, past the load balancer and its limits',
  fix: 'add a NetworkPolicy of type Ingress that selects it, as the constructs of this project do; the cluster must enforce it',
  check: (input) => {
    const policies = plannedObjects(input)
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ object }) => at(object, 'spec'))
      .filter((spec) => {
        const types = at(spec, 'policyTypes');
        return isList(types) && types.includes('Ingress');
      });
    return plannedPods(input)
      .filter(({ labels }) => !policies.some((spec) => selects(at(spec, 'podSelector'), labels)))
      .map((pod) => ({
        stack: pod.stack,
        location: pod.address,
        message: about(pod, 'is selected by no NetworkPolicy'),
      }));
  },
};
