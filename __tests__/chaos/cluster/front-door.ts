import { get } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';

/** A machine of the cluster, as a load balancer in front of it knows it. */
export interface Target {
  readonly name: string;
  readonly address: string;
}

/** What asking a machine for its health page came to: it takes clients, it says that it takes none, or it says nothing. */
export type Answer = 'well' | 'leaving' | 'silent';

export interface FrontDoorProps {
  /** Where clients connect. */
  readonly address: string;
  readonly port: number;
  readonly targets: readonly Target[];
  /** Port of all targets. */
  readonly targetPort: number;
  readonly ask: (target: Target) => Promise<Answer>;
}

const INTERVAL_MS = 1000;
/** Longer than it takes on a machine that is short of processors. */
const ANSWER_MS = 2000;
/** Answers of another kind in a row that are believed. */
const BELIEVED = 2;
const CONNECT_MS = 3000;

interface Seen {
  state: Answer;
  other: number;
  /** When the last request that found it well was begun. */
  wellAt: number;
  readonly sockets: Set<Socket>;
}

/**
 * What stands before the machines, as a bank's own load balancer does, and no more than that: it passes connections on as they are, one after
 * the other to each machine that is well, and asks each once a second for the health page. Two answers of another kind in a row are believed.
 * To a machine that says it is leaving goes nothing new; connections to one that says nothing are ended. It tries nothing again.
 */
export class FrontDoor {
  private readonly seen: ReadonlyMap<string, Seen>;
  private readonly server = createServer((client) => this.passOn(client));
  /** What was believed of whom, and when, in milliseconds of `performance.now()`. */
  readonly changes: { readonly name: string; readonly state: Answer; readonly at: number }[] = [];
  private timers: NodeJS.Timeout[] = [];
  private turn = 0;

  constructor(private readonly props: FrontDoorProps) {
    this.seen = new Map(
      props.targets.map(({ name }) => [name, { state: 'silent', other: 0, wellAt: 0, sockets: new Set() }]),
    );
  }

  async open(): Promise<void> {
    const { address, port, targets } = this.props;
    this.timers = targets.map((target) => setInterval(() => void this.look(target), INTERVAL_MS));
    await new Promise<void>((done, failed) => {
      this.server.once('error', failed);
      this.server.listen(port, address, done);
    });
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.server.close();
    for (const { sockets } of this.seen.values()) for (const socket of sockets) socket.destroy();
  }

  /** Machines that get new connections. */
  wellTargets(): string[] {
    return [...this.seen].filter(([, { state }]) => state === 'well').map(([name]) => name);
  }

  /** Whether it has noticed what happened to a machine at a time: it sends nothing there, or has found it well since. */
  hasNoticed(name: string, since: number): boolean {
    const seen = this.seen.get(name);
    return seen === undefined || seen.state !== 'well' || seen.wellAt > since;
  }

  private async look(target: Target): Promise<void> {
    const seen = this.seen.get(target.name) as Seen;
    const begunAt = performance.now();
    const answer = await this.props.ask(target);
    if (answer === 'well') seen.wellAt = Math.max(seen.wellAt, begunAt);
    seen.other = answer === seen.state ? 0 : seen.other + 1;
    if (seen.other < BELIEVED) return;
    seen.state = answer;
    seen.other = 0;
    this.changes.push({ name: target.name, state: answer, at: performance.now() });
    if (answer === 'silent') for (const socket of seen.sockets) socket.destroy();
  }

  private passOn(client: Socket): void {
    const { targets, targetPort } = this.props;
    const well = targets.filter(({ name }) => this.seen.get(name)?.state === 'well');
    const target = well[this.turn++ % well.length];
    if (target === undefined) {
      client.destroy();
      return;
    }
    const { sockets } = this.seen.get(target.name) as Seen;
    const server = connect({ host: target.address, port: targetPort, noDelay: true });
    const late = setTimeout(() => server.destroy(), CONNECT_MS);
    server.once('connect', () => clearTimeout(late));
    client.setNoDelay(true);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(late);
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    server.pipe(client);
  }
}

/** Asks a machine over TLS, with the environment's own authority, for the page that says whether it takes clients. */
export function healthPage(
  port: number,
  { hostname, ca }: { readonly hostname: string; readonly ca: string },
): FrontDoorProps['ask'] {
  return ({ address }) =>
    new Promise((done) => {
      const asked = get(
        {
          ...{ host: address, port, servername: hostname, ca, agent: false, path: '/load-balancer-health' },
          ...{ headers: { host: hostname }, signal: AbortSignal.timeout(ANSWER_MS) },
        },
        (answer) => {
          answer.resume();
          done(answer.statusCode === 200 ? 'well' : 'leaving');
        },
      );
      asked.on('error', () => done('silent'));
    });
}
