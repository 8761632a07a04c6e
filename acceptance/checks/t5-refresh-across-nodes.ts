import { type Check, LOOK } from '../check';
import { expectThat, Skipped } from '../outcome';
import { refresh, type Tokens, userTokens } from '../product/tokens';

export const check: Check = {
  id: 'T5',
  promise: 'A refresh token of one node works on another, and once',
  does: 'gets tokens from A, refreshes them at B, then a second later shows the old refresh token to A',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['local:refresh', 'stale:refresh'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const { refresh_token: first } = await userTokens(lab.client(a), app, await lab.user(a));
    if (first === undefined) throw new Skipped('the password grant gives no refresh token here');
    const { refresh_token: second } = (await refresh(lab.client(b), app, first)).expect(200).json<Tokens>();
    if (second === first) throw new Skipped('refresh tokens are not renewed here, so an old one stays valid');
    await lab.settle();
    const { status } = await refresh(lab.client(a), app, first);
    expectThat(status === 400, `a refresh token that was used at ${b} was answered with ${status} at ${a}`);
    expectThat(second !== undefined, `${b} gave no new refresh token`);
  },
};
