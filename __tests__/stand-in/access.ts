import type { FastifyInstance, FastifyRequest } from 'fastify';
import { basicOf, type Context, formOf, HttpError, newId, now, requireAdministrator } from './context';
import { killTokens, requireClient, type Token } from './tokens';

/** What is asked about tokens and sessions, and what ends them. */
export function accessRoutes(app: FastifyInstance, context: Context): void {
  const { records } = context;

  const live = async (key: string) => {
    const token = await records.read<Token>('token', key);
    return token !== undefined && token.exp > now(context) ? token : undefined;
  };

  app.post('/oauth2/introspect', async (request) => {
    await requireClient(context, basicOf(request));
    const token = await live(formOf(request).token ?? '');
    if (token === undefined) return { active: false };
    const { user, clientId, scope, iat, exp } = token;
    return { active: true, client_id: clientId, scope, iat, exp, token_type: 'Bearer', username: user?.userName };
  });

  app.post('/oauth2/revoke', async (request) => {
    await requireClient(context, basicOf(request));
    const { token = '' } = formOf(request);
    await records.remove('token', token);
    await records.remove('refresh', token);
    return {};
  });

  app.get('/oauth2/userinfo', async (request) => {
    const token = await live((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (token?.user === undefined) throw new HttpError(401, 'invalid_token');
    return { sub: token.user.id };
  });

  app.post('/oauth2/par', async (request, reply) => {
    await requireClient(context, basicOf(request));
    const uri = `urn:ietf:params:oauth:par:request_uri:${newId()}`;
    await records.write('par', uri, formOf(request));
    return reply.status(201).send({ request_uri: uri, expires_in: 60 });
  });

  const sessionsOf = async (request: FastifyRequest) => {
    await requireAdministrator(context, request);
    const { user } = request.params as { user: string };
    const all = await records.list<{ userId: string }>('session');
    return { user, sessions: all.filter(([, { userId }]) => userId === user).map(([id]) => ({ id })) };
  };
  app.get('/api/users/v1/:user/sessions', sessionsOf);
  app.delete('/api/users/v1/:user/sessions', async (request, reply) => {
    const { user, sessions } = await sessionsOf(request);
    for (const { id } of sessions) await records.remove('session', id);
    await killTokens(context, (token) => token.user?.id === user);
    return reply.status(204).send();
  });
}
