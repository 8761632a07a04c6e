import { parameter } from '../answer';
import { type Check, LOOK } from '../check';
import { Broken, expectThat } from '../outcome';
import { authorizationPath } from '../product/login';
import { credentialsOf } from '../product/tokens';

export const check: Check = {
  id: 'T7',
  promise: 'An authorization request that was pushed to one node is good on another',
  does: 'pushes a request (PAR) to A and begins the log-in at B',
  needs: ['openid', 'management', 'affinity'],
  makes: ['an application', 'a pushed request'],
  look: LOOK.database,
  provenBy: ['local:par'],
  async run(lab, a, b) {
    const app = await lab.application(a);
    const query = new URLSearchParams(authorizationPath(app).split('?')[1]);
    query.delete('client_id');
    const pushed = await lab.client(a).post('/oauth2/par', {
      basic: credentialsOf(app),
      form: { ...Object.fromEntries(query), client_id: app.clientId },
    });
    const { request_uri: uri } = pushed.expect(200, 201).json<{ request_uri?: string }>();
    if (uri === undefined) throw new Broken(`${pushed.request} gave no request_uri`);
    const begin = new URLSearchParams({ client_id: app.clientId, request_uri: uri });
    const { location, request } = (await lab.client(b).get(`/oauth2/authorize?${begin}`)).expect(302);
    const error = parameter(location, 'oauthErrorCode') ?? parameter(location, 'error');
    expectThat(error === undefined, `${request} refuses a request that was pushed to ${a}: ${error}`);
    expectThat(
      /login\.do/.test(location),
      `${request} does not go to the log-in page, but to ${location.split('?')[0]}`,
    );
  },
};
