import { type Check, LOOK } from '../check';
import { beginAppLogin, finishAppLogin } from '../product/login';
import { redeem } from '../product/tokens';

export const check: Check = {
  id: 'S5',
  promise: "An app's log-in may change nodes between its steps",
  does: 'begins a log-in for apps at A, sends the password to B and redeems the code at A',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.sessions,
  provenBy: ['local:login'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const code = await finishAppLogin(lab.client(b), await beginAppLogin(lab.client(a), app), user);
    (await redeem(lab.client(a), app, code)).expect(200);
  },
};
