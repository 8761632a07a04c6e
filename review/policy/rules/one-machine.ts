import { at, entries } from '../../plan/kubernetes-object';
import type { Attributes } from '../../plan/plan-json';
import { about, type PlannedPod, plannedPods, selects } from '../pods';
import type { Rule } from '../rule';

const MACHINE = 'kubernetes.io/hostname';

export const oneMachine: Rule = {
  reason: 'where all nodes or all load balancers may be on one machine, the service ends with that machine',
  fix: 'spread the pods with topologySpreadConstraints over kubernetes.io/hostname, whenUnsatisfiable = DoNotSchedule, as the constructs of this project do',
  check: (input) => {
    const names = input.topology.nodes.map(({ containerName }) => containerName);
    const pods = plannedPods(input).filter(({ job }) => !job);
    const nodes = pods.filter(({ name }) => names.includes(name));
    return pods
      .filter((pod) => pod.replicas > 1 || nodes.includes(pod))
      .filter((pod) => !isKeptApart(pod, nodes.includes(pod) ? nodes : [pod]))
      .map((pod) => ({
        stack: pod.stack,
        location: pod.address,
        message: about(pod, 'may run on the same machine as all others of its kind'),
      }));
  },
};

/** Whether a pod is never put beside the others. */
function isKeptApart({ pod }: PlannedPod, others: readonly PlannedPod[]): boolean {
  const ofAll = (selector: Attributes[string] | undefined) => others.every(({ labels }) => selects(selector, labels));
  const required = at(pod, 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  return (
    entries(pod.topologySpreadConstraints).some(
      ({ topologyKey, whenUnsatisfiable, labelSelector }) =>
        topologyKey === MACHINE && whenUnsatisfiable === 'DoNotSchedule' && ofAll(labelSelector),
    ) || entries(required).some(({ topologyKey, labelSelector }) => topologyKey === MACHINE && ofAll(labelSelector))
  );
}
