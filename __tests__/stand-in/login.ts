import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  authenticate,
  type Context,
  clientOf,
  cookiesOf,
  formOf,
  HttpError,
  newId,
  placeOf,
  queryOf,
  setCookie,
  type UserRecord,
} from './context';
import { issueCode, logoutToken } from './tokens';

type Login = { readonly parameters: Record<string, string>; readonly user?: { id: string; userName: string } };
type Session = { readonly userId: string; readonly userName: string; readonly clientId?: string };

/** Authorization requests, the log-in pages' own calls, log-out, and the log-in of apps. */
export function loginRoutes(app: FastifyInstance, context: Context): void {
  const { records, defects } = context;

  const answer = (reply: FastifyReply, { redirect_uri = '', state }: Record<string, string>, result: object) => {
    const query = new URLSearchParams({ ...result, ...(state !== undefined && { state }) });
    return reply.redirect(`${redirect_uri}?${query}`);
  };

  const authorize = async (request: FastifyRequest, reply: FastifyReply, sent: Record<string, string>) => {
    if (sent.sessionDataKey !== undefined) return resume(reply, sent.sessionDataKey);
    const parameters = await pushed(sent);
    const client = parameters && (await clientOf(context, parameters.client_id));
    const place = placeOf(context, request);
    const refuse = (code: string) =>
      reply.redirect(`${place}/authenticationendpoint/oauth2_error.do?oauthErrorCode=${code}`);
    if (parameters === undefined) return refuse('invalid_request');
    if (client === undefined) return refuse('invalid_client');
    if (!client.callbackURLs.includes(parameters.redirect_uri ?? '')) return refuse('invalid_callback');
    if (parameters.response_mode === 'direct') {
      const flowId = newId();
      await records.write('login', flowId, { parameters });
      const authenticators = [{ authenticatorId: 'QmFzaWNBdXRoZW50aWNhdG9yOkxPQ0FM' }];
      return { flowId, flowStatus: 'INCOMPLETE', nextStep: { authenticators } };
    }
    const session = await records.read<Session>('session', cookiesOf(request).commonAuthId ?? '');
    if (session !== undefined) {
      const user = { id: session.userId, userName: session.userName };
      return answer(reply, parameters, { code: await issueCode(context, parameters, user) });
    }
    if (parameters.prompt === 'none') return answer(reply, parameters, { error: 'login_required' });
    const key = newId();
    await records.write('login', key, { parameters });
    setCookie(context, reply, `sessionNonceCookie-${key}`, newId());
    return reply.redirect(`${place}/authenticationendpoint/login.do?sessionDataKey=${key}`);
  };

  /** The parameters that were pushed before, where there are some. */
  const pushed = async (sent: Record<string, string>) =>
    sent.request_uri === undefined ? sent : records.fresh<Record<string, string>>('par', sent.request_uri);

  const resume = async (reply: FastifyReply, key: string) => {
    const login = await records.fresh<Login>('login', key);
    if (login?.user === undefined) throw new HttpError(400, 'the log-in is not known');
    await records.remove('login', key);
    return answer(reply, login.parameters, { code: await issueCode(context, login.parameters, login.user) });
  };

  const begin = async (reply: FastifyReply, { id: userId, userName }: UserRecord, clientId?: string) => {
    const session = newId();
    await records.write('session', session, { userId, userName, clientId });
    setCookie(context, reply, 'commonAuthId', session);
  };

  app.get('/oauth2/authorize', (request, reply) => authorize(request, reply, queryOf(request)));
  app.post('/oauth2/authorize', (request, reply) => authorize(request, reply, formOf(request)));

  app.post('/commonauth', async (request, reply) => {
    const { sessionDataKey: key = '', username = '', password = '' } = formOf(request);
    const place = placeOf(context, request);
    const login = await records.fresh<Login>('login', key);
    const known = login !== undefined && cookiesOf(request)[`sessionNonceCookie-${key}`] !== undefined;
    const user = known ? await authenticate(context, username, password) : undefined;
    if (user === undefined) {
      return reply.redirect(`${place}/authenticationendpoint/login.do?authFailure=true&sessionDataKey=${key}`);
    }
    await records.write('login', key, { ...login, user: { id: user.id, userName: user.userName } });
    await begin(reply, user, login?.parameters.client_id);
    return reply.redirect(`${place}/oauth2/authorize?sessionDataKey=${key}`);
  });

  app.post('/oauth2/authn', async (request, reply) => {
    const { flowId, selectedAuthenticator } = request.body as {
      flowId: string;
      selectedAuthenticator: { params: { username: string; password: string } };
    };
    const login = await records.fresh<Login>('login', flowId);
    if (login === undefined) throw new HttpError(400, 'the flow is not known');
    const { username, password } = selectedAuthenticator.params;
    const user = await authenticate(context, username, password);
    if (user === undefined) return { flowId, flowStatus: 'FAIL_INCOMPLETE' };
    await records.remove('login', flowId);
    await begin(reply, user);
    const code = await issueCode(context, login.parameters, user);
    return { flowStatus: 'SUCCESS_COMPLETED', authData: { code } };
  });

  /** Tells the application of a session that it has ended. */
  const report = async ({ clientId, userId }: Session) => {
    const client = await clientOf(context, clientId);
    if (client?.backChannel === undefined || defects.has('bcl-lost')) return;
    const body = new URLSearchParams({ logout_token: await logoutToken(context, client, userId) });
    // Whoever logs out does not wait for it.
    const send = () => fetch(client.backChannel ?? '', { method: 'POST', body }).catch(() => {});
    void send();
    if (defects.has('bcl-twice')) void send();
  };

  app.get('/oidc/logout', async (request, reply) => {
    const { post_logout_redirect_uri: back } = queryOf(request);
    if (back === undefined) {
      return reply.redirect(`${placeOf(context, request)}/authenticationendpoint/oauth2_error.do`);
    }
    const key = cookiesOf(request).commonAuthId ?? '';
    const session = await records.read<Session>('session', key);
    await records.remove('session', key);
    if (session !== undefined) await report(session);
    setCookie(context, reply, 'commonAuthId', '');
    return reply.redirect(back);
  });
}
