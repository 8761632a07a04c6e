import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { run } from '../../cli/setup/process';
import { CONTROL_PORT } from '../../environment/addresses';
import { Client, type Reply } from '../support/client';
import { type PlaceName, placeOf } from '../support/places';
import { docker, eventually, inspect, type MakeResult, psql, Workspace } from '../support/workspace';

/** Settings of the pair that faults change. */
export interface PairSettings {
  readonly heapMb?: number;
  readonly image?: string;
  readonly loadBalancerImage?: string;
  readonly readTimeoutSeconds?: number;
  readonly startTimeoutSeconds?: number;
  readonly keystoreRevision?: number;
  readonly memoryMb?: number;
  readonly nodes?: number;
  /** Public name. @default - that of the pair's place */
  readonly hostname?: string;
  readonly certificate?: 'issued' | 'supplied';
  /** Lines before all tables. @default - none */
  readonly head?: string;
  /** Requests that a client address may have at a time. */
  readonly requestsPerClient?: number;
}

export interface PairNode {
  readonly name: string;
  readonly container: string;
  readonly address: string;
}

/** Short enough for a frozen node to be given up, long enough for any honest request of the load. */
export const READ_TIMEOUT_SECONDS = 20;

/** HTTPS port of every node. */
export const NODE_PORT = 9446;

/** The sandbox pair that the faults are done to, with everything a fault or a measurement asks of it. */
export class Pair {
  readonly workspace = new Workspace();
  readonly hostname: string;
  /** Loopback address on which its load balancer listens. */
  readonly address: string;
  readonly nodes: readonly [PairNode, PairNode];
  readonly loadBalancer: string;
  private readonly subnet: string;
  private readonly statusUrl: string;
  private certificate = '';
  /** Further tables of its configuration. */
  protected further = '';
  /** Numbers of its signing keys; a rotation leaves others behind. */
  signingKeys: readonly number[] = [1];

  /** @param name name of the environment */
  constructor(readonly name: PlaceName) {
    const { hostname, bindAddress, network, subnet } = placeOf(name);
    this.hostname = hostname;
    this.address = bindAddress;
    this.subnet = subnet;
    const node = (number: number): PairNode => ({
      name: `node-${number}`,
      container: `${name}-node-${number}`,
      address: `${network}.${10 + number}`,
    });
    this.nodes = [node(1), node(2)];
    this.loadBalancer = `${name}-load-balancer`;
    this.statusUrl = `http://${network}.3:${CONTROL_PORT}/status`;
  }

  async configure(settings: PairSettings = {}): Promise<void> {
    const { heapMb = 384, readTimeoutSeconds = READ_TIMEOUT_SECONDS, startTimeoutSeconds = 240 } = settings;
    const { image, loadBalancerImage, keystoreRevision = 1, memoryMb = 1280, nodes = 2, requestsPerClient } = settings;
    const { hostname = this.hostname, certificate = 'issued', head = '' } = settings;
    const imageLine = (name: string | undefined) => (name === undefined ? '' : `image = "${name}"\n`);
    await this.workspace.configure(
      this.name,
      `${head}network = { subnet = "${this.subnet}" }
[identity_server]
distribution = "sandbox"
nodes = ${nodes}
memory_mb = ${memoryMb}
heap_mb = ${heapMb}
start_timeout_seconds = ${startTimeoutSeconds}
keystore_revision = ${keystoreRevision}
signing_keys = [${this.signingKeys.join(', ')}]
${imageLine(image)}
[load_balancer]
${imageLine(loadBalancerImage)}hostname = "${hostname}"
certificate = "${certificate}"
bind_address = "${this.address}"
read_timeout_seconds = ${readTimeoutSeconds}
${requestsPerClient === undefined ? '' : `client_limit = { requests = ${requestsPerClient} }\n`}${this.further}`,
    );
  }

  /** Container of the database that takes writes. */
  get database(): string {
    return `${this.name}-database`;
  }

  /** Creates or updates the pair with these settings. */
  async up(settings: PairSettings = {}): Promise<void> {
    await this.configure(settings);
    await this.workspace.make('up', this.name);
    this.certificate = readFileSync(this.workspace.path('build', this.name, 'ca.crt'), 'utf8');
  }

  async tryUp(settings: PairSettings = {}): Promise<MakeResult> {
    await this.configure(settings);
    return this.workspace.tryMake('up', this.name);
  }

  /** Begins again where a fault has gone wrong. */
  async anew(): Promise<void> {
    await this.workspace.tryMake('down', this.name);
    await this.up();
  }

  status(): Promise<MakeResult> {
    return this.workspace.tryMake('status', this.name);
  }

  dispose(): Promise<void> {
    return this.workspace.dispose();
  }

  get ca(): string {
    return this.certificate;
  }

  /** From now on, clients also trust this authority, PEM. */
  trust(authority: string): void {
    this.certificate += authority;
  }

  /** A client of the load balancer, as users have it. */
  client(): Client {
    return new Client({ address: this.address, hostname: this.hostname, ca: this.ca, keepAlive: false });
  }

  /** Rotation of every node as the load balancer reports it; empty while it does not answer. */
  async rotations(): Promise<Record<string, string>> {
    try {
      const reply = await fetch(this.statusUrl, { signal: AbortSignal.timeout(2000) });
      const { nodes } = (await reply.json()) as { nodes: { name: string; rotation: string }[] };
      return Object.fromEntries(nodes.map(({ name, rotation }) => [name, rotation]));
    } catch {
      return {};
    }
  }

  /** Asks a node past the load balancer. */
  async ask({ address }: PairNode, method: 'GET' | 'POST', path: string, timeout?: number): Promise<Reply> {
    const client = new Client({
      address,
      port: NODE_PORT,
      hostname: this.hostname,
      ca: this.ca,
      keepAlive: false,
      ...(timeout !== undefined && { timeout }),
    });
    try {
      return await (method === 'GET' ? client.get(path) : client.post(path));
    } finally {
      client.close();
    }
  }

  /** Whether the node itself says that it can work. */
  async answersHealth(node: PairNode): Promise<boolean> {
    try {
      return (await this.ask(node, 'GET', '/probe/health', 2000)).status === 200;
    } catch {
      return false;
    }
  }

  /** What the node counted of one key's writes since it started, by id. */
  async repeatedDeliveries(node: PairNode, key: string): Promise<string[]> {
    const { repeated } = JSON.parse((await this.ask(node, 'GET', `/probe/deliveries?key=${key}`)).body);
    return Object.keys(repeated as Record<string, number>);
  }

  /** Ids of the rows under a key, one for each row. */
  async storedIds(key: string): Promise<string[]> {
    const statement = `SELECT pw_id FROM probe_writes WHERE pw_key = '${key}'`;
    return (await psql(this.database, 'wso2_user', statement)).split('\n').filter(Boolean);
  }

  /** Requests that the load balancer answered with 5xx since a time, with the first node that each was sent to. */
  async failuresInLog(since: Date): Promise<{ path: string; status: number; firstUpstream: string }[]> {
    const { stdout } = await run('docker', ['logs', '--since', since.toISOString(), this.loadBalancer]);
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { path: string; status: number; upstream: string })
      .filter(({ path, status }) => path.startsWith('/probe/') && status >= 500)
      .map(({ path, status, upstream }) => ({ path, status, firstUpstream: upstream.split(/[:,]/)[0] ?? '' }));
  }

  /** Stops all processes of a container without ending them. On a busy machine the kernel can give up freezing; it is asked again. */
  async freeze(container: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await docker('pause', container);
        return;
      } catch (error) {
        if (attempt === 5) throw error;
        await new Promise((done) => setTimeout(done, 500));
      }
    }
  }

  kill(container: string): Promise<void> {
    return killContainer(container);
  }

  /** The certificate, PEM, that a server shows on a port. */
  certificateOf(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, servername: this.hostname, ca: this.ca }, () => {
        resolve(socket.getPeerX509Certificate()?.toString() ?? '');
        socket.end();
      });
      socket.on('error', reject);
    });
  }

  async untilRotation(node: PairNode, rotation: 'in' | 'out', seconds: number): Promise<void> {
    await eventually(
      `${node.name} is ${rotation} of the rotation`,
      seconds,
      async () => ((await this.rotations())[node.name] === 'in') === (rotation === 'in'),
    );
  }

  async untilHealthy(seconds = 180): Promise<void> {
    await eventually('make status says that all is healthy', seconds, async () => (await this.status()).exitCode === 0);
  }
}

/** SIGKILL of a container's processes, as a crash: the engine does not take it for a wanted stop. Returns when they are gone. */
export async function killContainer(container: string): Promise<void> {
  const { Pid } = (await inspect(container)).State;
  process.kill(Pid, 'SIGKILL');
  await eventually(`${container}'s process has ended`, 10, () => !isAlive(Pid));
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
