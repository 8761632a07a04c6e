import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { clientToken, introspect, revoke } from '../product/tokens';

const ROUNDS = 20;

export const check: Check = {
  id: 'T6',
  promise: 'A revoked token is revoked on every node within 5 s',
  does: `lets B see a token of A, revokes it through A and asks B until it is inactive; ${ROUNDS} times`,
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:token', 'slow-bus'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const [atA, atB] = [lab.client(a), lab.client(b)];
    for (let round = 0; round < ROUNDS; round++) {
      const { access_token: token } = await clientToken(atA, app);
      expectThat((await introspect(atB, app, token)).active, `a token of ${a} is not active on ${b}`);
      await revoke(atA, app, token);
      await lab.within(`a revoked token is inactive on ${b}`, async () =>
        (await introspect(atB, app, token)).active ? `a token that ${a} has revoked is active on ${b}` : undefined,
      );
    }
  },
};
