import { randomBytes } from 'node:crypto';
import type { Answer } from '../answer';
import type { Client } from '../client';
import type { Credentials } from '../target';
import type { Application } from './applications';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
  readonly expires_in: number;
}

export interface Introspection {
  readonly active: boolean;
  readonly sub?: string;
  readonly username?: string;
  readonly client_id?: string;
  readonly exp?: number;
}

/** A scope that no token had before: a second token of the same scope would be the first one again. */
export function newScope(): string {
  return `device_${randomBytes(6).toString('hex')}`;
}

export function credentialsOf({ clientId, secret }: Application): Credentials {
  return { username: clientId, password: secret };
}

/** Asks for tokens; the answer may be a refusal. */
export function askForTokens(client: Client, app: Application, form: Record<string, string>): Promise<Answer> {
  return client.post('/oauth2/token', { basic: credentialsOf(app), form });
}

export async function clientToken(client: Client, app: Application, scope = newScope()): Promise<Tokens> {
  const answer = await askForTokens(client, app, { grant_type: 'client_credentials', scope });
  return answer.expect(200).json<Tokens>();
}

/** With the scope `openid` and one of its own. */
export function askAsUser(client: Client, app: Application, user: Credentials): Promise<Answer> {
  const scope = `openid ${newScope()}`;
  return askForTokens(client, app, { grant_type: 'password', ...user, scope });
}

export async function userTokens(client: Client, app: Application, user: Credentials): Promise<Tokens> {
  return (await askAsUser(client, app, user)).expect(200).json<Tokens>();
}

export function redeem(client: Client, app: Application, code: string): Promise<Answer> {
  return askForTokens(client, app, { grant_type: 'authorization_code', code, redirect_uri: app.callback });
}

export function refresh(client: Client, app: Application, token: string): Promise<Answer> {
  return askForTokens(client, app, { grant_type: 'refresh_token', refresh_token: token });
}

export async function introspect(client: Client, app: Application, token: string): Promise<Introspection> {
  const answer = await client.post('/oauth2/introspect', { basic: credentialsOf(app), form: { token } });
  return answer.expect(200).json<Introspection>();
}

export async function revoke(client: Client, app: Application, token: string): Promise<void> {
  (await client.post('/oauth2/revoke', { basic: credentialsOf(app), form: { token } })).expect(200);
}

/** The error of a refusal, such as `invalid_grant`. */
export function errorOf(answer: Answer): string | undefined {
  return answer.json<{ error?: string }>().error;
}

/** What a token says about itself. Whether that is true, somebody else must verify. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}
