import type { Client } from '../client';
import { Broken } from '../outcome';

/** An application of the suite, as the product's REST interface has it. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly secret: string;
  readonly callback: string;
  /** What its creation was answered with. */
  readonly location: string;
}

interface OidcConfiguration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackURLs: readonly string[];
}

export const APPLICATIONS = '/api/server/v1/applications';
const GRANTS = ['authorization_code', 'client_credentials', 'password', 'refresh_token'];

/** Nobody listens there: an answer's address is read, never called. */
export function callbackOf(name: string): string {
  return `https://${name}.acceptance.invalid/callback`;
}

/** @param backChannelLogoutUrl where nodes are to report log-outs. @default - nowhere */
export async function createApplication(
  admin: Client,
  name: string,
  backChannelLogoutUrl?: string,
): Promise<Application> {
  const callback = callbackOf(name);
  const logout = backChannelLogoutUrl && { logout: { backChannelLogoutUrl } };
  const answer = await admin.post(APPLICATIONS, {
    json: {
      name,
      inboundProtocolConfiguration: {
        oidc: { grantTypes: GRANTS, callbackURLs: [callback], publicClient: false, ...logout },
      },
      advancedConfigurations: { skipLoginConsent: true, skipLogoutConsent: true, enableAPIBasedAuthentication: true },
    },
  });
  answer.expect(201);
  const id = idIn(answer.location);
  const { clientId, clientSecret } = await oidcOf(admin, id);
  return { id, name, callback, location: answer.location, clientId, secret: clientSecret };
}

export async function oidcOf(admin: Client, id: string): Promise<OidcConfiguration> {
  return (await admin.get(`${APPLICATIONS}/${id}/inbound-protocols/oidc`)).expect(200).json<OidcConfiguration>();
}

/** Puts another redirect URL in the place of the old one. */
export async function changeCallback(admin: Client, { id }: Application, callback: string): Promise<void> {
  const current = await oidcOf(admin, id);
  const json = { ...current, callbackURLs: [callback] };
  (await admin.send(`${APPLICATIONS}/${id}/inbound-protocols/oidc`, { method: 'PUT', json })).expect(200);
}

/** @returns the new secret */
export async function regenerateSecret(admin: Client, { id }: Application): Promise<string> {
  const path = `${APPLICATIONS}/${id}/inbound-protocols/oidc/regenerate-secret`;
  const { clientSecret } = (await admin.post(path, { json: {} })).expect(200).json<OidcConfiguration>();
  return clientSecret ?? (await oidcOf(admin, id)).clientSecret;
}

export async function deleteApplication(admin: Client, id: string): Promise<void> {
  (await admin.send(`${APPLICATIONS}/${id}`, { method: 'DELETE' })).expect(204);
}

/** Status of a look at the application. */
export async function applicationStatus(admin: Client, id: string): Promise<number> {
  return (await admin.get(`${APPLICATIONS}/${id}`)).expect(200, 404).status;
}

/** Ids of the applications whose name begins so. */
export async function applicationsNamed(admin: Client, prefix: string): Promise<string[]> {
  const answer = await admin.get(`${APPLICATIONS}?limit=100&filter=${encodeURIComponent(`name sw ${prefix}`)}`);
  const { applications = [] } = answer.expect(200).json<{ applications?: { id: string }[] }>();
  return applications.map(({ id }) => id);
}

/** The last part of the address of something that was created. */
export function idIn(location: string): string {
  const id = location.split('?')[0]?.split('/').at(-1);
  if (!id) throw new Broken('what was created has no address: the answer has no Location');
  return id;
}
