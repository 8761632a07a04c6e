import { type Check, LOOK } from '../check';
import { ROUTE_COOKIE } from '../client';
import { expectThat } from '../outcome';

const REQUESTS = 20;

export const check: Check = {
  id: 'P2',
  promise: 'The affinity cookie chooses the node, request after request',
  does: `sends ${REQUESTS} requests with the cookie of A; the load balancer must not send another one`,
  needs: ['affinity'],
  look: LOOK.balancer,
  provenBy: ['no-affinity'],
  async run(lab, a) {
    const client = lab.client();
    for (let sent = 0; sent < REQUESTS; sent++) {
      const answer = await client.raw(lab.target.consolePath, { headers: { cookie: `${ROUTE_COOKIE}=${a}` } });
      const other = answer.setCookies.find((cookie) => cookie.startsWith(`${ROUTE_COOKIE}=`));
      expectThat(other === undefined, `request ${sent + 1} for ${a} was answered with ${other?.split(';')[0]}`);
    }
  },
};
