import { type Check, LOOK } from '../check';
import { expectThat, Skipped } from '../outcome';

/** A page that makes a session of the server's own. */
const PAGE = '/authenticationendpoint/login.do';

export const check: Check = {
  id: 'P1',
  promise: 'Two values of the cookie reach two servers',
  does: "asks A for a page that sets JSESSIONID, then shows A's session to A and to B; only A knows it",
  needs: ['openid', 'affinity'],
  look: LOOK.balancer,
  provenBy: ['one-node'],
  async run(lab, a, b) {
    const browser = lab.client(a);
    await browser.get(PAGE);
    const session = browser.jar.get('JSESSIONID');
    if (session === undefined) throw new Skipped(`${PAGE} sets no JSESSIONID by which servers could be told apart`);
    await browser.get(PAGE);
    expectThat(browser.jar.get('JSESSIONID') === session, `${a} does not know its own session when it comes back`);
    await browser.moveTo(b).get(PAGE);
    expectThat(browser.jar.get('JSESSIONID') !== session, `${b} knows a session of ${a}: both names reach one server`);
  },
};
