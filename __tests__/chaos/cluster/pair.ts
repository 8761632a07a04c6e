import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureCluster, KUBECONFIG } from '../../../cli/cluster/cluster';
import { loadImages } from '../../../cli/cluster/images';
import { kubectl } from '../../../cli/cluster/kubectl';
import { ADDRESSES, MACHINES, type MachineName, stateDirectory } from '../../../cli/cluster/layout';
import { STORAGE_CLASS } from '../../../cli/cluster/manifests';
import { CONTROL_PORT } from '../../../environment/addresses';
import { sandboxImageTags } from '../../../images/tags';
import { placeOf } from '../../support/places';
import { eventually, psql, Workspace } from '../../support/workspace';
import type { MeasuredPair } from '../fault';
import { NODE_PORT, type PairNode, READ_TIMEOUT_SECONDS } from '../pair';
import { ReplicatedDatabase } from '../replicated-database';
import { FrontDoor, healthPage } from './front-door';
import { askInPod, type Pod, podsOf } from './pods';

const NAME = 'cluster-faults';
const HTTPS_PORT = 30_485;
const HTTP_PORT = 30_085;
const DATABASE_PORT = 54_320;
/** How often it is looked whether all is well: each time costs two commands. */
const LOOK_MS = 1000;

/** With which the project's commands find the cluster. */
const VARIABLES = { KUBECONFIG, PATH: `${dirname(KUBECONFIG)}${delimiter}${process.env.PATH}` };

/** Settings of the pair that faults change. */
export interface ClusterPairSettings {
  readonly heapMb?: number;
  readonly image?: string;
  readonly loadBalancerImage?: string;
  readonly keystoreRevision?: number;
}

/**
 * The sandbox pair on the test cluster, with its database outside of it: two servers on this machine's engine, of which one takes over from
 * the other. Its clients are sent to machines that live by a load balancer of the test's own.
 */
export class ClusterPair implements MeasuredPair {
  readonly name = NAME;
  readonly namespace = NAME;
  /** Goes with the cluster. */
  readonly workspace = new Workspace(join(stateDirectory(), NAME));
  readonly servers = new ReplicatedDatabase('cluster-database', { address: ADDRESSES.host, port: DATABASE_PORT });
  readonly hostname = placeOf(NAME).hostname;
  readonly address = placeOf(NAME).bindAddress;
  readonly nodes: readonly [PairNode, PairNode];
  private door?: FrontDoor;
  private certificate = '';
  private lastPods: readonly Pod[] = [];

  constructor() {
    const node = (number: number): PairNode => ({
      name: `node-${number}`,
      container: `${NAME}-node-${number}`,
      address: '',
    });
    this.nodes = [node(1), node(2)];
  }

  get ca(): string {
    return this.certificate;
  }

  get frontDoor(): FrontDoor {
    if (this.door === undefined) throw new Error('the pair is not up');
    return this.door;
  }

  /** Creates or updates the pair, layer by layer. */
  async up(settings: ClusterPairSettings = {}): Promise<void> {
    const isNew = this.door === undefined && (await this.prepare());
    await this.configure(settings);
    if (isNew) await this.importSecrets();
    await this.workspace.make('up', NAME, VARIABLES);
    if (this.door === undefined) await this.openDoor();
  }

  async anew(): Promise<void> {
    await this.removeNamespace();
    this.door?.close();
    this.door = undefined;
    await this.up();
  }

  async dispose(): Promise<void> {
    this.leave();
    await this.removeNamespace();
    await this.servers.remove();
    await this.workspace.dispose();
  }

  /** Leaves the pair for the next run. */
  leave(): void {
    this.door?.close();
  }

  /** kubectl in the pair's namespace. */
  kubectl(...args: string[]): Promise<string> {
    return kubectl(['--namespace', this.namespace, ...args]);
  }

  async pods(): Promise<readonly Pod[]> {
    this.lastPods = await podsOf(this.name, this.namespace);
    return this.lastPods;
  }

  /** The pod of a node that is not about to stop. */
  async podOf({ name }: PairNode): Promise<Pod | undefined> {
    return (await this.pods()).find(({ component, leaving }) => component === name && !leaving);
  }

  /** Pods on a machine that are not about to stop. */
  async podsOn(machine: MachineName): Promise<Pod[]> {
    return (await this.pods()).filter((pod) => pod.machine === machine && !pod.leaving);
  }

  /** The worst of what the load balancers that serve say of each node; empty while none answers. */
  async rotations(): Promise<Record<string, string>> {
    const balancers = (await this.pods().catch(() => this.lastPods)).filter(
      ({ component, ready, leaving }) => component === 'load-balancer' && ready && !leaving,
    );
    const all = await Promise.all(balancers.map((pod) => askInPod(pod, `http://127.0.0.1:${CONTROL_PORT}/status`)));
    const said = all.flatMap((answer) =>
      answer?.status === 200
        ? (JSON.parse(answer.body) as { nodes: { name: string; rotation: string }[] }).nodes
        : this.nodes.map(({ name }) => ({ name, rotation: 'unknown' })),
    );
    const worst = (name: string) => said.find((each) => each.name === name && each.rotation !== 'in')?.rotation ?? 'in';
    return said.length === 0 ? {} : Object.fromEntries(this.nodes.map(({ name }) => [name, worst(name)]));
  }

  async answersHealth(node: PairNode): Promise<boolean> {
    return (await this.ask(node, '/probe/health'))?.status === 200;
  }

  async repeatedDeliveries(node: PairNode, key: string): Promise<string[]> {
    const answer = await this.ask(node, `/probe/deliveries?key=${key}`, 10);
    if (answer?.status !== 200) throw new Error(`${node.name} does not say what it has received`);
    return Object.keys((JSON.parse(answer.body) as { repeated: Record<string, number> }).repeated);
  }

  async storedIds(key: string): Promise<string[]> {
    const statement = `SELECT pw_id FROM probe_writes WHERE pw_key = '${key}'`;
    return (await psql(this.servers.primary.container, 'wso2_user', statement)).split('\n').filter(Boolean);
  }

  /** Of the load balancers that are there now. */
  async failuresInLog(since: Date): Promise<{ path: string; status: number; firstUpstream: string }[]> {
    const balancers = (await this.pods()).filter(({ component }) => component === 'load-balancer');
    const logs = await Promise.all(
      balancers.map(({ name }) => this.kubectl('logs', name, `--since-time=${since.toISOString()}`).catch(() => '')),
    );
    return logs
      .flatMap((log) => log.split('\n').filter((line) => line.startsWith('{')))
      .map((line) => JSON.parse(line) as { path: string; status: number; upstream: string })
      .filter(({ path, status }) => path.startsWith('/probe/') && status >= 500)
      .map(({ path, status, upstream }) => ({ path, status, firstUpstream: upstream.split(/[:,]/)[0] ?? '' }));
  }

  async untilHealthy(seconds = 300): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const missing = await this.missing().catch((error: Error) => [error.message]);
      if (missing.length === 0) {
        const { exitCode, stdout, stderr } = await this.workspace.tryMake('status', NAME, VARIABLES);
        if (exitCode === 0) return;
        missing.push(`make status: ${stdout}${stderr}`);
      }
      if (performance.now() > deadline) throw new Error(`not whole within ${seconds} s: ${missing.join('; ')}`);
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /** What is not as it should be; empty where everything is well. */
  private async missing(): Promise<string[]> {
    const column =
      '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{.spec.unschedulable} {end}';
    const machines = await kubectl(['get', 'nodes', '--output', `jsonpath=${column}`]);
    const rotations = await this.rotations();
    const pods = this.lastPods;
    const well = pods.filter(({ ready, leaving }) => ready && !leaving);
    const balancers = well.filter(({ component }) => component === 'load-balancer');
    const served = this.frontDoor.wellTargets();
    const facts: Readonly<Record<string, boolean>> = {
      [`machines are ${machines}`]: MACHINES.every(({ name }) => machines.includes(`${name}=True `)),
      'a pod is about to stop or not ready': well.length === pods.length && well.length === this.nodes.length + 2,
      [`load balancers: ${balancers.length}`]: balancers.length === 2,
      [`rotations: ${JSON.stringify(rotations)}`]: this.nodes.every(({ name }) => rotations[name] === 'in'),
      [`clients are sent to ${served.join(' and ') || 'no machine'}`]:
        served.length === 2 && balancers.every(({ machine }) => served.includes(machine as string)),
    };
    return Object.entries(facts).flatMap(([what, holds]) => (holds ? [] : [what]));
  }

  private async ask(node: PairNode, path: string, seconds?: number) {
    const pod = await this.podOf(node).catch(() => this.lastPods.find(({ component }) => component === node.name));
    if (pod === undefined) return undefined;
    return askInPod(pod, `https://127.0.0.1:${NODE_PORT}${path}`, { headers: { host: this.hostname }, seconds });
  }

  private async configure({ heapMb = 384, keystoreRevision = 1, image, loadBalancerImage }: ClusterPairSettings) {
    const images = [image, loadBalancerImage].flatMap((name) => name ?? []);
    if (images.length > 0) await loadImages(images);
    const imageLine = (name: string | undefined) => (name === undefined ? '' : `image = "${name}"\n`);
    const hosts = this.servers.servers.map(({ address, port }) => `"${address}:${port}"`).join(', ');
    await this.workspace.configure(
      NAME,
      `[platform]
kind = "kubernetes"
context = "wso2-kube"
namespace = "${this.namespace}"
publish = "node-port"
shared_storage_class = "${STORAGE_CLASS}"

[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = ${heapMb}
keystore_revision = ${keystoreRevision}
${imageLine(image)}
[database]
hosts = [${hosts}]
ca_file = "database-ca.pem"
max_connections = 400

[load_balancer]
hostname = "${this.hostname}"
http_port = ${HTTP_PORT}
https_port = ${HTTPS_PORT}
read_timeout_seconds = ${READ_TIMEOUT_SECONDS}
${imageLine(loadBalancerImage)}`,
    );
  }

  /** @returns whether the pair is to be made: an earlier run has left none */
  private async prepare(): Promise<boolean> {
    await ensureCluster();
    const { identityServer, postgresql, nginx } = sandboxImageTags();
    await loadImages([identityServer, postgresql, nginx]);
    const exists = (await kubectl(['get', 'namespace', this.namespace, '--ignore-not-found'])) !== '';
    // A pair whose state is gone, or with passwords of another database, is of no use.
    if (exists && existsSync(this.workspace.path('state', NAME)) && (await this.servers.resume())) return false;
    await this.removeNamespace();
    rmSync(this.workspace.directory, { recursive: true, force: true });
    await this.servers.start();
    mkdirSync(this.workspace.path('config'), { recursive: true });
    writeFileSync(this.workspace.path('config', 'database-ca.pem'), this.servers.authority);
    // As a platform team makes it.
    await kubectl(['create', 'namespace', this.namespace]);
    await kubectl(['label', 'namespace', this.namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    return true;
  }

  private async importSecrets(): Promise<void> {
    const secrets = {
      DATABASE_PASSWORD: randomBytes(12).toString('hex'),
      DATABASE_ADMIN_PASSWORD: this.servers.password,
    };
    for (const [secret, value] of Object.entries(secrets))
      await this.workspace.make('import-secret', NAME, { ...VARIABLES, NAME: secret }, value);
  }

  private async openDoor(): Promise<void> {
    const secret = `${NAME}-load-balancer-certificates`;
    const encoded = await this.kubectl('get', 'secret', secret, '--output', 'jsonpath={.data.ca\\.crt}');
    this.certificate = Buffer.from(encoded, 'base64').toString();
    const { address, hostname, ca } = this;
    const ask = healthPage(HTTPS_PORT, { hostname, ca });
    this.door = new FrontDoor({ address, port: 443, targets: MACHINES, targetPort: HTTPS_PORT, ask });
    await this.door.open();
    const { door } = this;
    await eventually('clients are sent to two machines', 60, () => door.wellTargets().length === 2);
  }

  private async removeNamespace(): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout=120s']);
  }
}
