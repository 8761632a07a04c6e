import { type Check, LOOK } from '../check';
import { calm, takeAway } from '../faults';
import { judge, underLogins } from '../load';

export const check: Check = {
  id: 'R1',
  promise: 'A roll, in which every node stops and starts in turn, fails no log-in',
  does: 'stops and starts each node, one after the other, under a load of whole log-ins of 20 clients',
  needs: ['openid', 'management', 'affinity', 'failover'],
  makes: ['an application', '20 users', 'sessions', 'tokens'],
  look: LOOK.balancer,
  provenBy: ['drop-on-stop', 'early-ready'],
  once: true,
  async run(lab, a) {
    const report = await underLogins(lab, a, lab.options.clients ?? 20, async () => {
      await calm(lab);
      for (const node of lab.target.nodes) {
        await takeAway(lab, node, 'stop', async () => {});
        await calm(lab);
      }
    });
    judge(lab, report);
  },
};
