import { at, entries } from '../../plan/kubernetes-object';
import { forPods } from '../pods';
import type { Rule } from '../rule';

export const apiToken: Rule = {
  reason: "whoever breaks into a pod with a token asks the cluster's API server in its name",
  fix: 'set automountServiceAccountToken = false; a token is for jobs that fill Secrets, for an hour',
  check: forPods('all', ({ pod, job }) => {
    const projected = entries(pod.volumes)
      .flatMap(({ projected: volume }) => entries(at(volume, 'sources')))
      .some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
    return [
      ...(pod.automountServiceAccountToken === false ? [] : ['has a token of its account']),
      ...(projected && !job ? ['has a projected token, and keeps running'] : []),
    ];
  }),
};
