import type { JSONWebKeySet } from 'jose';
import { BackChannel } from '../back-channel';
import type { Check } from '../check';
import type { Lab } from '../lab';
import { Broken, expectThat } from '../outcome';
import { logIn, logOut } from '../product/login';
import { redeem, type Tokens } from '../product/tokens';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export const check: Check = {
  id: 'S6',
  promise: 'A log-out on one node is reported once to an application that was logged in to through another',
  does: 'logs in through A to an application with a back-channel log-out URL, logs out through B, and waits for one logout token',
  needs: ['openid', 'management', 'affinity', 'back-channel'],
  makes: ['an application', 'a user', 'a session', 'tokens'],
  look: 'whether the nodes reach BACK_CHANNEL (firewalls, "make network-rules"), and [session_data.persistence] in deployment.toml',
  provenBy: ['bcl-lost', 'bcl-twice', 'local:session', 'keys-differ'],
  async run(lab, a, b) {
    const channel = await BackChannel.open(lab.options.backChannel ?? '');
    try {
      await logOutElsewhere(lab, a, b, channel);
    } finally {
      await channel.close();
    }
  },
};

async function logOutElsewhere(lab: Lab, a: string, b: string, channel: BackChannel): Promise<void> {
  const app = await lab.application(a, channel.url);
  const browser = lab.client(a);
  const code = await logIn(browser, app, await lab.user(a));
  const { id_token = '' } = (await redeem(lab.client(a), app, code)).expect(200).json<Tokens>();
  await logOut(browser.moveTo(b), app, id_token);
  await lab.within(`${b} reports a log-out`, async () =>
    channel.tokens.length > 0 ? undefined : `${b} did not report the log-out from a session of ${a}`,
  );
  await lab.settle();
  const [token = '', ...others] = channel.tokens;
  expectThat(others.length === 0, `one log-out at ${b} was reported ${others.length + 1} times`);
  const keys = (await lab.client(a).get('/oauth2/jwks')).expect(200).json<JSONWebKeySet>();
  // An ES module alone, which not every Node.js lets us require.
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const issuer = `${lab.target.origin}/oauth2/token`;
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { issuer, audience: app.clientId }).catch(
    (error: Error) => {
      throw new Broken(`the logout token of ${b} does not verify with the keys of ${a}: ${error.message}`);
    },
  );
  const isLogout = Object.keys((payload.events as object | undefined) ?? {}).includes(EVENT);
  expectThat(isLogout, `what ${b} reported is no logout token: its events lack ${EVENT}`);
}
