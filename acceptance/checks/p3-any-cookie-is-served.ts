import { type Check, LOOK } from '../check';
import { ROUTE_COOKIE } from '../client';
import { expectThat } from '../outcome';

export const check: Check = {
  id: 'P3',
  promise: 'A client without a cookie, or with that of a node that is gone, is served and gets a valid one',
  does: 'asks for the console without a cookie and with an unknown one',
  needs: ['affinity'],
  look: LOOK.balancer,
  provenBy: ['no-reroute'],
  once: true,
  async run(lab) {
    const { nodes, consolePath } = lab.target;
    const client = lab.client();
    for (const cookie of [undefined, `${ROUTE_COOKIE}=a-node-that-is-gone`]) {
      const answer = await client.raw(consolePath, { headers: cookie === undefined ? { cookie: '' } : { cookie } });
      const kind = cookie === undefined ? 'without a cookie' : 'with the cookie of a node that is gone';
      expectThat(answer.status < 500, `a client ${kind} was answered with ${answer.status}`);
      const given = answer.setCookies.map((each) => /^ISROUTE=([^;]*)/.exec(each)?.[1]).find(Boolean);
      expectThat(
        given !== undefined && nodes.includes(given),
        `a client ${kind} got ${given === undefined ? 'no route' : `the route ${given}`}`,
      );
    }
  },
};
