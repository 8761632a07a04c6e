import { randomBytes } from 'node:crypto';
import type { Client } from '../client';
import type { Credentials } from '../target';

/** A user of the suite. */
export interface User extends Credentials {
  readonly id: string;
}

export interface Member {
  readonly value: string;
  readonly display: string;
}

interface ListOf<T> {
  readonly totalResults: number;
  readonly Resources?: readonly T[];
}

export const USERS = '/scim2/Users';
export const GROUPS = '/scim2/Groups';
export const ROLES = '/scim2/v2/Roles';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** Where the lock stands. */
const ACCOUNT = 'urn:scim:wso2:schema';

/** Has one of each kind of character that a password policy may ask for. */
export function newPassword(): string {
  return `Aa1-${randomBytes(9).toString('base64url')}`;
}

/** @param username where user names must be e-mail addresses, one of those */
export async function createUser(admin: Client, username: string): Promise<User> {
  const password = newPassword();
  const answer = await admin.post(USERS, { json: userBody(username, password) });
  return { id: answer.expect(201).json<{ id: string }>().id, username, password };
}

export function userBody(username: string, password: string): Record<string, unknown> {
  const name = { givenName: 'Acceptance', familyName: 'Suite' };
  return { schemas: [], userName: username, password, name, emails: [`${username.split('@')[0]}@acceptance.invalid`] };
}

export async function replace(admin: Client, path: string, value: Record<string, unknown>): Promise<void> {
  const json = { schemas: [PATCH], Operations: [{ op: 'replace', value }] };
  (await admin.send(path, { method: 'PATCH', json })).expect(200, 204);
}

export function setPassword(admin: Client, user: User, password: string): Promise<void> {
  return replace(admin, `${USERS}/${user.id}`, { password });
}

export function setLocked(admin: Client, user: User, accountLocked: boolean): Promise<void> {
  return replace(admin, `${USERS}/${user.id}`, { [ACCOUNT]: { accountLocked } });
}

export async function addMember(admin: Client, path: string, user: User, attribute = 'members'): Promise<void> {
  const value = { [attribute]: [{ value: user.id, display: user.username }] };
  const json = { schemas: [PATCH], Operations: [{ op: 'add', value }] };
  (await admin.send(path, { method: 'PATCH', json })).expect(200, 204);
}

/** Names of the groups or roles that a user has according to a node. */
export async function belongsTo(admin: Client, user: User, attribute: 'groups' | 'roles'): Promise<string[]> {
  const body = (await admin.get(`${USERS}/${user.id}`)).expect(200).json<{ groups?: Member[]; roles?: Member[] }>();
  return (body[attribute] ?? []).map(({ display }) => display);
}

/** @returns its id */
export async function createNamed(admin: Client, path: string, displayName: string): Promise<string> {
  return (await admin.post(path, { json: { schemas: [], displayName } })).expect(201).json<{ id: string }>().id;
}

/** Ids of the users, groups or roles that a filter finds. */
export async function found(admin: Client, path: string, filter: string): Promise<string[]> {
  const answer = await admin.get(`${path}?count=100&filter=${encodeURIComponent(filter)}`);
  const { Resources = [] } = answer.expect(200).json<ListOf<{ id: string }>>();
  return Resources.map(({ id }) => id);
}

export async function remove(admin: Client, path: string): Promise<void> {
  (await admin.send(path, { method: 'DELETE' })).expect(204, 404);
}
