import type { Answer } from '../answer';
import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { newPassword, USERS, userBody } from '../product/directory';
import { authorizationPath, beginLogin, sendPassword } from '../product/login';

export const check: Check = {
  id: 'N2',
  promise: 'Redirects and the addresses of new things are at the public origin, without a port or an inner name',
  does: 'looks at every redirect of a log-in, of a log-out, of a wrong redirect URL and of the start pages, and at what names a new user and a new application',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user'],
  look: LOOK.names,
  provenBy: ['inner-host', 'port-in-urls'],
  async run(lab, a) {
    const { origin } = lab.target;
    const isPublic = (address: string, what: string) =>
      expectThat(
        address.startsWith(`${origin}/`) || address.startsWith('/'),
        `${what} on ${a} names ${address.split('?')[0]}, which is not at ${origin}`,
      );
    const redirect = (answer: Answer) => isPublic(answer.expect(301, 302, 303, 307).location, answer.request);
    const app = await lab.application(a);
    const username = lab.newUsername();
    const password = newPassword();
    const created = (await lab.admin(a).post(USERS, { json: userBody(username, password) })).expect(201);
    isPublic(created.location, 'Location of a new user');
    isPublic(app.location, 'Location of a new application');
    isPublic(String(created.json<{ meta?: { location?: string } }>().meta?.location), 'meta.location of a new user');

    const browser = lab.client(a);
    redirect(await browser.get(authorizationPath(app)));
    redirect(await browser.get(authorizationPath(app, { redirect_uri: 'https://wrong.acceptance.invalid/' })));
    const key = await beginLogin(browser, app);
    isPublic(await sendPassword(browser, key, { username, password }), 'the answer to name and password');
    // These may be closed, and a log-out may ask first.
    for (const path of ['/', '/carbon/', '/oidc/logout']) {
      const { status, location, request } = await lab.client(a).raw(path);
      if (status >= 300 && status < 400) isPublic(location, request);
    }
  },
};
