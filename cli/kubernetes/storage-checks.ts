import type { Foreseen } from '../../review/report/foreseen';
import type { KubernetesPlatform } from '../../topology/platform';
import type { ClusterFacts } from './cluster-facts';
import type { Needs } from './needs';

/** Provisioners whose claims one machine at a time has, whatever is asked for. */
const ONE_MACHINE = [
  'ebs.csi.aws.com',
  'kubernetes.io/aws-ebs',
  'disk.csi.azure.com',
  'kubernetes.io/azure-disk',
  'pd.csi.storage.gke.io',
  'kubernetes.io/gce-pd',
  'cinder.csi.openstack.org',
  'csi.hetzner.cloud',
  'dobs.csi.digitalocean.com',
];
/** Those whose claims are on the disk of one machine, and stay there. */
const ONE_DISK = [
  'rancher.io/local-path',
  'docker.io/hostpath',
  'k8s.io/minikube-hostpath',
  'kubernetes.io/host-path',
  'kubernetes.io/no-provisioner',
  'openebs.io/local',
  'topolvm.io',
];
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** Whether the claims can be made, and hold what they are for. */
export function storageFindings(
  { storageClass, sharedStorageClass }: KubernetesPlatform,
  { objects }: Needs,
  { storageClasses }: ClusterFacts,
): Foreseen[] {
  if (storageClasses === undefined) return [];
  const names = storageClasses.map(({ metadata }) => metadata.name);
  const known = names.length === 0 ? 'the cluster has none' : `the cluster has ${names.join(', ')}`;
  const claims = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').length;
  const own = claims - (sharedStorageClass === undefined ? 0 : 1);
  const provisionerOf = (name?: string) =>
    storageClasses.find(({ metadata }) =>
      name === undefined ? metadata.annotations?.[DEFAULT_CLASS] === 'true' : metadata.name === name,
    )?.provisioner;
  const found: Foreseen[] = [];
  const missing = (key: string, name: string) =>
    found.push({ severity: 'error', key, message: `there is no storage class ${name}; ${known}` });
  if (own > 0 && storageClass !== undefined && !names.includes(storageClass)) {
    missing('platform.storage_class', storageClass);
  } else if (own > 0 && provisionerOf(storageClass) === undefined) {
    found.push({
      severity: 'error',
      key: 'platform.storage_class',
      message: `the database's claim names no storage class, and the cluster has no default; ${known}`,
    });
  } else if (own > 0 && ONE_DISK.includes(provisionerOf(storageClass) as string)) {
    found.push({
      severity: 'warning',
      key: 'platform.storage_class',
      message: `${storageClass ?? 'the default storage class'} keeps the database's claim on the disk of one machine (${provisionerOf(storageClass)}): with that machine the data is gone`,
    });
  }
  if (sharedStorageClass !== undefined) {
    const key = 'platform.shared_storage_class';
    const provisioner = provisionerOf(sharedStorageClass);
    if (!names.includes(sharedStorageClass)) missing(key, sharedStorageClass);
    else if (provisioner !== undefined && [...ONE_MACHINE, ...ONE_DISK].includes(provisioner)) {
      found.push({
        severity: 'error',
        key,
        message: `${sharedStorageClass} gives no claim that pods on several machines write (ReadWriteMany): its provisioner is ${provisioner}; choose a class of files, such as NFS, CephFS, EFS or Azure Files, or leave the key away (docs/kubernetes.md says what is lost then)`,
      });
    }
  }
  return found;
}
