import type { JSONWebKeySet } from 'jose';
import { type Check, LOOK } from '../check';
import { Broken, expectThat } from '../outcome';
import { userTokens } from '../product/tokens';

export const check: Check = {
  id: 'K1',
  promise: 'All nodes sign with one set of keys and as one issuer',
  does: "compares the JWKS of A and of B, and verifies an id_token of A with B's keys",
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user'],
  look: LOOK.keys,
  provenBy: ['keys-differ', 'kid-differs'],
  async run(lab, a, b) {
    const read = async (node: string) => (await lab.client(node).get('/oauth2/jwks')).expect(200).json<JSONWebKeySet>();
    const [ofA, ofB] = await Promise.all([read(a), read(b)]);
    const names = ({ keys }: JSONWebKeySet) => keys.map(({ kid, n, x, alg }) => `${kid} ${alg} ${n ?? x}`).sort();
    expectThat(
      JSON.stringify(names(ofA)) === JSON.stringify(names(ofB)),
      `${a} publishes the keys ${kids(ofA)}, ${b} ${kids(ofB)}`,
    );
    const app = await lab.application(a);
    const { id_token: token = '' } = await userTokens(lab.client(a), app, await lab.user(a));
    // An ES module alone, which not every Node.js lets us require.
    const { createLocalJWKSet, jwtVerify } = await import('jose');
    const issuer = `${lab.target.origin}/oauth2/token`;
    await jwtVerify(token, createLocalJWKSet(ofB), { issuer, audience: app.clientId }).catch((error: Error) => {
      throw new Broken(`an id_token of ${a} does not verify with the keys of ${b}: ${error.message}`);
    });
  },
};

function kids({ keys }: JSONWebKeySet): string {
  return keys.map(({ kid }) => String(kid).slice(0, 12)).join(', ') || 'none';
}
