import { type Check, LOOK } from '../check';
import { expectThat, Skipped } from '../outcome';
import { clientToken, newScope } from '../product/tokens';

export const check: Check = {
  id: 'T2',
  promise: 'All nodes give out one and the same valid token for one client and scope',
  does: 'asks A and B for a token of the same client and scope; an opaque one must be the same',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a token'],
  look: LOOK.database,
  provenBy: ['local:token'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const scope = newScope();
    const { access_token: first } = await clientToken(lab.client(a), app, scope);
    if (first.split('.').length === 3) throw new Skipped('tokens are JWTs here, of which each is a new one');
    const { access_token: second } = await clientToken(lab.client(b), app, scope);
    expectThat(first === second, `${a} and ${b} gave out two tokens for one client and scope`);
  },
};
