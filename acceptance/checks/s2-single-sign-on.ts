import { parameter } from '../answer';
import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { askSilently, logIn } from '../product/login';
import { claimsOf, redeem, type Tokens } from '../product/tokens';

export const check: Check = {
  id: 'S2',
  promise: 'Who has logged in on one node is logged in on every node',
  does: 'logs in through A, asks B for a code without a page (prompt=none), and compares who the two tokens are about',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.sessions,
  provenBy: ['local:session'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const browser = lab.client(a);
    const first = await logIn(browser, app, await lab.user(a));
    const address = await askSilently(browser.moveTo(b), app);
    const second = parameter(address, 'code');
    expectThat(second !== undefined, `${b} does not know the session of ${a}: ${parameter(address, 'error')}`);
    const subject = async (node: string, code: string) => {
      const { id_token = '' } = (await redeem(lab.client(node), app, code)).expect(200).json<Tokens>();
      return claimsOf(id_token).sub;
    };
    const [ofA, ofB] = [await subject(a, first), await subject(b, second)];
    expectThat(ofA === ofB, `one session is two users: ${a} and ${b} name different subjects`);
  },
};
