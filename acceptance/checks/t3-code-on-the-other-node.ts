import { type Check, LOOK } from '../check';
import { logIn } from '../product/login';
import { redeem } from '../product/tokens';

export const check: Check = {
  id: 'T3',
  promise: 'A code of one node is redeemed at another',
  does: 'logs in through A and redeems the code at B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.database,
  provenBy: ['local:code'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const code = await logIn(lab.client(a), app, await lab.user(a));
    (await redeem(lab.client(b), app, code)).expect(200);
  },
};
