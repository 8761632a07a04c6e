import type { Random } from '../support/random';
import { trickyTarget } from './paths';

/** Who is attacked, and what it must not let through. */
export interface Aim {
  readonly hostname: string;
  /** Path prefixes that no request may reach. */
  readonly denied: readonly string[];
  /** Headers that a client may not set; their values are always `FORGED`. */
  readonly trustedHeaders: readonly string[];
}

/** What no node may see in a header. */
export const FORGED = 'forged.example';

/** The lines of a request up to its body. */
interface Head {
  method: string;
  target: string;
  version: string;
  headers: string[];
  /** What ends a line. */
  end: string;
}

function plain(random: Random, { hostname }: Aim): Head {
  return {
    method: random.pick(['GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']),
    target: `/page/${random.below(1000)}`,
    version: 'HTTP/1.1',
    headers: [`Host: ${hostname}`, ...(random.once(2) ? ['Connection: close'] : [])],
    end: '\r\n',
  };
}

function textOf({ method, target, version, headers, end }: Head): string {
  return [`${method} ${target} ${version}`, ...headers].join(end) + end + end;
}

/** A target that is to be taken for a denied path. */
export function paths(random: Random, aim: Aim): string {
  const head = plain(random, aim);
  head.target = trickyTarget(random, aim.denied, aim.hostname);
  if (random.once(20)) head.method = 'CONNECT';
  return textOf(head);
}

/** Headers that are too long, too many, folded, or spelt so that only one of two parsers believes them. */
export function headers(random: Random, aim: Aim): string {
  const head = plain(random, aim);
  const name = random.pick(aim.trustedHeaders);
  const added = random.pick<() => string[]>([
    () => [`X-Long: ${'a'.repeat(random.below(90_000))}`],
    () => Array.from({ length: random.below(1500) }, (_, index) => `X-${index}: ${random.below(100)}`),
    () => [`${'X'.repeat(random.below(40_000))}: a`],
    () => [`Cookie: ${'ISROUTE=node-1; '.repeat(1 + random.below(300))}`],
    () => [`${name}: ${FORGED}`, `${name.toLowerCase()}: ${FORGED}`],
    () => [`${name.replaceAll('-', '_')}: ${FORGED}`],
    () => [`${name}${random.pick([' ', '\t', '\0', '\x0b', '\xa0', '\r', ' :'])}: ${FORGED}`],
    () => [`X-First: a`, `${random.pick([' ', '\t', '\x0b', '\0'])}${name}: ${FORGED}`],
    () => [`X-First: a${random.pick(['\n', '\r', '\r\r\n', '\0\n'])}${name}: ${FORGED}`],
    () => ['X-Folded: a', ` b\r\n\tc`, `\r\n${name}: ${FORGED}`],
    () => [
      `Host: ${random.pick([FORGED, aim.hostname, `${aim.hostname}:443`, `${aim.hostname}.`, '', `${aim.hostname}@${FORGED}`])}`,
    ],
    () => [`X-Bytes: ${random.bytes(random.below(200)).toString('latin1')}`],
    () => [`Connection: ${name}, keep-alive`, `${name}: ${FORGED}`],
    () => ['Range: bytes=0-1,2-3,9-1', 'If-Range: "', 'Expect: 200-maybe'],
    () => ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABk'],
    () => ['Expect: 100-continue', 'Content-Length: 5'],
  ])();
  if (random.once(4)) head.headers.unshift(...added);
  else head.headers.push(...added);
  return textOf(head);
}

/** Bodies of which one parser sees the end elsewhere than another, with a request to a denied path behind the nearer end. */
export function framing(random: Random, aim: Aim): string {
  const head = { ...plain(random, aim), method: random.pick(['POST', 'POST', 'PUT', 'GET', 'HEAD']) };
  const denied = random.pick(aim.denied);
  const hidden = `GET ${denied}/smuggled HTTP/1.1\r\nHost: ${aim.hostname}\r\n\r\n`;
  const chunked = `0\r\n\r\n${hidden}`;
  const size = hidden.length.toString(16);
  const te = random.pick([
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding:chunked',
      'transfer-encoding:\tchunked',
    ],
    ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: identity, chunked'],
    ...[
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
      'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    ],
    ...[
      'Transfer-Encoding:\r\n chunked',
      'X: x\nTransfer-Encoding: chunked',
      ' Transfer-Encoding: chunked',
      'Transfer_Encoding: chunked',
    ],
    ...[
      'Transfer-Encoding: \x0bchunked',
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding: CHUNKED',
      'Transfer-Encoding: chunked\0',
      'Transfer-Encoding:',
    ],
  ]);
  const length = random.pick([
    ...[
      `${hidden.length}`,
      '0',
      '4',
      `+${hidden.length}`,
      `-1`,
      `0x${size}`,
      `${hidden.length} `,
      `0${hidden.length}`,
      '1e1',
    ],
    ...[
      `${hidden.length}, ${hidden.length}`,
      `0, ${hidden.length}`,
      '18446744073709551617',
      '9223372036854775807',
      '',
      ' ',
      '\x0b4',
      `4\0${hidden.length}`,
    ],
  ]);
  const both = [`Content-Length: ${length}`, te];
  const [added, body] = random.pick<() => readonly [string[], string]>([
    () => [both, chunked],
    () => [both.reverse(), `${size}\r\n${hidden}\r\n0\r\n\r\n`],
    () => [[te], chunked],
    () => [[`Content-Length: ${length}`], hidden],
    () => [[`Content-Length: ${length}`, `Content-Length: ${random.pick(['0', '5', length])}`], hidden],
    () => [[`Content-Length${random.pick([' ', '\t', '\0'])}: ${hidden.length}`], hidden],
    () => [['Transfer-Encoding: chunked'], `${random.pick(BAD_CHUNKS)(size, hidden)}`],
    () => [[`X: x${random.pick(['\n', '\r', '\n\n', '\r\r', '\0'])}Content-Length: ${hidden.length}`], hidden],
    () => [[], hidden],
  ])();
  head.headers.push(...added);
  if (random.once(8)) head.end = random.pick(['\n', '\r', '\r\r\n', '\n\r']);
  if (random.once(8)) head.version = 'HTTP/1.0';
  return textOf(head) + body;
}

const BAD_CHUNKS: readonly ((size: string, hidden: string) => string)[] = [
  (size, hidden) => `${size}\n${hidden}\n0\n\n`,
  (size, hidden) => `${size};ext=\n${hidden}\r\n0\r\n\r\n${hidden}`,
  (size, hidden) => `${size};a="\r\n${hidden}\r\n0\r\n\r\n`,
  (_, hidden) => `ffffffffffffffff1\r\n${hidden}`,
  (_, hidden) => `-1\r\n${hidden}`,
  (size, hidden) => `0x${size}\r\n${hidden}\r\n0\r\n\r\n`,
  (size, hidden) => ` ${size}\r\n${hidden}\r\n0\r\n\r\n`,
  (size, hidden) => `${size}\r\n${hidden}X\r\n0\r\n\r\n`,
  (_, hidden) => `0\r\nX-SSL-CERT: ${FORGED}\r\nContent-Length: 9\r\n\r\n${hidden}`,
  (_, hidden) => `0\r\n${hidden}`,
  (_, hidden) => `00000000000000000000\r\n\r\n${hidden}`,
  (size, hidden) => `${size}\r\n${hidden.slice(0, 10)}`,
  (_, hidden) => `\r\n0\r\n\r\n${hidden}`,
  (_, hidden) => `2\r\nab${hidden}`,
];

/** Versions that are old, new or none, and lines that are no request. */
export function versions(random: Random, aim: Aim): string {
  const head = plain(random, aim);
  if (random.once(2)) head.target = random.pick(aim.denied);
  return random.pick<() => string>([
    () => textOf({ ...head, version: 'HTTP/1.0' }),
    () => textOf({ ...head, version: 'HTTP/1.0', headers: [] }),
    () => textOf({ ...head, version: 'HTTP/1.0', headers: [...head.headers, 'Connection: keep-alive'] }) + textOf(head),
    () => `GET ${head.target}\r\n`,
    () => `GET ${head.target}\r\n${textOf({ ...head, target: random.pick(aim.denied) })}`,
    () => textOf({ ...head, headers: [] }),
    () =>
      textOf({
        ...head,
        version: random.pick([
          'HTTP/1.2',
          'HTTP/1.9',
          'HTTP/2.0',
          'HTTP/3',
          'HTTP/0.9',
          'HTTP/01.1',
          'HTTP/1.10',
          'http/1.1',
          'HTTP/1',
          'HTTP/',
          'HTTP/-1.1',
          'ICAP/1.0',
          '',
        ]),
      }),
    () =>
      textOf({
        ...head,
        method: random.pick([
          'get',
          'G\tET',
          'TRACE',
          'TRACK',
          'PROPFIND',
          'CONNECT',
          'A'.repeat(9000),
          'GET\0',
          '\0',
          'G-E_T',
          'É',
        ]),
      }),
    () => textOf(head).replace(' ', random.pick(['\t', '  ', '\x0b', '\xa0', '', '\r\n'])),
    () => `${random.pick(['\r\n', '\n', '\r\n\r\n\r\n', '\0', ' ', '\xef\xbb\xbf'])}${textOf(head)}`,
    () => Array.from({ length: 30 }, () => textOf({ ...head, target: random.pick([...aim.denied, '/page']) })).join(''),
    () => random.bytes(1 + random.below(2000)).toString('latin1'),
    () => textOf(head).slice(0, random.below(40)),
    () => `GET ${'/a'.repeat(random.below(40_000))} HTTP/1.1\r\nHost: ${aim.hostname}\r\n\r\n`,
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => textOf({ ...head, headers: ['Host: [::1', ...head.headers.slice(1)] }),
  ])();
}
