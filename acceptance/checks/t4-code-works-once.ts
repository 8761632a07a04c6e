import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { logIn } from '../product/login';
import { errorOf, redeem } from '../product/tokens';

export const check: Check = {
  id: 'T4',
  promise: 'A code works once in the whole pair',
  does: 'redeems a code of A at B, and a second later at A again',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:code'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const code = await logIn(lab.client(a), app, await lab.user(a));
    (await redeem(lab.client(b), app, code)).expect(200);
    await lab.settle();
    const replay = await redeem(lab.client(a), app, code);
    expectThat(replay.status === 400, `a code that was redeemed at ${b} was answered with ${replay.status} at ${a}`);
    expectThat(errorOf(replay) === 'invalid_grant', `a code that was used is refused with ${errorOf(replay)}`);
  },
};
