import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Context, filterOf, HttpError, newId, placeOf, requireAdministrator } from './context';

const PATH = '/api/server/v1/identity-providers';
type Property = { readonly key: string; readonly value: string };
type Provider = {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** The client's secret, encrypted. */
  readonly sealed: string;
};

/** Identity providers, whose secrets are stored encrypted. */
export function identityProviderRoutes(app: FastifyInstance, context: Context): void {
  const { records, encryptionKey } = context;

  const providerOf = async (request: FastifyRequest) => {
    await requireAdministrator(context, request);
    const found = await records.read<Provider>('idp', (request.params as { id: string }).id);
    if (found === undefined) throw new HttpError(404, 'no such identity provider');
    return found;
  };

  app.post(PATH, async (request, reply) => {
    await requireAdministrator(context, request);
    const body = request.body as {
      name: string;
      federatedAuthenticators: { authenticators: { properties: Property[] }[] };
    };
    const properties = body.federatedAuthenticators.authenticators[0]?.properties ?? [];
    const secret = properties.find(({ key }) => key === 'ClientSecret')?.value ?? '';
    const provider: Provider = { id: newId(), name: body.name, sealed: seal(secret, encryptionKey) };
    await records.write('idp', provider.id, provider);
    return reply
      .status(201)
      .header('location', `${placeOf(context, request)}${PATH}/${provider.id}`)
      .send();
  });
  app.get(PATH, async (request) => {
    await requireAdministrator(context, request);
    const matches = filterOf(request);
    const found = (await records.list<Provider>('idp')).filter(([, { name }]) => matches(name));
    return { totalResults: found.length, identityProviders: found.map(([, { id, name }]) => ({ id, name })) };
  });
  app.get(`${PATH}/:id`, async (request) => {
    const { id, name, description } = await providerOf(request);
    return { id, name, description };
  });
  app.patch(`${PATH}/:id`, async (request) => {
    const provider = await providerOf(request);
    const [{ value }] = request.body as [{ value: string }];
    await records.write('idp', provider.id, { ...provider, description: value });
    return {};
  });
  app.delete(`${PATH}/:id`, async (request, reply) => {
    const { id } = await providerOf(request);
    await records.remove('idp', id);
    return reply.status(204).send();
  });
  app.get(`${PATH}/:id/federated-authenticators/:authenticator`, async (request) => {
    const { sealed } = await providerOf(request);
    return { properties: [{ key: 'ClientSecret', value: open(sealed, encryptionKey) }] };
  });
}

function seal(text: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws Error with another key than the one that sealed it */
function open(sealed: string, key: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
}
