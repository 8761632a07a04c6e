import { Random } from '../support/random';
import * as http1 from './http1';
import * as http2 from './http2';
import { tlsRecords } from './tls';

/** What is sent over one connection. */
export interface Attempt {
  readonly kind: string;
  /** Below what it is sent: nothing, on the port of HTTP or of TLS; or TLS, with the protocol that is agreed in it. */
  readonly over: 'http' | 'raw' | 'tls' | 'h2';
  /** Parts, with a short pause between them. */
  readonly parts: readonly Buffer[];
  /** Whether the client goes without reading an answer. */
  readonly rude: boolean;
}

type Maker = (random: Random, aim: http1.Aim) => Buffer | string;

/** By their names, with how often each comes. */
const KINDS: Readonly<Record<string, { share: number; over: Attempt['over']; make: Maker }>> = {
  paths: { share: 6, over: 'tls', make: http1.paths },
  framing: { share: 5, over: 'tls', make: http1.framing },
  headers: { share: 3, over: 'tls', make: http1.headers },
  versions: { share: 3, over: 'tls', make: http1.versions },
  'HTTP/2 requests': { share: 4, over: 'h2', make: http2.h2Requests },
  'HTTP/2 frames': { share: 4, over: 'h2', make: http2.h2Frames },
  TLS: { share: 3, over: 'raw', make: tlsRecords },
  'port of HTTP': {
    share: 1,
    over: 'http',
    make: (random, aim) => random.pick<Maker>([http1.paths, http1.framing, http1.headers, http1.versions])(random, aim),
  },
};

const LOTS = Object.keys(KINDS).flatMap((kind) => Array.from({ length: KINDS[kind]?.share ?? 0 }, () => kind));

/** @param seed the same one gives the same attempts; each of them is made from its number alone */
export function attempt(seed: number, number: number, aim: http1.Aim): Attempt {
  const random = new Random(seed * 1_000_003 + number);
  const kind = random.pick(LOTS);
  const { over, make } = KINDS[kind] as (typeof KINDS)[string];
  const made = make(random, aim);
  const bytes = typeof made === 'string' ? Buffer.from(made, 'latin1') : made;
  const cut = random.once(5) ? random.below(bytes.length + 1) : bytes.length;
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0);
  return { kind, over, parts, rude: random.once(25) };
}

export const ALL_KINDS = Object.keys(KINDS);
