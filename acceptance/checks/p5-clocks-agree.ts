import type { Check } from '../check';
import { expectThat } from '../outcome';
import { claimsOf, userTokens } from '../product/tokens';

const SECONDS = 2;

export const check: Check = {
  id: 'P5',
  promise: `The clocks of all nodes agree within ${SECONDS} s`,
  does: 'compares the time of issue in an id_token of A with one of B, less the time between the two requests',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user'],
  look: 'the time service (NTP) of the machines on which the nodes run',
  provenBy: ['clock-skew'],
  once: true,
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const lead = async (node: string) => {
      const { id_token: token = '' } = await userTokens(lab.client(node), app, user);
      return Number(claimsOf(token).iat) - Date.now() / 1000;
    };
    const difference = Math.abs((await lead(a)) - (await lead(b)));
    expectThat(difference <= SECONDS + 1, `the clocks of ${a} and ${b} are ${difference.toFixed(0)} s apart`);
  },
};
