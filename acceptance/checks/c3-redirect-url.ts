import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { callbackOf, changeCallback } from '../product/applications';
import { authorizationPath } from '../product/login';

export const check: Check = {
  id: 'C3',
  promise: 'A changed redirect URL counts on every node within 5 s',
  does: 'lets B begin a log-in, changes the redirect URL through A, and begins one at B with the old and the new URL',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application'],
  look: LOOK.cluster,
  provenBy: ['stale:application'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const accepted = async (callback: string) =>
      /login\.do/.test((await lab.client(b).get(authorizationPath({ ...app, callback }))).expect(302).location);
    expectThat(await accepted(app.callback), `${b} does not know an application that was made through ${a}`);
    const callback = callbackOf(`${app.name}-changed`);
    await changeCallback(lab.admin(a), app, callback);
    await lab.within(`the new redirect URL counts on ${b}`, async () => {
      if (!(await accepted(callback))) return `${b} refuses the redirect URL that was set through ${a}`;
      return (await accepted(app.callback)) ? `${b} accepts a redirect URL that was removed through ${a}` : undefined;
    });
  },
};
