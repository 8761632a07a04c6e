import { type Check, LOOK } from '../check';
import { survives } from '../faults';

export const check: Check = {
  id: 'F1',
  promise: 'A node that is stopped fails no log-in, and what it began goes on elsewhere',
  does: 'stops A under a load of whole log-ins of 20 clients; its session, token and half of a log-in go on at B; starts A again',
  needs: ['openid', 'management', 'affinity', 'failover'],
  makes: ['applications', '21 users', 'sessions', 'tokens'],
  look: LOOK.sessions,
  provenBy: ['local:session', 'local:login', 'drop-on-stop'],
  run: (lab, a, b) => survives(lab, a, b, 'stop'),
};
