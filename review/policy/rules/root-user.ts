import { at } from '../../plan/kubernetes-object';
import { forContainers } from '../containers';
import { anyOf, forPodContainers } from '../pods';
import type { Rule } from '../rule';

export const rootUser: Rule = {
  reason: 'a server that runs as root in its container is root outside after an escape',
  fix: 'set user to a uid:gid other than 0, of a pod runAsUser and runAsNonRoot',
  check: anyOf(
    forContainers('long-running', ({ values }) => {
      const user = typeof values.user === 'string' ? values.user : '';
      return user === '' || /^(0|root)(:|$)/.test(user) ? ['runs as root'] : [];
    }),
    forPodContainers('all', ({ securityContext }, { pod }) => {
      const [user, isNotRoot] = ['runAsUser', 'runAsNonRoot'].map(
        (key) => at(securityContext, key) ?? at(pod.securityContext, key),
      );
      if (user === 0) return ['runs as root'];
      return user === undefined && isNotRoot !== true ? ['runs as root, where its image says so'] : [];
    }),
  ),
};
