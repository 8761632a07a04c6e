import { randomBytes } from 'node:crypto';
import { manifestsOf } from '../../constructs/kubernetes/manifests';
import type { Topology } from '../../topology/topology';
import type { VolumeTopology } from '../../topology/volumes';
import { type ClusterObject, clusterSays, type EnvironmentCluster } from '../environment-cluster';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';
import type { ScriptOptions, VolumeHost } from '../volume-host';
import {
  DUMP,
  dumpedFiles,
  type HelperMount,
  helperMounts,
  helperPod,
  LOAD,
  loadedLines,
  withFiles,
} from './helper-pod';
import { baseNameOf, type Job } from './jobs';
import { componentOf, type Pod, podFacts } from './pods';
import { requireReachable } from './reachable';
import { type FilledSecret, readSecrets, secretRows } from './secrets';

const READY_SECONDS = 120;
const SCRIPT_TIMEOUT_MS = 120_000;

interface Claim extends ClusterObject {
  readonly status: { readonly phase?: string };
}

/** The Secrets of an environment, and its claim, as the volumes that they are to the jobs' scripts. */
export class ClusterVolumes implements VolumeHost {
  readonly volumeWord = 'Secret';
  readonly placed: string;

  constructor(
    private readonly topology: Topology,
    private readonly cluster: EnvironmentCluster,
  ) {
    this.placed = `in the namespace ${cluster.platform.namespace}`;
  }

  async volumeNames(): Promise<string[]> {
    const names = [...secretRows(this.topology), ...Object.values(this.topology.volumes).filter(isClaim)].map(
      ({ name }) => name,
    );
    const kinds = 'secrets,persistentvolumeclaims';
    const text = await this.cluster.kubectl(['get', kinds, '--selector', this.cluster.selector, '--output', 'name']);
    const found = text.split('\n').map((line) => line.slice(line.indexOf('/') + 1));
    return names.filter((name) => found.includes(name));
  }

  /** As its manifest has it, or what is applied later would find another. */
  async createVolume(topology: Topology, { name }: VolumeTopology): Promise<void> {
    const all = manifestsOf(topology).flatMap(({ manifests }) => manifests);
    const found = all.find(
      ({ object }) => ['Secret', 'PersistentVolumeClaim'].includes(object.kind) && object.metadata.name === name,
    );
    if (found === undefined) throw new Error(`${name} is no part of the manifests`);
    const input = JSON.stringify(found.object);
    await this.cluster.kubectl(['apply', '--server-side', '--filename', '-'], { input });
  }

  async removeVolumes(names: readonly string[]): Promise<void> {
    const of = (wanted: (row: VolumeTopology) => boolean) =>
      Object.values(this.topology.volumes)
        .filter((row) => names.includes(row.name) && wanted(row))
        .map(({ name }) => name);
    const secrets = of(({ kind }) => kind === 'secrets');
    const claims = of(isClaim);
    if (secrets.length > 0) await this.cluster.kubectl(['delete', 'secrets', ...secrets, '--ignore-not-found']);
    if (claims.length > 0) await this.cluster.kubectl(['delete', 'persistentvolumeclaims', ...claims, '--wait=false']);
  }

  async runOnVolumes(image: string, script: string, options: ScriptOptions): Promise<string> {
    const mounts = helperMounts(options.mounts, this.topology);
    const rows = mounts.filter(({ row }) => row.kind === 'secrets').map(({ row }) => row);
    const secrets = await told('the Secrets cannot be read', readSecrets(this.cluster, rows));
    const pod = `${this.topology.environment}-helper-${randomBytes(4).toString('hex')}`;
    try {
      await this.start(pod, image, options);
      await this.script(pod, LOAD, { input: loadedLines(mounts, secrets) });
      const given = `${this.topology.podScripts.givenFiles}\n${script}`;
      const said = await this.script(pod, given, options);
      await this.keep(pod, mounts, secrets);
      return said;
    } finally {
      await this.cluster.kubectl(['delete', 'pod', pod, '--ignore-not-found', '--wait=false']);
    }
  }

  async hasData({ volumes: { databaseData } }: Topology): Promise<boolean> {
    const claim = await this.cluster.find<Claim>('persistentvolumeclaim', databaseData.name);
    if (claim?.status.phase !== 'Bound') return false;
    const pod = (await this.cluster.list<Pod>('pods')).find((each) => componentOf(each) === databaseData.component);
    if (pod === undefined) return true;
    const { running, startError, restarting } = podFacts(pod, []);
    return running || (restarting && startError === '');
  }

  async createdNodes({ nodes }: Topology): Promise<string[]> {
    const names = nodes.map(({ containerName }) => containerName);
    const found = await this.cluster.list('deployments');
    return found.map(({ metadata }) => metadata.name).filter((name) => names.includes(name));
  }

  async forgetJobs(jobs: readonly string[]): Promise<void> {
    const found = (await this.cluster.list<Job>('jobs')).map(({ metadata }) => metadata.name);
    const ofThem = found.filter((name) => jobs.includes(baseNameOf(name)));
    if (ofThem.length > 0) await this.cluster.kubectl(['delete', 'jobs', ...ofThem]);
  }

  removalOf(volumes: readonly VolumeTopology[]): string {
    const names = volumes.filter(({ kind }) => kind === 'secrets').map(({ name }) => name);
    return `remove only the Secrets once no pod has them: ${this.cluster.client} delete secrets ${names.join(' ')}`;
  }

  private async start(name: string, image: string, options: ScriptOptions): Promise<void> {
    const input = JSON.stringify(helperPod(name, image, this.topology, this.cluster.platform, options));
    const created = this.cluster.kubectl(['create', '--filename', '-'], { input });
    await told(`the pod ${name}, in which this is done, cannot be made`, created);
    const wait = ['wait', `pod/${name}`, '--for=condition=Ready', `--timeout=${READY_SECONDS}s`];
    try {
      await this.cluster.kubectl(wait, { timeoutMs: (READY_SECONDS + 10) * 1000 });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const pod = await this.cluster.find<Pod>('pod', name);
      const { blocked, startError } = pod ? podFacts(pod, []) : { blocked: 'it is gone', startError: '' };
      throw new UserError(
        `the pod ${name}, in which this is done, does not start within ${READY_SECONDS} s: ${startError || blocked}. Nothing was changed.`,
      );
    }
  }

  /** Runs a shell script in the helper. @throws CommandError where it fails, UserError where the pod could not be asked */
  private async script(
    pod: string,
    script: string,
    { input = '', environment = {} }: Partial<ScriptOptions>,
    ...args: readonly string[]
  ): Promise<string> {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const command = ['/usr/bin/env', ...variables, 'sh', '-c', script, 'sh', ...args];
    try {
      return await this.cluster.execIn(pod, command, { input, timeoutMs: SCRIPT_TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { exitCode, reason, lastLines } = error;
      const own = lastLines.filter((line) => !line.startsWith('command terminated with exit code'));
      if (own.length === lastLines.length)
        throw new UserError(`the pod ${pod} cannot be asked: ${clusterSays(error)}.`);
      throw new CommandError(['kubectl', 'exec', pod], exitCode, reason, own);
    }
  }

  /** Has the Secrets hold what the script has left. */
  private async keep(pod: string, mounts: readonly HelperMount[], secrets: readonly FilledSecret[]): Promise<void> {
    const written = mounts.filter(({ row, readOnly }) => row.kind === 'secrets' && !readOnly);
    if (written.length === 0) return;
    const paths = written.map(({ path }) => path);
    const text = await this.script(pod, DUMP, {}, ...paths);
    for (const { row, path } of written) {
      const secret = secrets.find((each) => each.row.name === row.name);
      const changed = secret && withFiles(secret, dumpedFiles(text, path));
      if (changed === undefined) continue;
      const input = JSON.stringify(changed);
      await told(
        `the Secret ${row.name} was not changed`,
        this.cluster.kubectl(['replace', '--filename', '-'], { input }),
      );
    }
  }
}

/** @throws UserError where the cluster cannot be asked */
export async function openVolumes(topology: Topology, cluster: EnvironmentCluster): Promise<ClusterVolumes> {
  await requireReachable(cluster);
  return new ClusterVolumes(topology, cluster);
}

/** What kubectl says of its own failure, which is not one of the script that is run by it. */
async function told<T>(what: string, command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new UserError(`${what}: ${clusterSays(error)}.`);
  }
}

function isClaim({ kind }: VolumeTopology): boolean {
  return kind === 'data' || kind === 'shared';
}
