import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { introspect, userTokens } from '../product/tokens';

export const check: Check = {
  id: 'T1',
  promise: 'A token of one node is known on every node',
  does: 'issues a token through A, introspects it and asks for the user info through B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'tokens'],
  look: LOOK.database,
  provenBy: ['local:token'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const { access_token: token } = await userTokens(lab.client(a), app, await lab.user(a));
    const [ofA, ofB] = [await introspect(lab.client(a), app, token), await introspect(lab.client(b), app, token)];
    expectThat(ofB.active, `a token of ${a} is not active on ${b}`);
    expectThat(ofA.username === ofB.username && ofA.exp === ofB.exp, `${a} and ${b} say different things of one token`);
    (await lab.client(b).get('/oauth2/userinfo', { bearer: token })).expect(200);
  },
};
