import { type Check, LOOK } from '../check';
import { calm, takeAway } from '../faults';
import { judge, underLogins, type Window } from '../load';
import { callbackOf, changeCallback } from '../product/applications';
import { authorizationPath } from '../product/login';

/** Until the load balancer's probes have taken a silent node out. */
const NOTICE_SECONDS = 4;

export const check: Check = {
  id: 'F3',
  promise:
    'A node that was frozen serves nothing old when it is back, and meanwhile fails only log-ins that it had begun to answer',
  does: 'lets A read an application, freezes A under a load of whole log-ins, changes the redirect URL through B, and asks A when it is back',
  needs: ['openid', 'management', 'affinity', 'failover'],
  makes: ['applications', '20 users', 'sessions', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:application'],
  async run(lab, a, b) {
    const app = await lab.application(b);
    const accepted = async (callback: string) =>
      /login\.do/.test((await lab.client(a).get(authorizationPath({ ...app, callback }))).expect(302).location);
    await accepted(app.callback);
    const callback = callbackOf(`${app.name}-changed`);
    let window: Window | undefined;
    const report = await underLogins(lab, b, lab.options.clients ?? 20, async () => {
      await calm(lab);
      window = await takeAway(lab, a, 'freeze', async () => {
        await calm(lab);
        await changeCallback(lab.admin(b), app, callback);
        await calm(lab);
      });
      await lab.within(`a change that was made while ${a} was frozen counts on it`, async () =>
        (await accepted(callback)) && !(await accepted(app.callback))
          ? undefined
          : `${a} was frozen, and serves what was changed meanwhile as it was before`,
      );
    });
    const { from = 0, to = 0 } = window ?? {};
    judge(lab, report, { from, to: to + NOTICE_SECONDS * 1000 });
  },
};
