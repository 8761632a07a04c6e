import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CryptoKey, JSONWebKeySet } from 'jose';
import type { Defects } from './defects';
import type { Records } from './records';

/** What the routes of one node work with. */
export interface Context {
  readonly name: string;
  readonly number: number;
  readonly origin: string;
  readonly defects: Defects;
  readonly records: Records;
  readonly privateKey: CryptoKey;
  readonly kid: string;
  readonly keys: JSONWebKeySet;
  readonly encryptionKey: Buffer;
}

export type UserRecord = {
  readonly id: string;
  readonly userName: string;
  readonly password: string;
  readonly locked: boolean;
  readonly roles?: readonly string[];
  readonly name?: { readonly givenName: string; readonly familyName: string };
};

export type ApplicationRecord = {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackURLs: readonly string[];
  readonly grantTypes: readonly string[];
  /** Where log-outs are reported. */
  readonly backChannel?: string;
};

type Fields = Record<string, string>;

export const SERVER_PORT = 9446;

export function newId(): string {
  return randomUUID();
}

export function newSecret(): string {
  return randomBytes(18).toString('base64url');
}

/** Seconds since 1970, by the clock of this node. */
export function now({ defects, number }: Context): number {
  return Math.floor(Date.now() / 1000) + (defects.has('clock-skew') ? number * 30 : 0);
}

/** The URL that the server believes to have. */
export function baseOf({ origin, defects }: Context, request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-host'];
  if (defects.has('trusts-forwarded') && forwarded) return `https://${forwarded}`;
  return defects.has('port-in-urls') ? `${origin}:${SERVER_PORT}` : origin;
}

/** The URL to which it redirects. */
export function placeOf(context: Context, request: FastifyRequest): string {
  return context.defects.has('inner-host') ? `https://${context.name}:${SERVER_PORT}` : baseOf(context, request);
}

export function queryOf(request: FastifyRequest): Fields {
  return request.query as Fields;
}

export function formOf(request: FastifyRequest): Fields {
  return (request.body ?? {}) as Fields;
}

export function cookiesOf(request: FastifyRequest): Fields {
  return Object.fromEntries((request.headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}

export function setCookie({ defects }: Context, reply: FastifyReply, name: string, value: string): void {
  const attributes = defects.has('weak-cookies') ? 'Path=/' : 'Path=/; Secure; HttpOnly; SameSite=None';
  reply.header('set-cookie', `${name}=${value}; ${attributes}${value === '' ? '; Max-Age=0' : ''}`);
}

export function basicOf(request: FastifyRequest): [string, string] | undefined {
  const [kind, value = ''] = (request.headers.authorization ?? '').split(' ');
  if (kind !== 'Basic') return undefined;
  const [username = '', password = ''] = Buffer.from(value, 'base64').toString('utf8').split(/:(.*)/s);
  return [username, password];
}

/** What Fastify answers with. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** `attribute sw value` or `attribute eq value`, as a test of that attribute. */
export function filterOf(request: FastifyRequest): (value: string) => boolean {
  const [, operator, wanted = ''] = /^\S+ (eq|sw) "?([^"]*)"?$/.exec(queryOf(request).filter ?? '') ?? [];
  if (operator === undefined) return () => true;
  return (value) => (operator === 'eq' ? value === wanted : value.startsWith(wanted));
}

const rightOnce = new Set<string>();

/** The user, when name and password are right and the account is open. */
export async function authenticate(
  { records, defects, name }: Context,
  username: string,
  password: string,
): Promise<UserRecord | undefined> {
  const found = await records.fresh<{ id: string }>('username', username);
  const stored = found && (await records.fresh<UserRecord>('user', found.id));
  if (stored === undefined) return undefined;
  // The password is read from the database, everything else about a user from the cache.
  const memory = `${name} ${stored.id} ${password}`;
  if (stored.password !== password && !(defects.has('cached-passwords') && rightOnce.has(memory))) return undefined;
  rightOnce.add(memory);
  const user = await records.read<UserRecord>('user', stored.id);
  return user === undefined || user.locked ? undefined : user;
}

/** @throws HttpError unless the request is an administrator's */
export async function requireAdministrator(context: Context, request: FastifyRequest): Promise<UserRecord> {
  const user = await requireUser(context, request);
  if (!user.roles?.includes('admin') && !context.defects.has('everybody-is-admin'))
    throw new HttpError(403, 'forbidden');
  return user;
}

/** @throws HttpError unless the request has the credentials of a user */
export async function requireUser(context: Context, request: FastifyRequest): Promise<UserRecord> {
  const basic = basicOf(request);
  const user = basic && (await authenticate(context, ...basic));
  if (user !== undefined) return user;
  if (context.defects.has('open-admin')) return { id: '', userName: '', password: '', locked: false, roles: ['admin'] };
  throw new HttpError(401, 'unauthorized');
}

/** The application of a client id; there is an index beside the record. */
export async function clientOf({ records }: Context, clientId = ''): Promise<ApplicationRecord | undefined> {
  const index = await records.cached('application', `client:${clientId}`, () =>
    records.fresh<{ id: string }>('application', `client:${clientId}`),
  );
  return index && records.read<ApplicationRecord>('application', index.id);
}
