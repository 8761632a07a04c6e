import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { consentStatus, createConsent, revokeConsent } from '../product/consents';

export const check: Check = {
  id: 'X1',
  promise: 'A consent that was made or revoked on one node is so on every node',
  does: 'asks for a consent to accounts through A, reads it at B, revokes it through B and reads it at A',
  needs: ['management', 'accelerator', 'consents', 'affinity'],
  makes: ['a consent, whose row stays, revoked'],
  look: LOOK.database,
  provenBy: ['local:consent'],
  async run(lab, a, b) {
    const [adminA, adminB] = [lab.admin(a), lab.admin(b)];
    const id = await createConsent(adminA);
    const [atA, atB] = [await consentStatus(adminA, id), await consentStatus(adminB, id)];
    expectThat(atA === atB, `a consent is ${atA} on ${a} and ${atB} on ${b}`);
    await revokeConsent(adminB, id);
    const after = await consentStatus(adminA, id);
    expectThat(after === 'Revoked', `a consent that ${b} has revoked is ${after} on ${a}`);
  },
};
