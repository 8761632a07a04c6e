import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';

// A stand-in for what Identity Server does with its primary keystore: it publishes every key entry, and `kid` is the thumbprint of
// the entry's certificate with the algorithm's name.

/** An entry of a keystore with its private key. */
export interface SigningEntry {
  readonly alias: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: KeyObject;
}

export type Jwks = ReadonlyMap<string, KeyObject>;

/** @param pem what `openssl pkcs12 -nodes` prints of the primary keystore */
export function signingEntries(pem: string): SigningEntry[] {
  const bags = pem.split(/(?=Bag Attributes)/).map((bag) => ({
    alias: /friendlyName: (\S+)/.exec(bag)?.[1],
    id: /localKeyID: (.*)/.exec(bag)?.[1],
    certificate: /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(bag)?.[0],
    key: /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(bag)?.[0],
  }));
  return bags.flatMap(({ alias, id, key }) => {
    const certificate = bags.find((bag) => bag.certificate && bag.id === id)?.certificate;
    return alias && key && certificate ? [{ alias, certificate, key: createPrivateKey(key) }] : [];
  });
}

export function kidOf(certificate: string): string {
  const thumbprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  return `${Buffer.from(thumbprint).toString('base64url')}_RS256`;
}

/** The key set that a server with this primary keystore publishes. */
export function jwksOf(entries: readonly SigningEntry[]): Jwks {
  return new Map(entries.map(({ certificate }) => [kidOf(certificate), createPublicKey(certificate)]));
}

/** A token of a server whose primary alias this is. */
export function issueToken(entries: readonly SigningEntry[], alias: string): Token {
  const entry = entries.find((candidate) => candidate.alias === alias);
  if (entry === undefined) throw new Error(`the store has no key ${alias}`);
  const text = JSON.stringify({ kid: kidOf(entry.certificate) });
  return { kid: kidOf(entry.certificate), text, signature: sign('RSA-SHA256', Buffer.from(text), entry.key) };
}

export interface Token {
  readonly kid: string;
  readonly text: string;
  readonly signature: Buffer;
}

export function verifies(token: Token, jwks: Jwks): boolean {
  const key = jwks.get(token.kid);
  return key !== undefined && verify('RSA-SHA256', Buffer.from(token.text), key, token.signature);
}
