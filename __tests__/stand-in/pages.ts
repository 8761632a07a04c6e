import type { FastifyInstance } from 'fastify';
import {
  baseOf,
  type Context,
  cookiesOf,
  newId,
  placeOf,
  requireAdministrator,
  SERVER_PORT,
  setCookie,
} from './context';

/** Pages, discovery, health, and what administrators read about the server. */
export function pageRoutes(app: FastifyInstance, context: Context): void {
  const { name, origin, defects, keys } = context;
  const sessions = new Set<string>();
  const html = (text: string) => `<!doctype html><title>Stand-in, no Identity Server</title>${text}`;

  app.get('/', (request, reply) => reply.redirect(`${placeOf(context, request)}/console/`));
  for (const path of ['/console/', '/carbon/']) {
    app.get(path, (_, reply) => {
      const place = defects.has('console-port') ? `${origin}:${SERVER_PORT}` : origin;
      return reply.type('text/html').send(html(`<script>var serverOriginGlobal = "${place}";</script>`));
    });
  }
  app.get('/myaccount/', (_, reply) => {
    const place = defects.has('my-account-port') ? `${origin}:${SERVER_PORT}` : origin;
    return reply.type('text/html').send(html(`<script>var serverOriginGlobal = "${place}";</script>`));
  });
  app.get('/authenticationendpoint/login.do', (request, reply) => {
    const shown = cookiesOf(request).JSESSIONID;
    if (shown === undefined || !sessions.has(shown)) {
      const session = newId();
      sessions.add(session);
      setCookie(context, reply, 'JSESSIONID', session);
    }
    return reply.type('text/html').send(html('<form action="/commonauth" method="post"></form>'));
  });
  app.get('/authenticationendpoint/oauth2_error.do', (_, reply) => reply.type('text/html').send(html('error')));
  app.get('/consentmgr/scp_oauth2_authorize', (request, reply) => {
    const place = baseOf(context, request);
    const port = defects.has('portal-port') ? `:${SERVER_PORT}` : '';
    const back = encodeURIComponent(`${place}${port}/consentmgr/scp_oauth2_callback`);
    return reply.redirect(`${place}/oauth2/authorize?redirect_uri=${back}`);
  });

  app.get('/api/health-check/v1.0/health', () => ({ health: [{ name: 'DataSourceHealthChecker', healthy: true }] }));
  app.get('/t/carbon.super/api/health-check/v1.0/health', () => ({ health: [] }));
  for (const path of ['/services/', '/t/carbon.super/services/']) app.get(path, () => html('services'));
  app.get('/probe/health', () => ({ status: 'UP' }));

  const discovery = ['/oauth2/token', '/oauth2/oidcdiscovery'].map(
    (path) => `${path}/.well-known/openid-configuration`,
  );
  for (const path of discovery) {
    app.get(path, (request) => {
      const base = baseOf(context, request);
      const endpoint = (end: string) => `${base}${end}`;
      return {
        issuer: endpoint(`/oauth2/token${defects.has('issuer-differs') ? `/${name}` : ''}`),
        authorization_endpoint: endpoint('/oauth2/authorize'),
        token_endpoint: endpoint('/oauth2/token'),
        userinfo_endpoint: endpoint('/oauth2/userinfo'),
        introspection_endpoint: endpoint('/oauth2/introspect'),
        revocation_endpoint: endpoint('/oauth2/revoke'),
        pushed_authorization_request_endpoint: endpoint('/oauth2/par'),
        end_session_endpoint: endpoint('/oidc/logout'),
        jwks_uri: endpoint('/oauth2/jwks'),
        response_types_supported: context.number % 2 ? ['code', 'id_token'] : ['id_token', 'code'],
      };
    });
  }
  app.get('/oauth2/jwks', () => keys);

  for (const path of ['/api/server/v1/configs', '/api/server/v1/identity-governance']) {
    app.get(path, async (request) => {
      await requireAdministrator(context, request);
      return { realmConfig: { adminUser: 'admin' }, ...(defects.has('config-differs') && { setBy: name }) };
    });
  }
}
