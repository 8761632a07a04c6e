import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-32';
import type { Labels } from '../container-defaults';

/** What every pod and every container of an environment has, however much its users would rather not. */

/** Seconds after which a pod leaves a machine that does not answer; Kubernetes would wait for five minutes. */
const GONE_MACHINE_SECONDS = 30;

/** A user without a privilege, and files of volumes that its group reads. @param owner uid:gid */
export function restrictedPod(owner: string): k8s.PodSecurityContext {
  const [user, group] = idsOf(owner);
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: group,
    fsGroup: group,
    // Or every start would walk through all files of a claim.
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/**
 * No capability, no way to gain one.
 *
 * @param owner uid:gid, where it is another than the pod's
 * @param writesRoot whether the product writes all over its image. @default false
 */
export function restrictedContainer(owner: string, writesRoot = false): k8s.SecurityContext {
  const [user, group] = idsOf(owner);
  return {
    runAsUser: user,
    runAsGroup: group,
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: !writesRoot,
  };
}

/** As much memory as it may take is kept for it; processors are limited only where the configuration says so. */
export function resourcesOf(memoryMb: number, cpuRequestMilli: number, cpus?: number): k8s.ResourceRequirements {
  const memory = k8s.Quantity.fromString(`${memoryMb}Mi`);
  return {
    requests: { memory, cpu: k8s.Quantity.fromString(`${cpuRequestMilli}m`) },
    limits: { memory, ...(cpus !== undefined && { cpu: k8s.Quantity.fromString(`${Math.round(cpus * 1000)}m`) }) },
  };
}

/** What a container that runs once may take. */
export const JOB_RESOURCES: k8s.ResourceRequirements = {
  requests: { memory: k8s.Quantity.fromString('256Mi'), cpu: k8s.Quantity.fromString('100m') },
  limits: { memory: k8s.Quantity.fromString('768Mi') },
};

/** Taints of the user's machines, and those of machines that are gone. */
export function tolerationsOf(
  tolerations: readonly { readonly key: string; readonly value?: string; readonly effect?: string }[],
): k8s.Toleration[] {
  return [
    ...tolerations.map(({ key, value, effect }) => ({
      key,
      operator: value === undefined ? 'Exists' : 'Equal',
      ...(value !== undefined && { value }),
      ...(effect !== undefined && { effect }),
    })),
    ...['not-ready', 'unreachable'].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: GONE_MACHINE_SECONDS,
    })),
  ];
}

/**
 * On different machines as long as there are several that may be used, and in different zones where that is possible. Machines that are
 * drained or gone do not count.
 */
export function spread(labels: Labels): k8s.TopologySpreadConstraint[] {
  const labelSelector = { matchLabels: { ...labels } };
  return [
    {
      topologyKey: 'kubernetes.io/hostname',
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
      labelSelector,
    },
    {
      topologyKey: 'topology.kubernetes.io/zone',
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      nodeTaintsPolicy: 'Honor',
      labelSelector,
    },
  ];
}

/** Names are asked for as they stand: those of the environment are whole, and so are the user's. */
export const DNS_CONFIG: k8s.PodDnsConfig = { options: [{ name: 'ndots', value: '1' }] };

export function environmentOf(variables: Readonly<Record<string, string>>): k8s.EnvVar[] {
  // Kubernetes reads $(NAME) as a reference, and $$ as a dollar sign.
  return Object.entries(variables).map(([name, value]) => ({ name, value: value.replaceAll('$(', '$$(') }));
}

/** A command of the topology, where `CMD` says that no shell is meant. */
export function execOf(command: readonly string[]): k8s.ExecAction {
  return { command: command[0] === 'CMD' ? command.slice(1) : [...command] };
}

/** A short name for a content: another content, another name. */
export function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 10);
}

function idsOf(owner: string): [number, number] {
  return owner.split(':').map(Number) as [number, number];
}
