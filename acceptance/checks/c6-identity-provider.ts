import { type Check, LOOK } from '../check';
import { describe, descriptionOf } from '../product/identity-providers';

export const check: Check = {
  id: 'C6',
  promise: 'A change of an identity provider counts on every node within 5 s',
  does: 'lets B read the provider, describes it anew through A, and reads it at B again',
  needs: ['management', 'affinity'],
  makes: ['an identity provider'],
  look: LOOK.cluster,
  provenBy: ['stale:idp'],
  async run(lab, a, b) {
    const id = await lab.identityProvider(a, 'unused-secret');
    const atB = lab.admin(b);
    await descriptionOf(atB, id);
    const description = lab.newName('described');
    await describe(lab.admin(a), id, description);
    await lab.within(`the change counts on ${b}`, async () =>
      (await descriptionOf(atB, id)) === description ? undefined : `${b} does not see what was changed through ${a}`,
    );
  },
};
