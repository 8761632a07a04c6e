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

/** What a node has: the keys that it publishes, and the one with which it signs. */
export interface RotationStep {
  readonly entries: readonly SigningEntry[];
  /** The primary alias. */
  readonly alias: string;
}

/**
 * Verifiers that keep a key set for some time and fetch it again from any node, each with a phase of its own. Time is what `tick` is
 * told, so that hours of it take no time.
 */
export class Verifiers {
  /** Moments in seconds at which a token that is not over did not verify. */
  readonly failures: number[] = [];
  /** Tokens that were issued, and checks of one. */
  issued = 0;
  checks = 0;
  private readonly tokens: { token: Token; issued: number }[] = [];
  private readonly caches: { fetched: number; jwks: Jwks }[];
  private fetches = 0;

  /** @param start moment from which the first tick counts */
  constructor(
    nodes: readonly RotationStep[],
    private readonly times: { readonly cacheSeconds: number; readonly tokenSeconds: number },
    start = 0,
  ) {
    const COUNT = 6;
    this.caches = Array.from({ length: COUNT }, (_, index) => ({
      fetched: start + (index / COUNT - 1) * times.cacheSeconds,
      jwks: jwksOf((nodes[0] as RotationStep).entries),
    }));
  }

  /** Every node issues a token, every verifier whose key set is too old fetches it, and checks all tokens that are not over. */
  tick(second: number, nodes: readonly RotationStep[]): void {
    for (const { entries, alias } of nodes) this.tokens.push({ token: issueToken(entries, alias), issued: second });
    this.issued += nodes.length;
    while (this.tokens[0] !== undefined && second - this.tokens[0].issued >= this.times.tokenSeconds)
      this.tokens.shift();
    for (const cache of this.caches) {
      if (second - cache.fetched >= this.times.cacheSeconds) {
        cache.jwks = jwksOf((nodes[this.fetches++ % nodes.length] as RotationStep).entries);
        cache.fetched = second;
      }
      this.checks += this.tokens.length;
      // The newest are verified in full; of the others it is enough that their key is known.
      const fails = this.tokens.some(({ token, issued }) =>
        issued === second ? !verifies(token, cache.jwks) : !cache.jwks.has(token.kid),
      );
      if (fails) this.failures.push(second);
    }
  }
}

/**
 * Two nodes that take each step one after the other, a minute apart, and verifiers that fetch from either.
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
  const verifiers = new Verifiers([node(0, 0)], times);
  for (let second = 0; second < end; second += TICK) verifiers.tick(second, [node(0, second), node(1, second)]);
  return verifiers.failures;
}
