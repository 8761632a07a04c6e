import { createHash } from 'node:crypto';
import type { Topology } from '../../topology/topology';
import { declaredVolumes, type VolumeTopology } from '../../topology/volumes';
import { type ClusterObject, clusterSays, type EnvironmentCluster } from '../environment-cluster';
import { irreplaceable, lostText } from '../lost-files';
import { CommandError } from '../setup/process';
import type { ChangedFilesStatus, VolumeStatus } from '../status/changed-files';

/** Files of a Secret, by name. */
export type SecretFiles = ReadonlyMap<string, Buffer>;

/** A Secret of the environment with what is in it. */
export interface FilledSecret {
  readonly row: VolumeTopology;
  /** As the API server has it. */
  readonly object: object;
  readonly files: SecretFiles;
}

interface Secret extends ClusterObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The volumes of an environment that are Secrets on Kubernetes. */
export function secretRows({ volumes }: Topology): VolumeTopology[] {
  return declaredVolumes(volumes).filter(({ kind }) => kind === 'secrets');
}

/** Reads Secrets; those that are not there are not in the answer. What is in them stays in this process. */
export async function readSecrets(
  cluster: EnvironmentCluster,
  rows: readonly VolumeTopology[],
): Promise<FilledSecret[]> {
  if (rows.length === 0) return [];
  const names = rows.map(({ name }) => name);
  const text = await cluster.kubectl(['get', 'secrets', ...names, '--ignore-not-found', '--output', 'json']);
  if (text.trim() === '') return [];
  const answer = JSON.parse(text) as Secret | { readonly items: readonly Secret[] };
  const found = 'items' in answer ? answer.items : [answer];
  return rows.flatMap((row) => {
    const secret = found.find(({ metadata }) => metadata.name === row.name);
    if (secret === undefined) return [];
    const files = new Map(
      Object.entries(secret.data ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    );
    return [{ row, object: secret, files }];
  });
}

/** Names of the files that are not as a job has installed them, by the list with digests beside them; the list's, where that is missing. */
export function changedFiles(files: SecretFiles): string[] {
  const list = files.get('checksums')?.toString('utf8') ?? '';
  if (list === '') return ['checksums'];
  return [...list.matchAll(/^([0-9a-f]{64}) [ *](?:\.\/)*(.+)$/gm)].flatMap(([, digest, name = '']) => {
    const content = files.get(name);
    return content !== undefined && createHash('sha256').update(content).digest('hex') === digest ? [] : [name];
  });
}

/** What is not as it should be in the environment's Secrets. Only names of files are told. */
export async function filesInSecrets(topology: Topology, cluster: EnvironmentCluster): Promise<VolumeStatus> {
  const rows = secretRows(topology);
  try {
    const found = await readSecrets(cluster, rows);
    const back = `where the environment has started already, put it back from a backup: make restore ENVIRONMENT=${topology.environment} < keys.tar && make up ENVIRONMENT=${topology.environment}`;
    const again = `"make up ENVIRONMENT=${topology.environment}"`;
    const changed = found
      .filter(({ files }) => files.size > 0)
      .flatMap(({ row, files }) => changedFiles(files).map((file) => ({ row, purpose: row.purpose, file })));
    const lost = irreplaceable(topology, changed);
    const status = (row: VolumeTopology): ChangedFilesStatus[] => {
      const volume = row.name;
      const secret = found.find((each) => each.row === row);
      if (secret === undefined) return [{ volume, files: [], reason: `the Secret ${volume} is missing; ${back}` }];
      if (secret.files.size === 0) {
        return [
          {
            volume,
            files: [],
            reason: `the Secret ${volume} is empty, since the job that fills it has not run, or somebody has emptied it; ${back}`,
          },
        ];
      }
      const files = changed.filter((each) => each.row === row).map(({ file }) => file);
      if (files.length === 0) return [];
      const ofIt = lost.filter(({ purpose }) => purpose === row.purpose);
      const installs = `${files.join(', ')} in the Secret ${volume}: changed or removed by hand; ${again} installs what was there`;
      return [{ volume, files, reason: ofIt.length > 0 ? lostText(volume, ofIt, 'Secret') : installs }];
    };
    return { changed: rows.flatMap(status) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { changed: [], problem: clusterSays(error) };
  }
}
