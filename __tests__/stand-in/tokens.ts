import type { FastifyInstance } from 'fastify';
import { SignJWT } from 'jose';
import {
  type ApplicationRecord,
  authenticate,
  basicOf,
  type Context,
  clientOf,
  formOf,
  HttpError,
  newSecret,
  now,
} from './context';

type Owner = { readonly id: string; readonly userName: string };
type Code = { readonly parameters: Record<string, string>; readonly user: Owner; readonly token?: string };
export type Token = {
  readonly clientId: string;
  readonly scope: string;
  readonly user?: Owner;
  readonly iat: number;
  readonly exp: number;
};
type Grant = { readonly status: number; readonly body: Record<string, unknown> };

const LIFETIME = 3600;
const LOGOUT_LIFETIME = 120;
const refusal = (error: string, status = 400): Grant => ({ status, body: { error } });

/** @returns the code */
export async function issueCode(
  { records }: Context,
  parameters: Record<string, string>,
  { id, userName }: Owner,
): Promise<string> {
  const code = newSecret();
  await records.write('code', code, { parameters, user: { id, userName } });
  return code;
}

/** Kills tokens for which `dies` holds. */
export async function killTokens({ records }: Context, dies: (token: Token) => boolean): Promise<void> {
  for (const kind of ['token', 'refresh']) {
    for (const [key, token] of await records.list<Token>(kind)) if (dies(token)) await records.remove(kind, key);
  }
}

/** @throws HttpError unless the request has the credentials of an application */
export async function requireClient(
  context: Context,
  authorization: [string, string] | undefined,
): Promise<ApplicationRecord> {
  const client = authorization && (await clientOf(context, authorization[0]));
  if (client === undefined || client.clientSecret !== authorization?.[1]) throw new HttpError(401, 'invalid_client');
  return client;
}

/** What an application is told of the end of a session. */
export function logoutToken(context: Context, client: ApplicationRecord, userId: string): Promise<string> {
  return new SignJWT({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
    .setProtectedHeader({ alg: 'RS256', kid: context.kid })
    .setIssuer(`${context.origin}/oauth2/token`)
    .setAudience(client.clientId)
    .setSubject(userId)
    .setIssuedAt(now(context))
    .setExpirationTime(now(context) + LOGOUT_LIFETIME)
    .sign(context.privateKey);
}

/** The token endpoint. */
export function tokenRoutes(app: FastifyInstance, context: Context): void {
  const { records } = context;

  const grants: Record<string, (client: ApplicationRecord, form: Record<string, string>) => Promise<Grant>> = {
    client_credentials: (client, { scope = '' }) => issue(client, scope, undefined, false),
    password: async (client, { username = '', password = '', scope = '' }) => {
      const user = await authenticate(context, username, password);
      return user === undefined ? refusal('invalid_grant') : issue(client, scope, user, true);
    },
    refresh_token: async (client, { refresh_token: key = '' }) => {
      const found = await records.read<Token>('refresh', key);
      if (found?.clientId !== client.clientId) return refusal('invalid_grant');
      await records.remove('refresh', key);
      await killTokens(context, (token) => token.user?.id === found.user?.id && token.scope === found.scope);
      return issue(client, found.scope, found.user, true);
    },
    authorization_code: async (client, { code = '', redirect_uri }) => {
      const found = await records.read<Code>('code', code);
      if (found?.parameters.client_id !== client.clientId) return refusal('invalid_grant');
      if (found.token !== undefined) {
        await records.remove('token', found.token);
        return refusal('invalid_grant');
      }
      if (found.parameters.redirect_uri !== redirect_uri) return refusal('invalid_grant');
      const grant = await issue(client, found.parameters.scope ?? '', found.user, true, found.parameters.nonce);
      await records.write('code', code, { ...found, token: grant.body.access_token });
      return grant;
    },
  };

  /** One valid token for one client, user and scope. */
  const issue = async (
    client: ApplicationRecord,
    scope: string,
    user: Owner | undefined,
    refreshable: boolean,
    nonce?: string,
  ): Promise<Grant> => {
    const { clientId } = client;
    const iat = now(context);
    const token: Token = { clientId, scope, iat, exp: iat + LIFETIME, ...(user && { user: ownerOf(user) }) };
    const existing = (await records.list<Token>('token')).find(
      ([, each]) => each.clientId === clientId && each.scope === scope && each.user?.id === user?.id,
    );
    const accessToken = existing?.[0] ?? newSecret();
    if (existing === undefined) await records.write('token', accessToken, token);
    const refreshToken = newSecret();
    if (refreshable) await records.write('refresh', refreshToken, token);
    const isOpenId = scope.split(' ').includes('openid') && user !== undefined;
    const body = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: LIFETIME,
      scope,
      ...(refreshable && { refresh_token: refreshToken }),
      ...(isOpenId && { id_token: await idToken(client, user, nonce) }),
    };
    return { status: 200, body };
  };

  const idToken = (client: ApplicationRecord, user: Owner, nonce: string | undefined) =>
    new SignJWT({ nonce })
      .setProtectedHeader({ alg: 'RS256', kid: context.kid })
      .setIssuer(`${context.origin}/oauth2/token`)
      .setAudience(client.clientId)
      .setSubject(user.id)
      .setIssuedAt(now(context))
      .setExpirationTime(now(context) + LIFETIME)
      .sign(context.privateKey);

  app.post('/oauth2/token', async (request, reply) => {
    const client = await requireClient(context, basicOf(request));
    const form = formOf(request);
    const { status, body } = (await grants[form.grant_type ?? '']?.(client, form)) ?? refusal('unsupported_grant_type');
    return reply.status(status).send(body);
  });
}

function ownerOf({ id, userName }: Owner): Owner {
  return { id, userName };
}
