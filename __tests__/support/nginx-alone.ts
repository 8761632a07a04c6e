import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureEngine } from '../../cli/setup/engine';
import { run } from '../../cli/setup/process';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { sandboxImageTags } from '../../images/tags';
import type { Mount, ServerTopology } from '../../topology/container';
import { deriveTopology, type Topology } from '../../topology/topology';
import { createAuthority, type Identity, issue } from './certificates';
import type { ClientProps } from './client';
import { ownerLabels, removeLeftovers } from './leftovers';
import { type Place, type PlaceName, placeOf } from './places';
import { docker, eventually, removeAll } from './workspace';

/** A request as a node's Tomcat understood it. */
export interface Received {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly method: string;
  /** Decoded and normalised, as Tomcat looks for the application. */
  readonly path: string;
  /** As it came, without the query. */
  readonly target: string;
  /** Bytes of the body. */
  readonly length: number;
  /** By lower-case name; a repeated header has a value a line. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a node has done since it started. */
export interface NodeRecord {
  readonly received: readonly Received[];
  /** How many requests it answered with each status, also those that it refused unread. */
  readonly answers: Readonly<Record<string, number>>;
}

/** What a client within the network got. */
export interface Answer {
  readonly status: number;
  readonly retryAfter?: string;
}

/** Sends requests of one path. @param atOnce how many may be under way at a time. @default - all */
export type Ask = (path: string, count: number, atOnce?: number) => Promise<Answer[]>;

const RECORDER = readFileSync(join(__dirname, 'recorder', 'Recorder.java'), 'utf8');
const HARDENED = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--log-driver', 'json-file'];

/**
 * The load balancer as it always is, its configuration generated and installed by its job, in front of nodes that are the server's own
 * Tomcat and record what they receive.
 */
export class NginxAlone {
  readonly place: Place;
  private authority: Identity | undefined;
  private server: Identity | undefined;

  constructor(private readonly name: PlaceName) {
    this.place = placeOf(name);
  }

  /** What a client outside needs to reach it. */
  get client(): ClientProps {
    const { bindAddress: address, hostname } = this.place;
    return { address, hostname, ca: this.authority?.certificate ?? '' };
  }

  get container(): string {
    return this.topology().loadBalancer.containerName;
  }

  /** @param settings lines of `[load_balancer]` */
  topology(settings = '', nodes = 2): Topology {
    const { hostname, bindAddress, subnet } = this.place;
    const toml = `[network]
subnet = "${subnet}"
[identity_server]
distribution = "sandbox"
nodes = ${nodes}
[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
${settings}
`;
    return derive(toml, this.name);
  }

  /** Network, certificates, nodes and load balancer. @param settings lines of `[load_balancer]` */
  async start(settings = '', nodes = 2): Promise<void> {
    const engine = await ensureEngine();
    const { identityServer, nginx } = sandboxImageTags();
    await ensureSandboxImages({ dockerEnv: engine.env, tags: { identityServer, nginx } });
    await this.remove();
    const { hostname, subnet } = this.place;
    const { volumes, loadBalancer } = this.topology(settings, nodes);
    const labels = ownerLabels(this.name);
    await docker('network', 'create', ...labels, '--subnet', subnet, this.name);
    for (const { name } of [volumes.loadBalancerConfiguration, volumes.loadBalancerCertificates]) {
      await docker('volume', 'create', ...labels, name);
    }
    this.authority = await createAuthority('Test Authority');
    this.server = await issue(this.authority, hostname, [`subjectAltName=DNS:${hostname},DNS:localhost`]);
    await Promise.all(Array.from({ length: nodes }, (_, index) => this.startNode(index + 1)));
    await this.install(settings, nodes);
    await this.startBalancer(loadBalancer);
  }

  /** Checks and installs a configuration as every change of it does; returns when the load balancer serves by it. */
  async install(settings = '', nodes = 2): Promise<void> {
    const { jobs, loadBalancer } = this.topology(settings, nodes);
    const { script, environment, files, capabilities = [], mounts } = jobs.loadBalancerConfiguration;
    const container = `${this.name}-install`;
    const command = [sandboxImageTags().nginx, '-c', script];
    await this.create(
      container,
      [
        ...['--entrypoint', '/bin/sh', '--user', '0:0'],
        ...capabilities.flatMap((capability) => ['--cap-add', capability.replace('CAP_', '')]),
        ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        // The job only reads the certificates; in a test nobody else has put them there.
        ...mountOptions(mounts.map((mount) => ({ ...mount, readOnly: false }))),
      ],
      command,
      { ...files, ...this.certificates(loadBalancer.certificateFile) },
    );
    try {
      await docker('start', '--attach', container);
    } finally {
      await removeAll('container', [container]);
    }
  }

  async startNode(number: number): Promise<void> {
    const node = this.topology('', Math.max(2, number)).nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    const { containerName, address, httpsPort } = node;
    const program = `cd "$WSO2_SERVER_HOME"
exec java -Xmx256m -cp "$(printf %s: repository/components/plugins/tomcat*.jar bin/tomcat-juli*.jar lib/*.jar)" /tmp/Recorder.java ${httpsPort}`;
    const options = ['--entrypoint', '/bin/sh', '--ip', address];
    const files = { ...this.certificates('/tmp/tls.crt'), '/tmp/Recorder.java': RECORDER };
    await this.create(containerName, options, [sandboxImageTags().identityServer, '-c', program], files);
    await docker('start', containerName);
    const ask = ['exec', containerName, 'curl', '-skf', '-m', '2', `https://localhost:${httpsPort}/probe/health`];
    await eventually(`${containerName} answers`, 180, () =>
      docker(...ask).then(
        () => true,
        () => false,
      ),
    );
  }

  async stopNode(number: number): Promise<void> {
    await removeAll('container', [this.nodeContainer(number)]);
  }

  /** A client within the network. @param host last number of its address */
  async startClient(host: number): Promise<Ask> {
    const container = `${this.name}-client-${host}`;
    const { loadBalancer } = this.topology();
    const options = ['--entrypoint', 'sleep', '--init', '--ip', `${this.place.network}.${host}`];
    await this.create(container, options, [sandboxImageTags().nginx, 'infinity']);
    await docker('start', container);
    return async (path, count, atOnce = count) => {
      const url = `${loadBalancer.url}${path}?[1-${count}]`;
      const name = ['--resolve', `${loadBalancer.hostname}:${loadBalancer.httpsPort}:${loadBalancer.address}`];
      const at = [
        '--parallel',
        '--parallel-immediate',
        '--parallel-max',
        String(atOnce),
        '--http1.1',
        '-sk',
        '-o',
        '/dev/null',
      ];
      const said = await docker(
        'exec',
        container,
        'curl',
        ...at,
        ...name,
        '-w',
        '%{http_code} %header{retry-after}\n',
        url,
      );
      return said.split('\n').map((line) => {
        const [status, retryAfter] = line.trim().split(' ');
        return { status: Number(status), retryAfter };
      });
    };
  }

  /** Names of the files in its memory that say that all nodes are in rotation. */
  async markers(): Promise<string[]> {
    const names = await docker(
      'exec',
      this.container,
      'sh',
      '-c',
      'cd /tmp && ls -d *-nodes-in-rotation 2>/dev/null || true',
    );
    return names.split('\n').filter(Boolean);
  }

  /** What its entry point does before it stops: asks for no more requests, and goes. @returns when the load balancer had agreed */
  async drainNode(number: number): Promise<number> {
    const { loadBalancer } = this.topology();
    const url = loadBalancer.statusUrl.replace('/status', `/drain/node-${number}`);
    await docker('exec', this.nodeContainer(number), 'curl', '-sf', '-X', 'POST', url);
    return Date.now();
  }

  nodeContainer(number: number): string {
    return `${this.name}-node-${number}`;
  }

  async record(number: number): Promise<NodeRecord> {
    const { stdout } = await run('docker', ['logs', this.nodeContainer(number)]);
    return readRecord(stdout);
  }

  /** Memory of its workers that is theirs alone, in KiB. */
  async workerMemory(): Promise<number> {
    const lines = await docker('exec', this.container, 'sh', '-c', 'grep -h RssAnon /proc/[0-9]*/status');
    return lines.split('\n').reduce((sum, line) => sum + Number(/\d+/.exec(line)?.[0]), 0);
  }

  /** The answers in its access log. */
  async accessLog(): Promise<readonly Readonly<Record<string, string | number>>[]> {
    const { stdout } = await run('docker', ['logs', this.container]);
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  async errorLog(): Promise<string> {
    return (await run('docker', ['logs', this.container])).stderr;
  }

  remove(): Promise<void> {
    return removeLeftovers(this.name);
  }

  private async startBalancer(balancer: Topology['loadBalancer']): Promise<void> {
    const { containerName, httpPort, httpsPort, scratchMb, entrypoint, address, mounts } = balancer;
    const [program = '', ...rest] = entrypoint;
    await this.create(
      containerName,
      [
        ...['--ip', address, '--read-only', '--tmpfs', `/tmp:size=${scratchMb}m,mode=1777`],
        ...limitsOf(balancer),
        ...[httpPort, httpsPort].flatMap((port) => ['--publish', `${balancer.bindAddress}:${port}:${port}`]),
        ...mountOptions(mounts),
        ...['--entrypoint', program],
      ],
      [sandboxImageTags().nginx, ...rest],
    );
    await docker('start', containerName);
    await eventually(
      `${containerName} takes all nodes into rotation`,
      30,
      async () => (await this.markers()).length > 0,
    );
  }

  /** @param files put into the container, by path */
  private async create(
    container: string,
    options: readonly string[],
    command: readonly string[],
    files: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const own = ['--name', container, '--network', this.name, ...ownerLabels(this.name), ...HARDENED];
    await docker('create', ...own, ...options, ...command);
    const directory = mkdtempSync(join(tmpdir(), 'nginx-alone-'));
    try {
      for (const [path, content] of Object.entries(files)) {
        const file = join(directory, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
        chmodSync(file, 0o644);
      }
      for (const folder of new Set(Object.keys(files).map((path) => dirname(path)))) {
        await docker('cp', `${join(directory, folder)}/.`, `${container}:${folder}`);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** The server's certificate at this path, its key and the authority beside it. */
  private certificates(path: string): Record<string, string> {
    if (this.authority === undefined || this.server === undefined) throw new Error('not started');
    const { certificate, key } = this.server;
    return {
      [join(dirname(path), 'ca.crt')]: this.authority.certificate,
      [path]: certificate,
      [path.replace(/\.crt$/, '.key')]: key,
    };
  }
}

function derive(toml: string, name: string): Topology {
  const directory = mkdtempSync(join(tmpdir(), 'nginx-alone-'));
  try {
    writeFileSync(join(directory, `${name}.toml`), toml);
    const [environment] = loadEnvironments(directory);
    if (environment === undefined) throw new Error(`no environment in ${directory}`);
    return deriveTopology(environment, readAssets(environment));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** @param text what a recorder has printed */
export function readRecord(text: string): NodeRecord {
  const received: Received[] = [];
  const answers: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [word, rest = ''] = line.split(' ', 2);
    if (word === 'answered') answers[rest] = (answers[rest] ?? 0) + 1;
    if (word !== 'received') continue;
    const {
      at,
      method = '',
      path = '',
      target = '',
      length,
      ...others
    } = Object.fromEntries(new URLSearchParams(rest));
    const headers = Object.entries(others).map(([name, value]) => [name.slice('header-'.length).toLowerCase(), value]);
    received.push({
      at: Number(at),
      method,
      path,
      target,
      length: Number(length),
      headers: Object.fromEntries(headers),
    });
  }
  return { received, answers };
}

function limitsOf({ owner, memoryMb, openFiles }: ServerTopology): string[] {
  const memory = ['--memory', `${memoryMb}m`, '--memory-swap', `${memoryMb}m`];
  return ['--user', owner, ...memory, ...(openFiles === undefined ? [] : ['--ulimit', `nofile=${openFiles}`])];
}

function mountOptions(mounts: readonly Mount[]): string[] {
  return mounts.flatMap(({ volume, path, readOnly }) => ['--volume', `${volume}:${path}${readOnly ? ':ro' : ''}`]);
}
