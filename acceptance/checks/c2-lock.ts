import { type Check, LOOK } from '../check';
import { Unclear } from '../outcome';
import { setLocked } from '../product/directory';
import { askAsUser, userTokens } from '../product/tokens';

export const check: Check = {
  id: 'C2',
  promise: 'A lock of an account, and its end, count on every node within 5 s',
  does: 'lets B log the user in, locks and unlocks the account through A, and tries at B after each',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:user'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const atB = lab.client(b);
    await userTokens(atB, app, user);
    await setLocked(lab.admin(a), user, true);
    if ((await askAsUser(lab.client(a), app, user)).status === 200) {
      throw new Unclear(`${a} itself lets in an account that it has locked: account locking seems to be off`);
    }
    await lab.within(`the lock counts on ${b}`, async () =>
      (await askAsUser(atB, app, user)).status === 200 ? `an account that ${a} has locked logs in at ${b}` : undefined,
    );
    await setLocked(lab.admin(a), user, false);
    await lab.within(`the unlock counts on ${b}`, async () =>
      (await askAsUser(atB, app, user)).status === 200
        ? undefined
        : `an account that ${a} has unlocked is refused at ${b}`,
    );
  },
};
