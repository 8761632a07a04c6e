import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { clusterRuns, ensureCluster, KUBECONFIG, removeCluster } from '../../cli/cluster/cluster';
import { loadImages } from '../../cli/cluster/images';
import { kubectl } from '../../cli/cluster/kubectl';
import { STORAGE_CLASS } from '../../cli/cluster/manifests';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { type RunResult, run } from '../../cli/setup/process';
import type { ComponentStatus } from '../../cli/status/components';
import { sandboxImageTags } from '../../images/tags';
import { podsOf } from '../chaos/cluster/pods';
import { type PlaceName, placeOf } from './places';
import { eventually, PROJECT, Workspace } from './workspace';

/** A node is in rotation again after its start and what the cluster's names take. */
const SERVES_SECONDS = 180;

/** What `make status JSON=1` says, as far as tests read it. */
export interface ClusterStatus {
  readonly healthy: boolean;
  readonly components: readonly ComponentStatus[];
  readonly changed: readonly { readonly volume: string; readonly files: readonly string[]; readonly reason: string }[];
  readonly published: { readonly served: boolean; readonly addresses: readonly string[] };
}

/** Ports of the cluster's machines, which no other environment may have. */
export interface ClusterPorts {
  readonly http: number;
  readonly https: number;
}

/** What tests change of it. */
export interface ClusterSettings {
  readonly heapMb?: number;
  readonly nodes?: number;
  readonly publish?: 'node-port' | 'load-balancer' | 'cluster-ip';
  /** Further lines of its load balancer. @default - none */
  readonly balancer?: string;
  /** Whose client certificates are accepted, PEM. @default - nobody is asked for one */
  readonly clientAuthority?: string;
}

/** What the cluster itself puts into every namespace. */
export const EMPTY_NAMESPACE: readonly string[] = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];

/** Kinds of what an environment is made of. */
const KINDS = [
  ...['deployments', 'statefulsets', 'jobs', 'pods', 'services', 'configmaps', 'secrets', 'persistentvolumeclaims'],
  ...['networkpolicies', 'poddisruptionbudgets', 'serviceaccounts', 'roles', 'rolebindings'],
].join(',');

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
}

/** The sandbox pair in a namespace of its own on the cluster of `make cluster`, with its database in the cluster as well. */
export class ClusterEnvironment {
  readonly workspace = new Workspace();
  private readonly hadCluster = clusterRuns();

  constructor(
    readonly name: PlaceName,
    readonly ports: ClusterPorts,
  ) {
    // As a user's shell has it.
    process.env.KUBECONFIG = KUBECONFIG;
    process.env.PATH = `${dirname(KUBECONFIG)}${delimiter}${process.env.PATH}`;
  }

  private identityServer: string | undefined;

  /**
   * Leaves an empty namespace, as a platform team makes it, and a configuration.
   *
   * @param settings.identityServer image that is run as Identity Server 7.1. @default - the sandbox's server
   */
  async prepare(settings: ClusterSettings & { readonly identityServer?: string } = {}): Promise<void> {
    const { identityServer, postgresql, nginx } = sandboxImageTags();
    this.identityServer = settings.identityServer;
    const images = [settings.identityServer ?? identityServer, postgresql, nginx];
    await ensureSetup({ images });
    await ensureCluster();
    await loadImages(images);
    await kubectl(['delete', 'namespace', this.name, '--ignore-not-found']);
    await kubectl(['create', 'namespace', this.name]);
    await kubectl(['label', 'namespace', this.name, 'pod-security.kubernetes.io/enforce=restricted']);
    await this.configure(settings);
  }

  async configure({
    heapMb = 512,
    nodes = 2,
    publish = 'node-port',
    balancer = '',
    clientAuthority,
  }: ClusterSettings = {}): Promise<void> {
    const { postgresql, nginx } = sandboxImageTags();
    // The product's own images are in no registry that the cluster reads.
    const { server, database, nginxImage } =
      this.identityServer === undefined
        ? { server: 'distribution = "sandbox"', database: '', nginxImage: '' }
        : {
            server: `distribution = "wso2is-7.1.0"\nimage = "${this.identityServer}"`,
            database: `[database]\nimage = "${postgresql}"\n`,
            nginxImage: `image = "${nginx}"\n`,
          };
    await this.workspace.configure(
      this.name,
      `[platform]
kind = "kubernetes"
context = "wso2-kube"
publish = "${publish}"
storage_gib = 1
shared_storage_class = "${STORAGE_CLASS}"
[identity_server]
${server}
nodes = ${nodes}
memory_mb = 1280
heap_mb = ${heapMb}
${database}[load_balancer]
${nginxImage}hostname = "${placeOf(this.name).hostname}"
http_port = ${this.ports.http}
https_port = ${this.ports.https}
${balancer}
${clientAuthority === undefined ? '' : '[load_balancer.client_certificates]\nca_file = "client-ca.pem"\n'}`,
    );
    if (clientAuthority !== undefined) writeFileSync(this.workspace.path('config', 'client-ca.pem'), clientAuthority);
  }

  async dispose(): Promise<void> {
    if (!this.hadCluster) await removeCluster();
    else await kubectl(['delete', 'namespace', this.name, '--wait=false']);
    await this.workspace.dispose();
  }

  /** kubectl in the namespace. */
  readonly kubectl = (...args: string[]): Promise<string> => kubectl(['--namespace', this.name, ...args]);

  /** Runs `make <target>` in a shell, as an archive is no text. @param redirection such as `>keys.tar` */
  makeInShell(target: string, redirection: string): Promise<RunResult> {
    const command = `make -s --no-print-directory -f "$0" ${target} ENVIRONMENT=${this.name} ${redirection}`;
    return run('sh', ['-c', command, join(PROJECT, 'Makefile')], { cwd: this.workspace.directory });
  }

  async status(): Promise<ClusterStatus> {
    const script = 'node --require "$0/typescript.cjs" "$0/cli/status.ts" --json || true';
    const env = { ENVIRONMENT: this.name };
    const { stdout } = await run('sh', ['-c', script, PROJECT], { cwd: this.workspace.directory, env });
    return JSON.parse(stdout) as ClusterStatus;
  }

  untilHealthy(): Promise<void> {
    return eventually('all is well', SERVES_SECONDS, async () => (await this.status()).healthy);
  }

  /** What a file of a Secret holds. */
  async stored(secret: string, file: string): Promise<string> {
    const text = await this.kubectl('get', 'secret', secret, '--output', 'json');
    const { data } = JSON.parse(text) as { data: Record<string, string> };
    return Buffer.from(data[file] ?? '', 'base64').toString('utf8');
  }

  /** Digests of what every Secret of the environment holds. */
  async digests(): Promise<Record<string, string>> {
    const text = await this.kubectl('get', 'secrets', '--output', 'json');
    const { items } = JSON.parse(text) as { items: { metadata: { name: string }; data?: object }[] };
    return Object.fromEntries(
      items.map(({ metadata: { name }, data }) => [
        name,
        createHash('sha256')
          .update(JSON.stringify(Object.entries(data ?? {}).sort()))
          .digest('hex'),
      ]),
    );
  }

  /** Everything that the environment is made of, in the version that it has now; of a pod, which changes by itself, only which one it is. */
  async versions(): Promise<Record<string, string>> {
    const { items } = JSON.parse(await this.kubectl('get', KINDS, '--output', 'json')) as { items: Listed[] };
    const there = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return Object.fromEntries(
      there.map(({ kind, metadata: { name, uid, generation, resourceVersion } }) => [
        `${kind} ${name}`,
        kind === 'Pod' ? uid : `${uid} ${generation ?? resourceVersion}`,
      ]),
    );
  }

  /** Everything in the namespace, whoever has made it, but what is said to have happened there. */
  async everything(): Promise<string[]> {
    const kinds = await this.kubectl('api-resources', '--namespaced', '--verbs=list', '--output=name');
    const listed = kinds.split('\n').filter((kind) => kind !== '' && !kind.startsWith('events'));
    return (await this.kubectl('get', listed.join(','), '--output', 'name')).split('\n').filter(Boolean).sort();
  }

  /**
   * What is left in the namespace after a destruction. What the cluster makes beside a Service goes a moment after it, so up to 30 s are waited.
   *
   * @param expected what may stay
   */
  async left(expected: readonly string[] = EMPTY_NAMESPACE): Promise<string[]> {
    let left: string[] = [];
    await eventually('nothing is left', 30, async () => {
      left = await this.everything();
      return isDeepStrictEqual(left, expected);
    }).catch(() => undefined);
    return left;
  }

  /** Which pod each node has; none while one stops and the next is not there yet. */
  async nodePods(): Promise<Record<string, string>> {
    const pods = await podsOf(this.name, this.name);
    const nodes = pods.filter(({ component, leaving }) => component.startsWith('node-') && !leaving);
    return Object.fromEntries(nodes.map(({ component, uid }) => [component, uid]));
  }
}
