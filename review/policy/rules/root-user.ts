import { forContainers } from '../containers';
import type { Rule } from '../rule';

export const rootUser: Rule = {
  reason: 'a server that runs as root in its container is root outside after an escape',
  fix: 'set user to a uid:gid other than 0',
  check: forContainers('long-running', ({ values }) => {
    const user = typeof values.user === 'string' ? values.user : '';
    return user === '' || /^(0|root)(:|$)/.test(user) ? ['runs as root'] : [];
  }),
};
