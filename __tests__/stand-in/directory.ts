import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type Context,
  filterOf,
  HttpError,
  newId,
  placeOf,
  queryOf,
  requireAdministrator,
  requireUser,
  type UserRecord,
} from './context';
import { killTokens } from './tokens';

type Group = { readonly id: string; readonly displayName: string; readonly members: readonly string[] };
type Operation = { readonly value: Record<string, unknown> };
type Memberships = { readonly groups: object[]; readonly roles: object[] };

/** A secondary user store, without users. */
const STORE = 'PARTNERS';
const LOCK = 'urn:scim:wso2:schema';

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

/** Users, groups and roles, by SCIM. */
export function directoryRoutes(app: FastifyInstance, context: Context): void {
  const { records, defects, number } = context;

  const memberships = (id: string) =>
    records.cached<Memberships>('membership', id, async () => {
      const of = async (kind: string) =>
        (await records.list<Group>(kind))
          .filter(([, { members }]) => members.includes(id))
          .map(([value, { displayName }]) => ({ value, display: displayName }));
      return { groups: await of('group'), roles: await of('role') };
    });

  const shown = async (request: FastifyRequest, { id, userName, name, locked }: UserRecord) => ({
    id,
    userName,
    name,
    meta: { location: `${placeOf(context, request)}/scim2/Users/${id}` },
    [LOCK]: { accountLocked: locked },
    ...(await memberships(id)),
  });

  app.get('/scim2/Me', async (request) => shown(request, await requireUser(context, request)));

  app.post('/scim2/Users', async (request, reply) => {
    await requireAdministrator(context, request);
    const { userName, password, name } = request.body as UserRecord;
    const id = newId();
    const isNew = await records.insert('username', userName, { id });
    if (!isNew && !defects.has('double-create')) throw new HttpError(409, `${userName} exists`);
    const user: UserRecord = { id, userName, password, name, locked: false };
    await records.write('user', id, user);
    const body = await shown(request, user);
    return reply.status(201).header('location', body.meta.location).send(body);
  });
  app.get('/api/server/v1/userstores', async (request) => {
    await requireAdministrator(context, request);
    return defects.has('user-store-missing') && number === 2 ? [] : [{ id: 'UEFSVE5FUlM', name: STORE }];
  });
  app.get('/scim2/Users', async (request) => {
    await requireAdministrator(context, request);
    if (queryOf(request).domain === STORE) {
      if (defects.has('user-store-unreadable') && number === 2) throw new HttpError(500, `${STORE} cannot be read`);
      return { totalResults: 0 };
    }
    const matches = filterOf(request);
    const users = (await records.list<UserRecord>('user')).filter(([, { userName }]) => matches(userName));
    return { totalResults: users.length, Resources: users.map(([id, { userName }]) => ({ id, userName })) };
  });

  const userOf = async (request: FastifyRequest) => {
    await requireAdministrator(context, request);
    const user = await records.read<UserRecord>('user', idOf(request));
    if (user === undefined) throw new HttpError(404, 'no such user');
    return user;
  };
  app.get('/scim2/Users/:id', async (request) => shown(request, await userOf(request)));
  app.patch('/scim2/Users/:id', async (request) => {
    const user = await userOf(request);
    const { value = {} } = (request.body as { Operations: Operation[] }).Operations[0] ?? {};
    const lock = value[LOCK] as { accountLocked: boolean } | undefined;
    const { [LOCK]: _, ...plain } = value;
    const changed: UserRecord = { ...user, ...plain, ...(lock && { locked: lock.accountLocked }) };
    await records.write('user', user.id, changed);
    if (value.password !== undefined) await killTokens(context, (token) => token.user?.id === user.id);
    return shown(request, changed);
  });
  app.delete('/scim2/Users/:id', async (request, reply) => {
    const user = await userOf(request);
    await records.remove('user', user.id);
    await records.remove('username', user.userName);
    await killTokens(context, (token) => token.user?.id === user.id);
    return reply.status(204).send();
  });

  for (const [kind, path, attribute] of [
    ['group', '/scim2/Groups', 'members'],
    ['role', '/scim2/v2/Roles', 'users'],
  ] as const) {
    app.post(path, async (request, reply) => {
      await requireAdministrator(context, request);
      const { displayName } = request.body as Group;
      const group: Group = { id: newId(), displayName, members: [] };
      await records.write(kind, group.id, group);
      return reply.status(201).send(group);
    });
    app.get(path, async (request) => {
      await requireAdministrator(context, request);
      const matches = filterOf(request);
      const groups = (await records.list<Group>(kind)).filter(([, { displayName }]) => matches(displayName));
      return { totalResults: groups.length, Resources: groups.map(([, group]) => group) };
    });
    const groupOf = async (request: FastifyRequest) => {
      await requireAdministrator(context, request);
      const group = await records.read<Group>(kind, idOf(request));
      if (group === undefined) throw new HttpError(404, `no such ${kind}`);
      return group;
    };
    app.get(`${path}/:id`, groupOf);
    app.patch(`${path}/:id`, async (request) => {
      const group = await groupOf(request);
      const { value = {} } = (request.body as { Operations: Operation[] }).Operations[0] ?? {};
      const added = (value[attribute] as { value: string }[]).map((member) => member.value);
      const changed = { ...group, members: [...group.members, ...added] };
      await records.write(kind, group.id, changed);
      for (const member of added) await records.invalidate('membership', member);
      return changed;
    });
    app.delete(`${path}/:id`, async (request, reply) => {
      const group = await groupOf(request);
      await records.remove(kind, group.id);
      for (const member of group.members) await records.invalidate('membership', member);
      return reply.status(204).send();
    });
  }
}
