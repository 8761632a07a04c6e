import { LOOPBACK } from '../containers';
import type { Rule } from '../rule';

/** Where the administration of the product answers; nobody needs them from outside. */
const ADMINISTRATION_PATHS = ['/carbon', '/services'];

export const administrationPaths: Rule = {
  reason: "the product's administration can be reached from other machines",
  fix: `add ${ADMINISTRATION_PATHS.map((path) => `"${path}"`).join(' and ')} to load_balancer.denied_paths`,
  check: ({ topology: { loadBalancer, platform } }) => {
    const onDocker = platform.kind === 'docker';
    if (onDocker && LOOPBACK.test(loadBalancer.bindAddress)) return [];
    const open = ADMINISTRATION_PATHS.filter(
      (path) => !loadBalancer.deniedPaths.some((denied) => path.startsWith(denied)),
    );
    return open.length === 0
      ? []
      : [
          {
            location: 'load_balancer.denied_paths',
            message: `${open.join(' and ')} answer ${onDocker ? `on ${loadBalancer.bindAddress}` : 'to whoever reaches the Service'}`,
          },
        ];
  },
};
