import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { logIn } from '../product/login';
import { errorOf, introspect, redeem, type Tokens } from '../product/tokens';

export const check: Check = {
  id: 'T4',
  promise: 'A code works once in the whole pair, and who tries it twice ends what came of it within 5 s',
  does: 'redeems a code of A at B, and a second later at A again; the tokens of B must end',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: LOOK.cluster,
  provenBy: ['stale:code', 'stale:token'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const code = await logIn(lab.client(a), app, await lab.user(a));
    const atB = lab.client(b);
    const { access_token: token } = (await redeem(atB, app, code)).expect(200).json<Tokens>();
    expectThat((await introspect(atB, app, token)).active, `a token of ${b} is not active there`);
    await lab.settle();
    const replay = await redeem(lab.client(a), app, code);
    expectThat(replay.status === 400, `a code that was redeemed at ${b} was answered with ${replay.status} at ${a}`);
    expectThat(errorOf(replay) === 'invalid_grant', `a code that was used is refused with ${errorOf(replay)}`);
    await lab.within(`tokens of a code that was shown twice are dead on ${b}`, async () =>
      (await introspect(atB, app, token)).active
        ? `the token is active on ${b} although its code was shown a second time, to ${a}`
        : undefined,
    );
  },
};
