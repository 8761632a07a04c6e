import { type Check, LOOK } from '../check';
import { regenerateSecret } from '../product/applications';
import { askForTokens, clientToken, newScope } from '../product/tokens';

export const check: Check = {
  id: 'C4',
  promise: 'A new client secret counts on every node within 5 s',
  does: 'lets B accept the secret, makes a new one through A, and tries the old and the new one at B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:application'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const atB = lab.client(b);
    await clientToken(atB, app);
    const changed = { ...app, secret: await regenerateSecret(lab.admin(a), app) };
    const status = async (each: typeof app) =>
      (await askForTokens(atB, each, { grant_type: 'client_credentials', scope: newScope() })).status;
    await lab.within(`the new secret counts on ${b}`, async () => {
      if ((await status(changed)) !== 200) return `${b} refuses the secret that was made through ${a}`;
      return (await status(app)) === 200 ? `${b} accepts the old secret after ${a} made a new one` : undefined;
    });
  },
};
