import { parameter } from '../answer';
import { type Check, LOOK } from '../check';
import { expectThat, Unclear } from '../outcome';
import { askSilently, logIn } from '../product/login';

export const check: Check = {
  id: 'S4',
  promise: 'A session that an administrator ends has ended on every node within 5 s',
  does: 'logs in through A, lets B see the session, ends it through A, asks B for it and for a list of the sessions',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user', 'a session'],
  look: LOOK.cluster,
  provenBy: ['stale:session'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const browser = lab.client(a);
    await logIn(browser, app, user);
    browser.moveTo(b);
    expectThat(
      parameter(await askSilently(browser, app), 'code') !== undefined,
      `${b} does not know the session of ${a}`,
    );
    const path = `/api/users/v1/${user.id}/sessions`;
    const listed = async () =>
      ((await lab.admin(b).get(path)).expect(200, 404).json<{ sessions?: unknown[] }>().sessions ?? []).length;
    if ((await listed()) === 0) throw new Unclear(`${b} lists no session of somebody who has just logged in`);
    (await lab.admin(a).send(path, { method: 'DELETE' })).expect(204);
    await lab.within(`the session has ended on ${b}`, async () => {
      const error = parameter(await askSilently(browser, app), 'error');
      if (error !== 'login_required') return `a session that ${a} has ended is good on ${b}`;
      return (await listed()) === 0 ? undefined : `${b} lists a session that ${a} has ended`;
    });
  },
};
