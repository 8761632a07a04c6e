import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Context, HttpError, newId, requireAdministrator } from './context';

const PATH = '/api/fs/consent/manage/account-access-consents';
type Consent = { readonly id: string; readonly status: string };

/** Consents to accounts, as the accelerator has them. */
export function consentRoutes(app: FastifyInstance, context: Context): void {
  const { records } = context;

  const consentOf = async (request: FastifyRequest) => {
    await requireAdministrator(context, request);
    // No cache has them.
    const found = await records.fresh<Consent>('consent', (request.params as { id: string }).id);
    if (found === undefined) throw new HttpError(400, 'no such consent');
    return found;
  };
  const shown = ({ id, status }: Consent) => ({ Data: { ConsentId: id, Status: status } });

  app.post(PATH, async (request, reply) => {
    await requireAdministrator(context, request);
    const consent: Consent = { id: newId(), status: 'AwaitingAuthorisation' };
    await records.write('consent', consent.id, consent);
    return reply.status(201).send(shown(consent));
  });
  app.get(`${PATH}/:id`, async (request) => shown(await consentOf(request)));
  app.delete(`${PATH}/:id`, async (request, reply) => {
    const consent = await consentOf(request);
    await records.write('consent', consent.id, { ...consent, status: 'Revoked' });
    return reply.status(204).send();
  });
}
