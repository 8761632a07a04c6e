import { createHash, randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { CryptoKey, JSONWebKeySet, JWK } from 'jose';
import { exportJWK, generateKeyPair } from 'jose';
import { accessRoutes } from './access';
import { applicationRoutes } from './applications';
import { consentRoutes } from './consents';
import { type Context, newId, type UserRecord } from './context';
import type { Defects } from './defects';
import { directoryRoutes } from './directory';
import { identityProviderRoutes } from './identity-providers';
import { loginRoutes } from './login';
import { pageRoutes } from './pages';
import { Records } from './records';
import type { Store } from './store';
import { tokenRoutes } from './tokens';

/** The key that signs, with its public half. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface NodeProps {
  /** Such as `node-1`. */
  readonly name: string;
  /** Place in the order of start, from 1. */
  readonly number: number;
  /** The public URL. */
  readonly origin: string;
  readonly store: Store;
  readonly defects: Defects;
  readonly administrator: { readonly username: string; readonly password: string };
  readonly signingKey: SigningKey;
  /** 32 bytes. */
  readonly encryptionKey: Buffer;
}

/**
 * One node of the stand-in of Identity Server: just enough of its interfaces for the acceptance suite's requests, written from the
 * product's source code and tests. It is no Identity Server and must never be taken for one.
 */
export async function buildNode(props: NodeProps): Promise<FastifyInstance> {
  const { name, number, origin, defects } = props;
  const records = new Records(props.store, name, defects);
  const own = defects.has('keys-differ') ? await newSigningKey() : props.signingKey;
  const kid = `${thumbprint(own.publicJwk)}_RS256${defects.has('kid-differs') ? `_${name}` : ''}`;
  const context: Context = {
    name,
    number,
    origin,
    defects,
    records,
    privateKey: own.privateKey,
    kid,
    keys: { keys: [{ ...own.publicJwk, kid, alg: 'RS256', use: 'sig' }] } as JSONWebKeySet,
    encryptionKey: defects.has('enc-key-differs') ? randomBytes(32) : props.encryptionKey,
  };
  await createAdministrator(context, props.administrator);
  const app = Fastify({ forceCloseConnections: 'idle', routerOptions: { maxParamLength: 500 } });
  const text = { parseAs: 'string' } as const;
  app.addContentTypeParser('application/x-www-form-urlencoded', text, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addContentTypeParser('application/scim+json', text, (_, body, done) => done(null, JSON.parse(String(body))));
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    reply.status(error.statusCode ?? 500).send({ error: error.message });
  });
  const routes = [pageRoutes, loginRoutes, tokenRoutes, accessRoutes, directoryRoutes, applicationRoutes];
  for (const add of [...routes, identityProviderRoutes, consentRoutes]) add(app, context);
  await app.ready();
  return app;
}

export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { privateKey: privateKey, publicJwk: await exportJWK(publicKey) };
}

function thumbprint(jwk: JWK): string {
  return createHash('sha256').update(String(jwk.n)).digest('base64url');
}

async function createAdministrator(
  { records, defects }: Context,
  { username, password }: NodeProps['administrator'],
): Promise<void> {
  const user: UserRecord = { id: newId(), userName: username, password, roles: ['admin'], locked: false };
  const isFirst = await records.insert('username', username, { id: user.id });
  if (isFirst || defects.has('administrator-twice')) await records.write('user', user.id, user);
}
