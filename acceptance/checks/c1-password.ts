import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { newPassword, setPassword } from '../product/directory';
import { askAsUser, introspect, userTokens } from '../product/tokens';

export const check: Check = {
  id: 'C1',
  promise: 'A new password counts on every node at once, and the tokens of the old one are dead within 5 s',
  does: 'lets B log the user in, changes the password through A, and tries the old one, the new one and the token at B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['cached-passwords', 'stale:token'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const atB = lab.client(b);
    const { access_token: token } = await userTokens(atB, app, user);
    expectThat((await introspect(atB, app, token)).active, `a token of ${b} is not active there`);
    const changed = { ...user, password: newPassword() };
    await setPassword(lab.admin(a), user, changed.password);
    const old = await askAsUser(atB, app, user);
    expectThat(old.status !== 200, `${b} takes the old password after it was changed through ${a}`);
    (await askAsUser(atB, app, changed)).expect(200);
    await lab.within(`tokens of the old password are dead on ${b}`, async () =>
      (await introspect(atB, app, token)).active ? `a token of the old password is active on ${b}` : undefined,
    );
  },
};
