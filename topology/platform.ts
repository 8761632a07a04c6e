import type { Environment } from '../environment/schema';
import { namespaceOf } from './places';

/** On what the environment is placed. */
export type PlatformTopology = { readonly kind: 'docker' } | KubernetesPlatform;

/** A namespace of a cluster. */
export interface KubernetesPlatform {
  readonly kind: 'kubernetes';
  /** Context of the kubeconfig file. */
  readonly context: string;
  readonly namespace: string;
  /** How clients reach the load balancer. */
  readonly publish: Environment['platform']['publish'];
  /** Annotations of the Service that clients reach. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Storage class of the database's claim. @default - the cluster's own */
  readonly storageClass?: string;
  /** Size of that claim in GiB. */
  readonly storageGib: number;
  /** Storage class of a claim that all nodes write. @default - each node has files of its own, which end with its pod */
  readonly sharedStorageClass?: string;
  /** Taints of machines on which the pods may run. */
  readonly tolerations: Environment['platform']['tolerations'];
}

export function platformTopology({ name, platform }: Environment): PlatformTopology {
  if (platform.kind === 'docker') return { kind: 'docker' };
  return {
    kind: 'kubernetes',
    context: platform.context as string,
    namespace: namespaceOf({ name, platform }),
    publish: platform.publish,
    annotations: platform.annotations,
    ...(platform.storage_class !== undefined && { storageClass: platform.storage_class }),
    storageGib: platform.storage_gib,
    ...(platform.shared_storage_class !== undefined && { sharedStorageClass: platform.shared_storage_class }),
    tolerations: platform.tolerations,
  };
}

/** kubectl for the namespace of an environment, as somebody would type it. */
export function clientOf({ context, namespace }: Pick<KubernetesPlatform, 'context' | 'namespace'>): string {
  return `kubectl --context ${context} -n ${namespace}`;
}
