import type { Random } from '../support/random';
import { type Aim, FORGED } from './http1';
import { trickyTarget } from './paths';

const TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
const [END_STREAM, END_HEADERS, PADDED, PRIORITY] = [1, 4, 8, 32];
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

function frame(
  type: keyof typeof TYPES | number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(typeof type === 'number' ? type : TYPES[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

function numbers(...all: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * all.length);
  all.forEach((number, index) => {
    bytes.writeUInt32BE(number >>> 0, 4 * index);
  });
  return bytes;
}

/** Length of a string in HPACK, without Huffman's code. */
function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A block of headers as literals that are not indexed. */
function block(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => [
      Buffer.from([0]),
      ...[name, value].flatMap((text) => [lengthOf(text.length), Buffer.from(text, 'latin1')]),
    ]),
  );
}

type Headers = [string, string][];

function request(random: Random, { hostname }: Aim, path = `/page/${random.below(1000)}`): Headers {
  return [
    [':method', random.pick(['GET', 'GET', 'POST', 'HEAD'])],
    [':scheme', 'https'],
    [':authority', hostname],
    [':path', path],
  ];
}

function started(...frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat([PREFACE, frame('settings', 0, 0), frame('settings', 1, 0), ...frames]);
}

const whole = END_STREAM | END_HEADERS;

/** A request whose headers or path are what no client sends. */
export function h2Requests(random: Random, aim: Aim): Buffer {
  const denied = random.pick(aim.denied);
  const headers = request(random, aim);
  const name = random.pick(aim.trustedHeaders).toLowerCase();
  const hidden = `GET ${denied}/smuggled HTTP/1.1\r\nHost: ${aim.hostname}\r\n\r\n`;
  const set = (key: string, value: string): Headers => headers.map(([one, old]) => [one, one === key ? value : old]);
  const [changed, ...body] = random.pick<() => [Headers, ...string[]]>([
    ...Array.from({ length: 10 }, () => (): [Headers] => [
      request(random, aim, trickyTarget(random, aim.denied, aim.hostname)),
    ]),
    () => [set(':path', `/page${random.pick(['\r\n', '\n', '\0', ' HTTP/1.1\r\n'])}${hidden}`)],
    () => [set(':path', random.pick(['', 'page', '*', `?${denied}`, `https://${aim.hostname}${denied}`]))],
    () => [set(':method', random.pick(['', 'GET / HTTP/1.1\r\nX: y', `GET ${denied}`, 'CONNECT', 'get', 'PRI']))],
    () => [set(':scheme', random.pick(['', 'http', 'ftp', `https://${aim.hostname}${denied}?`, 'HTTPS']))],
    () => [
      set(
        ':authority',
        random.pick([FORGED, '', `${aim.hostname}:443`, `${aim.hostname}\r\nX: y`, `user@${aim.hostname}`]),
      ),
    ],
    () => [[...headers, [':path', denied]]],
    () => [[...headers, ['a', 'b'], [':authority', FORGED]]],
    () => [headers.filter(([key]) => key !== random.pick([':method', ':scheme', ':path', ':authority']))],
    () => [[...headers, ['host', random.pick([FORGED, aim.hostname])]]],
    () => [
      [
        ...headers,
        [
          random.pick([name, name.toUpperCase(), name.replaceAll('-', '_'), `${name} `, `${name}\0`, ` ${name}`]),
          FORGED,
        ],
      ],
    ],
    () => [[...headers, ['x', `y\r\n${name}: ${FORGED}`]]],
    () => [[...headers, [`x: y\r\n${name}`, FORGED]]],
    () => [[...headers, ['transfer-encoding', 'chunked']], `0\r\n\r\n${hidden}`],
    () => [[...headers, ['content-length', random.pick(['0', '3', '99999', '-1', '3, 3'])]], hidden],
    () => [[...headers, ['connection', random.pick(['close', name, 'upgrade'])], ['upgrade', 'h2c'], ['te', 'gzip']]],
    () => [[...headers, ['cookie', 'a=b'], ['cookie', `ISROUTE=node-2; ${'c'.repeat(random.below(40_000))}`]]],
    () => [[...headers, ['', 'empty']]],
    () => [[...headers, ['x-long', 'a'.repeat(random.below(16_000))]]],
  ])();
  const blockOf = block(changed).subarray(0, 16_384);
  if (body.length === 0) return started(frame('headers', whole, 1, blockOf));
  return started(
    frame('headers', END_HEADERS, 1, blockOf),
    ...body.map((text) => frame('data', END_STREAM, 1, Buffer.from(text))),
  );
}

/** Frames out of order, of the wrong size, without end, or of streams that there are not. */
export function h2Frames(random: Random, aim: Aim): Buffer {
  const head = block(request(random, aim));
  const stream = random.pick([0, 1, 2, 3, 0x7fffffff, 0x80000001]);
  return random.pick<() => Buffer>([
    () => PREFACE.subarray(0, random.below(PREFACE.length)),
    () => Buffer.concat([PREFACE, frame('headers', whole, 1, head)]),
    () => Buffer.concat([PREFACE, random.bytes(random.below(500))]),
    () => started(random.bytes(9 + random.below(500))),
    () => started(frame('data', random.below(256), stream, random.bytes(random.below(100)))),
    () => started(frame('headers', random.below(256), stream, head)),
    () => started(frame('headers', whole, 3, head), frame('headers', whole, 1, head)),
    () =>
      started(
        frame('headers', whole, 1, head),
        frame('headers', whole, 1, head),
        frame('data', 0, 1, Buffer.from('x')),
      ),
    () => started(frame('headers', END_STREAM, 1, head), frame('ping', 0, 0, Buffer.alloc(8))),
    () => started(frame('headers', END_STREAM, 1, head), frame('continuation', END_HEADERS, 3, head)),
    () => started(frame('continuation', END_HEADERS, stream, head)),
    // A header without end.
    () =>
      started(
        frame('headers', END_STREAM, 1, head),
        ...Array.from({ length: 100 + random.below(200) }, () =>
          frame('continuation', 0, 1, block([['x', 'a'.repeat(random.below(300))]])),
        ),
      ),
    () =>
      started(
        frame('headers', END_STREAM, 1, head),
        ...Array.from({ length: 2000 }, () => frame('continuation', 0, 1)),
      ),
    // Requests that are taken back at once.
    () =>
      started(
        ...Array.from({ length: 50 + random.below(250) }, (_, index) => 2 * index + 1).flatMap((each) => [
          frame('headers', whole, each, head),
          frame('reset', 0, each, numbers(8)),
        ]),
      ),
    () => started(...Array.from({ length: 200 }, (_, index) => frame('headers', END_HEADERS, 2 * index + 1, head))),
    () => started(frame('settings', random.pick([0, 1]), stream, random.bytes(random.below(40)))),
    () => started(...Array.from({ length: 500 }, () => frame('settings', 0, 0))),
    () => started(...Array.from({ length: 1000 }, () => frame('ping', 0, 0, Buffer.alloc(8)))),
    () => started(frame('ping', 0, stream, random.bytes(random.below(12)))),
    () =>
      started(
        frame('headers', whole, 1, head),
        frame('windowUpdate', 0, random.pick([0, 1, 5]), numbers(random.pick([0, 0x7fffffff, 0xffffffff]))),
      ),
    () => started(frame('settings', 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])), frame('headers', whole, 1, head)),
    () =>
      started(
        frame('settings', 0, 0, Buffer.from([0, 1, 255, 255, 255, 255, 0, 5, 0, 255, 255, 255])),
        frame('headers', whole, 1, head),
      ),
    () => started(frame('headers', whole | PADDED, 1, Buffer.concat([Buffer.from([255]), head]))),
    () => started(frame('headers', whole | PRIORITY, 1, Buffer.concat([numbers(0x80000001), Buffer.from([0]), head]))),
    () =>
      started(
        ...Array.from({ length: 300 }, (_, index) =>
          frame('priority', 0, 2 * index + 1, Buffer.concat([numbers(2 * random.below(300) + 1), Buffer.from([9])])),
        ),
      ),
    () => started(frame('pushPromise', END_HEADERS, 1, Buffer.concat([numbers(2), head]))),
    () => started(frame('goAway', 0, 0, numbers(0, 0)), frame('headers', whole, 1, head)),
    () => started(frame('reset', 0, stream, numbers(8))),
    () => started(frame(random.below(256), random.below(256), stream, random.bytes(random.below(60)))),
    // Blocks that no table can decode: an index beyond it, sizes beyond what was agreed, a string longer than its block.
    () =>
      started(
        frame(
          'headers',
          whole,
          1,
          Buffer.from(
            random.pick([
              [0xff, 0xff, 0xff, 0xff, 0x0f],
              [0x80],
              [0x3f, 0xff, 0xff, 0x7f],
              [0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f],
              [0x41, 0xff],
              [0x20, 0x3f, 0x20],
            ]),
          ),
        ),
      ),
    () => started(frame('headers', whole, 1, random.bytes(random.below(300)))),
    () => Buffer.concat([started(), Buffer.from([255, 255, 255, 0, 0, 0, 0, 0, 1])]),
  ])();
}
