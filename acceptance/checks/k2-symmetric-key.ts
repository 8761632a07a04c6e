import { randomBytes } from 'node:crypto';
import type { Check } from '../check';
import { expectThat } from '../outcome';
import { secretOf } from '../product/identity-providers';

export const check: Check = {
  id: 'K2',
  promise: 'All nodes encrypt secrets with the same key',
  does: 'stores the secret of an identity provider through A and reads it through B',
  needs: ['management', 'affinity'],
  makes: ['an identity provider'],
  look: '[encryption] key in deployment.toml of both nodes, and the secret behind it',
  provenBy: ['enc-key-differs'],
  async run(lab, a, b) {
    const secret = randomBytes(12).toString('hex');
    const id = await lab.identityProvider(a, secret);
    expectThat((await secretOf(lab.admin(b), id)) === secret, `a secret stored through ${a} is another one on ${b}`);
  },
};
