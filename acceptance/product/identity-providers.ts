import type { Client } from '../client';
import { idIn } from './applications';

export const IDENTITY_PROVIDERS = '/api/server/v1/identity-providers';
/** OpenIDConnectAuthenticator, as the interface names it. */
const AUTHENTICATOR = 'T3BlbklEQ29ubmVjdEF1dGhlbnRpY2F0b3I';

/** Creates a provider that nobody can log in with. @returns its id */
export async function createIdentityProvider(admin: Client, name: string, secret: string): Promise<string> {
  const properties = {
    ClientId: name,
    ClientSecret: secret,
    OAuth2AuthzEPUrl: 'https://idp.acceptance.invalid/authorize',
    OAuth2TokenEPUrl: 'https://idp.acceptance.invalid/token',
    callbackUrl: 'https://idp.acceptance.invalid/commonauth',
  };
  const authenticator = {
    authenticatorId: AUTHENTICATOR,
    isEnabled: true,
    properties: Object.entries(properties).map(([key, value]) => ({ key, value })),
  };
  const federatedAuthenticators = { defaultAuthenticatorId: AUTHENTICATOR, authenticators: [authenticator] };
  const answer = await admin.post(IDENTITY_PROVIDERS, { json: { name, federatedAuthenticators } });
  return idIn(answer.expect(201).location);
}

/** The secret as it is decrypted by the node that is asked. */
export async function secretOf(admin: Client, id: string): Promise<string | undefined> {
  const path = `${IDENTITY_PROVIDERS}/${id}/federated-authenticators/${AUTHENTICATOR}`;
  const answer = (await admin.get(path)).expect(200);
  const { properties = [] } = answer.json<{ properties?: { key: string; value: string }[] }>();
  return properties.find(({ key }) => key === 'ClientSecret')?.value;
}

export async function describe(admin: Client, id: string, value: string): Promise<void> {
  const json = [{ operation: 'REPLACE', path: '/description', value }];
  (await admin.send(`${IDENTITY_PROVIDERS}/${id}`, { method: 'PATCH', json })).expect(200);
}

export async function descriptionOf(admin: Client, id: string): Promise<string | undefined> {
  return (await admin.get(`${IDENTITY_PROVIDERS}/${id}`)).expect(200).json<{ description?: string }>().description;
}

/** Ids of the providers whose name begins so. */
export async function identityProvidersNamed(admin: Client, prefix: string): Promise<string[]> {
  const answer = await admin.get(`${IDENTITY_PROVIDERS}?limit=100&filter=${encodeURIComponent(`name sw ${prefix}`)}`);
  const { identityProviders = [] } = answer.expect(200).json<{ identityProviders?: { id: string }[] }>();
  return identityProviders.map(({ id }) => id);
}
