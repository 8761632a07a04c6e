import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ApplicationRecord,
  type Context,
  filterOf,
  HttpError,
  newId,
  newSecret,
  placeOf,
  requireAdministrator,
} from './context';
import { killTokens } from './tokens';

const PATH = '/api/server/v1/applications';
type Oidc = Pick<ApplicationRecord, 'callbackURLs' | 'grantTypes'> & {
  readonly logout?: { readonly backChannelLogoutUrl?: string };
};
const NO_PROTOCOL: Oidc = { callbackURLs: [], grantTypes: [] };

/** Applications, as the product's REST interface has them. */
export function applicationRoutes(app: FastifyInstance, context: Context): void {
  const { records, defects } = context;

  const applicationOf = async (request: FastifyRequest) => {
    await requireAdministrator(context, request);
    const found = await records.read<ApplicationRecord>('application', (request.params as { id: string }).id);
    if (found === undefined) throw new HttpError(404, 'no such application');
    return found;
  };

  app.post(PATH, async (request, reply) => {
    await requireAdministrator(context, request);
    const body = request.body as { name: string; inboundProtocolConfiguration?: { oidc: Oidc } };
    const id = newId();
    const isNew = await records.insert('application-name', body.name, { id });
    if (!isNew && !defects.has('double-create')) throw new HttpError(409, 'APP-60007');
    const { callbackURLs, grantTypes, logout } = body.inboundProtocolConfiguration?.oidc ?? NO_PROTOCOL;
    const secrets = { clientId: newSecret(), clientSecret: newSecret() };
    const backChannel = logout?.backChannelLogoutUrl;
    await records.write('application', id, { id, name: body.name, callbackURLs, grantTypes, backChannel, ...secrets });
    await records.write('application', `client:${secrets.clientId}`, { id });
    return reply
      .status(201)
      .header('location', `${placeOf(context, request)}${PATH}/${id}`)
      .send();
  });
  app.get(PATH, async (request) => {
    await requireAdministrator(context, request);
    const matches = filterOf(request);
    const all = await records.list<ApplicationRecord>('application');
    const found = all.filter(([key, { name }]) => !key.startsWith('client:') && matches(name));
    return { totalResults: found.length, applications: found.map(([, { id, name }]) => ({ id, name })) };
  });
  app.get(`${PATH}/:id`, async (request) => {
    const { id, name } = await applicationOf(request);
    return { id, name };
  });
  app.delete(`${PATH}/:id`, async (request, reply) => {
    const { id, name, clientId } = await applicationOf(request);
    if (!defects.has('keeps-deleted')) {
      await records.remove('application', id);
      await records.remove('application', `client:${clientId}`);
      await records.remove('application-name', name);
      await killTokens(context, (token) => token.clientId === clientId);
    }
    return reply.status(204).send();
  });
  app.get(`${PATH}/:id/inbound-protocols/oidc`, async (request) => {
    const { clientId, clientSecret, callbackURLs, grantTypes } = await applicationOf(request);
    return { clientId, clientSecret, callbackURLs, grantTypes };
  });
  app.put(`${PATH}/:id/inbound-protocols/oidc`, async (request) => {
    const found = await applicationOf(request);
    const { callbackURLs, grantTypes } = request.body as Oidc;
    await records.write('application', found.id, { ...found, callbackURLs, grantTypes });
    return {};
  });
  app.post(`${PATH}/:id/inbound-protocols/oidc/regenerate-secret`, async (request) => {
    const found = await applicationOf(request);
    const clientSecret = newSecret();
    await records.write('application', found.id, { ...found, clientSecret });
    return { clientId: found.clientId, clientSecret };
  });
}
