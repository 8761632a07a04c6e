import { parameter } from '../answer';
import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { askSilently, logIn, logOut } from '../product/login';
import { redeem, type Tokens } from '../product/tokens';

export const check: Check = {
  id: 'S3',
  promise: 'A log-out ends the session on every node within 5 s',
  does: 'logs in through A, lets B see the session, logs out through A and asks B without a page (prompt=none)',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:session'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const browser = lab.client(a);
    const code = await logIn(browser, app, await lab.user(a));
    const { id_token = '' } = (await redeem(lab.client(a), app, code)).expect(200).json<Tokens>();
    // Log-out takes the cookie from the browser; who has kept a copy must not be let in by it.
    const copy = lab.client(b);
    const keepCookies = () => {
      for (const [name, value] of cookies) copy.jar.set(name, value);
    };
    const cookies = [...browser.jar].filter(([name]) => name !== 'ISROUTE');
    keepCookies();
    expectThat(parameter(await askSilently(copy, app), 'code') !== undefined, `${b} does not know the session of ${a}`);
    await logOut(browser, app, id_token);
    await lab.within(`the session has ended on ${b}`, async () => {
      keepCookies();
      const error = parameter(await askSilently(copy, app), 'error');
      return error === 'login_required' ? undefined : `after a log-out at ${a} the session is good on ${b}`;
    });
  },
};
