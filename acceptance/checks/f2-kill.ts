import { type Check, LOOK } from '../check';
import { survives } from '../faults';

export const check: Check = {
  id: 'F2',
  promise: 'A node that is killed fails only log-ins with a request in flight, which succeed when repeated',
  does: 'kills A under a load of whole log-ins of 20 clients; its session, token and half of a log-in go on at B; starts A again',
  needs: ['openid', 'management', 'affinity', 'failover'],
  makes: ['applications', '21 users', 'sessions', 'tokens'],
  look: LOOK.sessions,
  provenBy: ['local:session', 'local:token', 'no-reroute'],
  run: (lab, a, b) => survives(lab, a, b, 'kill', 0),
};
