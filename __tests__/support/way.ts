import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { KUBECONFIG } from '../../cli/cluster/cluster';
import { ADDRESSES, API_PORT } from '../../cli/cluster/layout';

/** A way to the API server of the test cluster that is somebody's own: it can be lost for them while the cluster goes on for all others. */
export class Way {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly server: Server;
  private frozen = false;

  private constructor() {
    this.server = createServer((client) => this.passOn(client));
  }

  /** @param file where the kubeconfig that leads this way is written, by one who may do everything */
  static async open(file: string): Promise<Way> {
    const way = new Way();
    await way.listen(0);
    const own = JSON.parse(readFileSync(KUBECONFIG, 'utf8'));
    own.clusters[0].cluster.server = `https://127.0.0.1:${way.port}`;
    writeFileSync(file, JSON.stringify(own), { mode: 0o600 });
    return way;
  }

  private port = 0;

  /** What is open ends, and what is new is refused. */
  async cut(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    for (const sockets of this.pairs) for (const socket of sockets) socket.destroy();
    await closed;
  }

  /** Everything is accepted, and nothing answered. */
  freeze(): void {
    this.frozen = true;
    for (const sockets of this.pairs) for (const socket of sockets) socket.pause();
  }

  /** Ends that. */
  thaw(): void {
    this.frozen = false;
    for (const sockets of this.pairs) for (const socket of sockets) socket.resume();
  }

  /** It leads there again after it was cut. */
  mend(): Promise<void> {
    return this.listen(this.port);
  }

  private async listen(port: number): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.server.once('error', failed);
      this.server.listen(port, '127.0.0.1', () => done());
    });
    this.port = (this.server.address() as AddressInfo).port;
  }

  private passOn(client: Socket): void {
    const server = connect(API_PORT, ADDRESSES.controlPlane);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const [socket, other] of [pair, [server, client] as const]) {
      socket.on('data', (bytes) => other.write(bytes));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
      if (this.frozen) socket.pause();
    }
  }
}
