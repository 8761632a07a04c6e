import type { Check } from '../check';
import { expectThat, Unclear } from '../outcome';
import { authorizationPath, beginLogin } from '../product/login';

/** Scripts of a client read it by design: session management of OpenID Connect. */
const READ_BY_SCRIPTS = ['opbs'];
/** Whose cookies carry a session. */
const SESSIONS = ['commonAuthId', 'JSESSIONID', 'ISROUTE', 'opbs'];

export const check: Check = {
  id: 'N5',
  promise: 'Cookies of a log-in are Secure, and no script reads those of the session',
  does: 'logs in through A and looks at the attributes of every cookie that carries a session',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a user'],
  look: "session cookies: [transport.https] and [session] in deployment.toml; ISROUTE is the load balancer's",
  provenBy: ['weak-cookies'],
  async run(lab, a) {
    const app = await lab.application(a);
    const user = await lab.user(a);
    const seen = new Map<string, string>();
    const browser = lab.client(a);
    const note = (cookies: readonly string[]) => {
      for (const cookie of cookies) seen.set(cookie.split('=')[0] as string, cookie);
    };
    note((await lab.client().raw(authorizationPath(app))).setCookies);
    const key = await beginLogin(browser, app);
    const answer = await browser.post('/commonauth', { form: { ...user, sessionDataKey: key } });
    note(answer.setCookies);
    note((await browser.get(answer.expect(302).location)).setCookies);
    note((await lab.client(a).get('/authenticationendpoint/login.do')).setCookies);
    if (!seen.has('commonAuthId')) throw new Unclear('the log-in set no cookie commonAuthId');
    for (const [name, cookie] of seen) {
      if (!SESSIONS.includes(name)) continue;
      expectThat(/;\s*secure/i.test(cookie), `${name} of ${a} is not Secure`);
      if (!READ_BY_SCRIPTS.includes(name)) {
        expectThat(/;\s*httponly/i.test(cookie), `${name} of ${a} is not HttpOnly`);
      }
    }
  },
};
