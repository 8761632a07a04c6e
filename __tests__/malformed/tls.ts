import type { Random } from '../support/random';
import type { Aim } from './http1';

const HANDSHAKE = 22;

function sized(bytes: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(bytes);
  head.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([head, content]);
}

function words(...all: readonly number[]): Buffer {
  return Buffer.concat(all.map((each) => Buffer.from([each >> 8, each & 255])));
}

function extension(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([words(type), sized(2, content)]);
}

/** What a client says first, with its name, and what it can do. */
function clientHello(random: Random, hostname: string): Buffer {
  const name = sized(2, Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(hostname))]));
  const extensions = [
    extension(0, name),
    extension(10, sized(2, words(0x1d, 0x17, 0x18))),
    extension(13, sized(2, words(0x403, 0x804, 0x401))),
    extension(43, sized(1, words(0x304, 0x303))),
    extension(51, sized(2, Buffer.concat([words(0x1d), sized(2, random.bytes(32))]))),
  ];
  const hello = Buffer.concat([
    ...[words(0x303), random.bytes(32), sized(1, random.bytes(32))],
    ...[
      sized(2, words(0x1301, 0x1302, 0xc02b, 0xc02f)),
      sized(1, Buffer.from([0])),
      sized(2, Buffer.concat(extensions)),
    ],
  ]);
  return Buffer.concat([Buffer.from([1]), sized(3, hello)]);
}

function record(type: number, version: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type]), words(version), sized(2, content)]);
}

/** Bytes for the port of TLS that are none, or no whole, handshake. */
export function tlsRecords(random: Random, { hostname }: Aim): Buffer {
  const hello = clientHello(random, hostname);
  const good = record(HANDSHAKE, 0x301, hello);
  const flipped = () => {
    const bytes = Buffer.from(good);
    for (let turns = 1 + random.below(8); turns > 0; turns--) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  };
  return random.pick<() => Buffer>([
    () => random.bytes(1 + random.below(400)),
    flipped,
    flipped,
    () => good.subarray(0, random.below(good.length)),
    () => Buffer.concat([good, good]),
    () => Buffer.concat([good, random.bytes(random.below(300))]),
    () =>
      Buffer.concat([good, record(20, 0x303, Buffer.from([random.below(3)])), record(23, 0x303, random.bytes(100))]),
    () => record(random.below(256), 0x301, hello),
    () => record(HANDSHAKE, random.pick([0x300, 0x200, 0x304, 0xffff, 0]), hello),
    () => Buffer.concat([Buffer.from([HANDSHAKE, 3, 1, 0xff, 0xff]), random.bytes(random.below(2000))]),
    () => Buffer.concat(Array.from({ length: 200 }, () => record(HANDSHAKE, 0x301, Buffer.alloc(0)))),
    () => Buffer.concat(Array.from(hello, (byte) => record(HANDSHAKE, 0x301, Buffer.from([byte])))),
    () => record(21, 0x303, Buffer.from([random.below(3), random.below(256)])),
    () => Buffer.concat([good, record(24, 0x303, Buffer.from([1, 0x40, 0]))]),
    () => record(23, 0x303, random.bytes(50)),
    () =>
      record(
        HANDSHAKE,
        0x301,
        clientHello(random, random.pick(['', 'a'.repeat(300), '*.*', `${hostname}\0x`, '../..', 'forged.example'])),
      ),
    // A hello of SSL 2, plain HTTP, and what a proxy says.
    () => Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, ...random.bytes(37)]),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`),
    () => Buffer.concat([Buffer.from('PROXY TCP4 203.0.113.1 203.0.113.2 1 443\r\n'), good]),
    () => Buffer.alloc(1 + random.below(5)),
  ])();
}
