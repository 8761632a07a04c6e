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

/** What every node has after a step of a rotation. */
export interface RotationStep {
  readonly entries: readonly SigningEntry[];
  /** The primary alias. */
  readonly alias: string;
}

/**
 * Two nodes that take each step one after the other, a minute apart, and a verifier of each phase that fetches from the nodes in turn.
 *
 * @returns the moments in seconds at which a token that is not over did not verify
 */
export function tokensThatFail(
  rotation: readonly RotationStep[],
  times: { readonly cacheSeconds: number; readonly secondsBetweenSteps: number; readonly tokenSeconds: number },
): number[] {
  const TICK = 20;
  const end = times.secondsBetweenSteps * (rotation.length + 1);
  const node = (number: number, second: number) => {
    const step = Math.floor((second - number * 60) / times.secondsBetweenSteps);
    return rotation[Math.max(0, Math.min(step, rotation.length - 1))] as RotationStep;
  };
  const failures: number[] = [];
  const tokens: { token: Token; issued: number }[] = [];
  const caches = Array.from({ length: 6 }, (_, index) => ({
    fetched: index * 50 - times.cacheSeconds,
    jwks: new Map(jwksOf(node(0, 0).entries)),
  }));
  for (let second = 0; second < end; second += TICK) {
    for (const number of [0, 1]) {
      const { entries, alias } = node(number, second);
      tokens.push({ token: issueToken(entries, alias), issued: second });
    }
    for (const [index, cache] of caches.entries()) {
      if (second - cache.fetched >= times.cacheSeconds) {
        cache.jwks = new Map(jwksOf(node((index + second / TICK) % 2, second).entries));
        cache.fetched = second;
      }
      const alive = tokens.filter(({ issued }) => second - issued < times.tokenSeconds);
      // The newest are verified in full; of the others it is enough that their key is known.
      const fails = alive.some(({ token, issued }) =>
        issued === second ? !verifies(token, cache.jwks) : !cache.jwks.has(token.kid),
      );
      if (fails) failures.push(second);
    }
  }
  return failures;
}
