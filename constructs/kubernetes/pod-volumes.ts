import { k8s } from 'cdk8s-plus-32';
import type { Mount } from '../../topology/container';
import type { KubernetesPlatform } from '../../topology/platform';
import type { VolumesTopology, VolumeTopology } from '../../topology/volumes';

/** Volumes of a pod, and where its container has them. */
export interface PodVolumes {
  readonly volumes: readonly k8s.Volume[];
  readonly mounts: readonly k8s.VolumeMount[];
}

/** Memory, or the machine's disk, that ends with the pod. */
export function scratch(name: string, path: string, megabytes?: number): PodVolumes {
  const limit = megabytes === undefined ? {} : { sizeLimit: k8s.Quantity.fromString(`${megabytes}Mi`) };
  return {
    volumes: [{ name, emptyDir: { ...(megabytes !== undefined && { medium: 'Memory' }), ...limit } }],
    mounts: [{ name, mountPath: path }],
  };
}

/** What a row of the table of volumes becomes in a pod. */
export function podVolumes(
  mounts: readonly Mount[],
  table: VolumesTopology,
  platform: Pick<KubernetesPlatform, 'sharedStorageClass'>,
): PodVolumes {
  const rows = mounts.map(({ volume, path, readOnly }) => {
    const row = Object.values(table).find(({ name }) => name === volume) as VolumeTopology;
    return {
      volume: { name: row.purpose, ...sourceOf(row, readOnly, platform) },
      mount: { name: row.purpose, mountPath: path, ...(readOnly && { readOnly }) },
    };
  });
  return { volumes: rows.map(({ volume }) => volume), mounts: rows.map(({ mount }) => mount) };
}

/** Each volume once: two mounts may be of the same. */
export function uniqueVolumes(volumes: readonly k8s.Volume[]): k8s.Volume[] {
  return volumes.filter(({ name }, index) => volumes.findIndex((each) => each.name === name) === index);
}

/** In memory where a job makes what is to become a Secret: nothing of it is on a disk. */
function sourceOf(
  { kind, name }: VolumeTopology,
  readOnly: boolean,
  { sharedStorageClass }: Pick<KubernetesPlatform, 'sharedStorageClass'>,
): Omit<k8s.Volume, 'name'> {
  switch (kind) {
    case 'secrets':
      return readOnly
        ? filledSecret(name)
        : { emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('16Mi') } };
    case 'data':
      return { persistentVolumeClaim: { claimName: name } };
    case 'shared':
      return sharedStorageClass === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: name } };
    case 'scratch':
      return { emptyDir: {} };
  }
}

/**
 * A Secret, once a job has filled it: the checksums are the last that a job writes, and a pod that asks for a key which is not there waits. The
 * Secret itself is there from the beginning, and empty.
 */
function filledSecret(name: string): Omit<k8s.Volume, 'name'> {
  const mode = 0o440;
  return {
    projected: {
      defaultMode: mode,
      sources: [{ secret: { name, items: [{ key: 'checksums', path: 'checksums' }] } }, { secret: { name } }],
    },
  };
}
