import { dirname } from 'node:path/posix';
import { restrictedContainer, restrictedPod, tolerationsOf } from '../../constructs/kubernetes/pod-defaults';
import { ROLE_LABEL } from '../../topology/names';
import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import type { VolumeTopology } from '../../topology/volumes';
import type { ScriptOptions } from '../volume-host';
import type { FilledSecret, SecretFiles } from './secrets';

/** A volume at a path of the helper's pod. */
export interface HelperMount {
  readonly row: VolumeTopology;
  readonly path: string;
  readonly readOnly: boolean;
}

/** How long a helper may be there, in seconds, should nobody remove it. */
const HELPER_SECONDS = 600;

/** @param mounts `volume:path` or `volume:path:ro`, as an engine takes them */
export function helperMounts(mounts: readonly string[], { volumes }: Topology): HelperMount[] {
  return mounts.map((mount) => {
    const [name = '', path = '', mode] = mount.split(':');
    const row = Object.values(volumes).find((each) => each.name === name);
    if (row === undefined) throw new Error(`there is no volume ${name}`);
    return { row, path, readOnly: mode === 'ro' };
  });
}

/**
 * A pod in which a command's script runs on what Secrets hold: as restricted as the jobs, without a token, and everything in memory. It waits,
 * since what a program prints that a pod starts with is in a log; what is run in it later is not.
 */
export function helperPod(
  name: string,
  image: string,
  topology: Topology,
  platform: KubernetesPlatform,
  { mounts, scratchMb = 64 }: Pick<ScriptOptions, 'mounts' | 'scratchMb'>,
): object {
  const owner = topology.nodes[0]?.owner as string;
  const all = helperMounts(mounts, topology);
  const folders = [...new Set(all.filter(({ row }) => row.kind === 'secrets').map(({ path }) => folderOf(path)))];
  const memory = [
    { name: 'tmp', path: '/tmp', size: scratchMb },
    ...folders.map((path, index) => ({ name: `secrets-${index + 1}`, path, size: 16 })),
  ];
  const claims = all.filter(({ row }) => row.kind === 'shared');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { ...topology.labels, [ROLE_LABEL]: 'job' } },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: HELPER_SECONDS,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(owner),
      tolerations: tolerationsOf(platform.tolerations),
      containers: [
        {
          name: 'helper',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sleep', String(HELPER_SECONDS)],
          // What is in memory counts as the container's.
          resources: { requests: { memory: '64Mi', cpu: '50m' }, limits: { memory: `${256 + scratchMb}Mi` } },
          securityContext: restrictedContainer(owner),
          volumeMounts: [
            ...memory.map((each) => ({ name: each.name, mountPath: each.path })),
            ...claims.map(({ row, path, readOnly }) => ({ name: row.purpose, mountPath: path, readOnly })),
          ],
        },
      ],
      volumes: [
        ...memory.map((each) => ({ name: each.name, emptyDir: { medium: 'Memory', sizeLimit: `${each.size}Mi` } })),
        ...claims.map(({ row }) => ({ name: row.purpose, persistentVolumeClaim: { claimName: row.name } })),
      ],
    },
  };
}

/** Folders side by side are in one volume: a folder of its own has a mode that says nothing of this pod. */
function folderOf(path: string): string {
  return dirname(path) === '/' ? path : dirname(path);
}

/** Fills folders with what standard input has: folder, name and content, a line each; the folders are there also where nothing is in them. */
export const LOAD = `
set -eu
umask 077
while read -r folder name content; do
  [ -d "$folder" ] || mkdir "$folder"
  [ -n "$name" ] || continue
  printf '%s' "$content" | base64 -d >"$folder/$name"
done
`;

/** The input of that. */
export function loadedLines(mounts: readonly HelperMount[], secrets: readonly FilledSecret[]): string {
  const lines = mounts
    .filter(({ row }) => row.kind === 'secrets')
    .flatMap(({ row, path }) => {
      const files = secrets.find((secret) => secret.row.name === row.name)?.files ?? new Map<string, Buffer>();
      return [path, ...[...files].map(([name, content]) => `${path} ${name} ${content.toString('base64')}`)];
    });
  return lines.map((line) => `${line}\n`).join('');
}

/** Prints what the folders hold now, which are its arguments, in the same form. */
export const DUMP = `
set -eu
for folder; do
  for file in "$folder"/* "$folder"/.[!.]*; do
    [ -f "$file" ] || continue
    printf '%s %s %s\\n' "$folder" "\${file##*/}" "$(base64 <"$file" | tr -d '\\n')"
  done
done
`;

/** What was printed of one folder, by name. */
export function dumpedFiles(text: string, folder: string): SecretFiles {
  const rows = text.split('\n').map((line) => line.split(' '));
  return new Map(
    rows
      .filter(([of, name]) => of === folder && name !== undefined)
      .map(([, name = '', content = '']) => [name, Buffer.from(content, 'base64')]),
  );
}

/**
 * A Secret that holds these files, as it is to be sent; undefined where it holds them already. The version in it has the API server refuse it where
 * somebody else has changed the Secret meanwhile.
 */
export function withFiles({ object, files }: FilledSecret, wanted: SecretFiles): object | undefined {
  const isSame = files.size === wanted.size && [...wanted].every(([name, content]) => files.get(name)?.equals(content));
  if (isSame) return undefined;
  const data = Object.fromEntries([...wanted].map(([name, content]) => [name, content.toString('base64')]));
  return { ...object, data };
}
