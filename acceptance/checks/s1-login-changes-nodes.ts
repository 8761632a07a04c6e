import { type Check, LOOK } from '../check';
import { beginLogin, finishLogin, sendPassword } from '../product/login';
import { redeem } from '../product/tokens';

export const check: Check = {
  id: 'S1',
  promise: 'A log-in may change nodes between its steps',
  does: 'begins a log-in at A, sends the password to B, goes on at A and redeems the code at B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.sessions,
  provenBy: ['local:login'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const browser = lab.client(a);
    const key = await beginLogin(browser, app);
    const address = await sendPassword(browser.moveTo(b), key, user);
    const code = await finishLogin(browser.moveTo(a), address, app);
    (await redeem(lab.client(b), app, code)).expect(200);
  },
};
