import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBaseImage } from '../../../cli/setup/base-image';
import { run } from '../../../cli/setup/process';
import { step } from '../../../cli/setup/progress';
import { sandboxImageTags } from '../../../images/tags';
import { CERTIFICATES_PATH, CONFIGURATION_PATH } from '../../../topology/volumes';
import { type Identity, issueCertificate } from '../../support/certificates';
import { ownerLabels, removeLeftovers } from '../../support/leftovers';
import { placeOf } from '../../support/places';
import { docker } from '../../support/workspace';

const PLACE = placeOf('benchmark-data-path');
const CLIENT = join(__dirname, 'client');

/** A container that runs Nginx with one configuration. */
export interface Server {
  readonly name: string;
  /** Last number of its address. */
  readonly number: number;
  /** Files of its configuration, `nginx.conf` among them. */
  readonly files: Readonly<Record<string, string>>;
  /** Script that starts Nginx. @default - Nginx starts by itself */
  readonly script?: string;
}

/** What wrk counted. */
export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

/** Servers and one client in a network of their own, on nothing but the engine. */
export class Edge {
  readonly hostname = PLACE.hostname;
  readonly network = PLACE.network;
  private readonly client = `${PLACE.name}-client`;

  /** Removes what a killed run has left, and starts the client. */
  async begin(dockerEnv: NodeJS.ProcessEnv): Promise<void> {
    const image = await ensureClientImage(dockerEnv);
    await this.end();
    await docker('network', 'create', ...this.labels, '--subnet', PLACE.subnet, PLACE.name);
    await docker('run', '--detach', ...this.options(this.client, 2), image);
  }

  /** Starts servers that share certificates: `tls` for clients, `node` for the nodes, `ca` for who asks a node. */
  async start(servers: readonly Server[]): Promise<void> {
    const { chain, key } = await issueCertificate(this.hostname);
    const node = await nodeIdentity();
    const certificates = {
      'tls.crt': chain,
      'tls.key': key,
      'node.crt': node.certificate,
      'node.key': node.key,
      'ca.crt': node.certificate,
    };
    const folder = mkdtempSync(join(tmpdir(), 'data-path-'));
    try {
      const place = (name: string, files: Readonly<Record<string, string>>) => {
        const directory = join(folder, name);
        mkdirSync(directory);
        for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
        // Nginx is another user in the container.
        chmodSync(directory, 0o755);
        return directory;
      };
      const shared = place('certificates', certificates);
      for (const { name, number, files, script } of servers) {
        const container = this.containerOf(name);
        const nginx = ['nginx', '-c', `${CONFIGURATION_PATH}/nginx.conf`, '-g', 'daemon off;'];
        const [program, ...args] = script === undefined ? nginx : ['/bin/sh', '-c', script];
        const as = [
          '--user',
          '101:101',
          '--tmpfs',
          '/tmp',
          '--ulimit',
          'nofile=16384',
          '--entrypoint',
          program as string,
        ];
        await docker('create', ...this.options(container, number), ...as, sandboxImageTags().nginx, ...args);
        await docker('cp', shared, `${container}:${CERTIFICATES_PATH}`);
        await docker('cp', place(name, files), `${container}:${CONFIGURATION_PATH}`);
        await docker('start', container);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  containerOf(server: string): string {
    return `${PLACE.name}-${server}`;
  }

  /** Requests with wrk, for this long. @throws when one of them fails or is answered with an error */
  async load(server: Pick<Server, 'number'>, options: LoadOptions): Promise<Load> {
    const { connections, seconds, keepAlive = true, port = 443 } = options;
    await this.pointTo(server);
    const args = [`-t${Math.min(2, connections)}`, `-c${connections}`, `-d${seconds}`, '--latency'];
    const headers = ['-H', 'Cookie: ISROUTE=node-1', ...(keepAlive ? [] : ['-H', 'Connection: close'])];
    const url = `https://${this.hostname}:${port}/`;
    return readLoad(await docker('exec', this.client, 'wrk', ...args, ...headers, url));
  }

  /** So many connections one after the other, each with a TLS handshake and one request. @returns milliseconds of each handshake */
  async handshakes(server: Pick<Server, 'number'>, count: number, resumed: boolean): Promise<number[]> {
    await this.pointTo(server);
    const options = [
      '--silent',
      '--show-error',
      '--fail',
      '--insecure',
      '--http1.1',
      ...(resumed ? [] : ['--no-sessionid']),
    ];
    const format = '%{time_connect} %{time_appconnect}\n';
    const url = `https://${this.hostname}/?[1-${count}]`;
    const args = [...options, '-H', 'Connection: close', '-o', '/dev/null', '-w', format, url];
    const lines = (await docker('exec', this.client, 'curl', ...args)).split('\n');
    if (lines.length !== count) throw new Error(`curl made ${lines.length} of ${count} handshakes`);
    return lines.map((line) => {
      const [connected = 0, secured = 0] = line.split(' ').map(Number);
      return (secured - connected) * 1000;
    });
  }

  async end(): Promise<void> {
    await removeLeftovers(PLACE.name);
  }

  /** The servers have one name and an address each. */
  private async pointTo({ number }: Pick<Server, 'number'>): Promise<void> {
    const line = `${PLACE.network}.${number} ${this.hostname}`;
    await docker('exec', this.client, 'sh', '-c', `echo '${line}' >/etc/hosts`);
  }

  private get labels(): string[] {
    return ownerLabels(PLACE.name);
  }

  private options(container: string, number: number): string[] {
    return ['--name', container, ...this.labels, '--network', PLACE.name, '--ip', `${PLACE.network}.${number}`];
  }
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  /** @default true */
  readonly keepAlive?: boolean;
  /** @default 443 */
  readonly port?: number;
}

/** @throws when not every request was answered well */
export function readLoad(report: string): Load {
  const failed = /Socket errors:.*|Non-2xx.*/.exec(report);
  if (failed) throw new Error(`requests failed under load: ${failed[0]}`);
  const requests = /(\d+) requests in/.exec(report);
  const perSecond = /Requests\/sec: +([\d.]+)/.exec(report);
  const at = (percent: number) => {
    const [, value, unit] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s) *$`, 'm').exec(report) ?? [];
    return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit as string] ?? Number.NaN);
  };
  const load = { requests: Number(requests?.[1]), perSecond: Number(perSecond?.[1]), median: at(50), p99: at(99) };
  if (Object.values(load).some(Number.isNaN)) throw new Error(`wrk said something else than expected:\n${report}`);
  return load;
}

/** The certificate that every node shows, with all that whoever asks it trusts. */
async function nodeIdentity(): Promise<Identity> {
  const { authority, chain, key } = await issueCertificate('localhost');
  return { certificate: `${chain}${authority}`, key };
}

/** The image of the client, which is built once. @returns its name */
async function ensureClientImage(dockerEnv: NodeJS.ProcessEnv): Promise<string> {
  const content = readFileSync(join(CLIENT, 'Dockerfile'));
  const tag = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const image = `wso2-is-active-active/benchmark-client:${tag}`;
  if ((await docker('image', 'ls', '--quiet', image)) !== '') return image;
  const base = await ensureBaseImage(dockerEnv);
  const build = ['build', '--force-rm', '--build-arg', `BASE_IMAGE=${base}`, '--tag', image, CLIENT];
  await step(`Building ${image}`, () => run('docker', build, { env: dockerEnv }));
  return image;
}
