import { isWorkload, type Manifest } from '../../constructs/kubernetes/manifests';
import type { ClusterObject } from '../environment-cluster';
import { type Condition, isReady, isStopping, type Pod, type PodEvent, podFacts } from './pods';

/** A Deployment, StatefulSet or Job as the API server reports it, as far as it is read here. */
export interface Workload extends ClusterObject {
  readonly metadata: ClusterObject['metadata'] & { readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** What the cluster has of an environment at one moment. */
export interface Seen {
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
  /** The newest last. */
  readonly events: readonly PodEvent[];
}

/** What keeps a layer from becoming what it is to be. */
export interface Trouble {
  /** Name of the pod or of what was to make it. */
  readonly subject: string;
  /** In words; no full stop. */
  readonly what: string;
  /** How long it may last before nothing is hoped for, in seconds. */
  readonly patienceSeconds: number;
  /** Container whose last words say more, and whether those of its last run are meant. @default - it has said nothing */
  readonly log?: { readonly container: string; readonly previous: boolean };
}

/** A registry, a volume or a quota may just be slow. */
const SHORT_SECONDS = 30;
const STUCK_SECONDS = 120;
/** A cluster may have to add a machine first. */
const NO_MACHINE_SECONDS = 300;
/** One that has ended so often ends again. */
const HOPELESS_RESTARTS = 3;
/** A job that has failed so often fails again; the cluster itself tries for minutes. */
const HOPELESS_ATTEMPTS = 2;

/** The workloads of a layer that are not what they are to be, in words. */
export function pendingOf(manifests: readonly Manifest[], { workloads }: Seen): string[] {
  return manifests.filter(isWorkload).flatMap(({ object: { kind, metadata, spec } }) => {
    const live = workloads.find((each) => each.kind === kind && each.metadata.name === metadata.name);
    return live !== undefined && isDone(live, spec?.replicas) ? [] : [metadata.name];
  });
}

function isDone({ kind, metadata, status = {} }: Workload, replicas = 1): boolean {
  if (kind === 'Job') return holds(status.conditions, 'Complete') !== undefined;
  const { observedGeneration = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return false;
  const ready = kind === 'StatefulSet' ? readyReplicas : availableReplicas;
  return updatedReplicas >= replicas && ready >= replicas && (status.replicas ?? 0) === replicas;
}

/** What is wrong with the workloads of a layer and with their pods. */
export function troublesOf(manifests: readonly Manifest[], seen: Seen): Trouble[] {
  return manifests.filter(isWorkload).flatMap(({ object: { kind, metadata } }) => {
    const live = seen.workloads.find((each) => each.kind === kind && each.metadata.name === metadata.name);
    if (live === undefined) return [];
    const pods = seen.pods.filter((pod) => pod.metadata.name.startsWith(`${metadata.name}-`) && !isStopping(pod));
    if (kind === 'Job') return [...refused(live, seen, pods), ...jobTroubles(live, pods)];
    return [...refused(live, seen, pods), ...pods.flatMap((pod) => podTrouble(pod, seen.events) ?? [])];
  });
}

/** A pod that the cluster does not let be made: a quota, a rule for pods. */
function refused({ metadata }: Workload, { events }: Seen, pods: readonly Pod[]): Trouble[] {
  if (pods.length > 0) return [];
  const event = events.findLast(
    ({ reason, involvedObject: { name = '' } }) =>
      reason === 'FailedCreate' && (name === metadata.name || name.startsWith(`${metadata.name}-`)),
  );
  if (event === undefined) return [];
  return [{ subject: metadata.name, what: `its pod is refused: ${event.message}`, patienceSeconds: SHORT_SECONDS }];
}

function jobTroubles({ metadata: { name }, status }: Workload, pods: readonly Pod[]): Trouble[] {
  if (holds(status?.conditions, 'Complete')) return [];
  const failed = pods.filter((pod) => pod.status.phase === 'Failed').sort(byAge);
  const last = failed.at(-1);
  if (last === undefined) {
    return pods.flatMap((pod) => podTrouble(pod, []) ?? []);
  }
  const ended = [...(last.status.initContainerStatuses ?? []), ...(last.status.containerStatuses ?? [])].find(
    ({ state }) => (state.terminated?.exitCode ?? 0) !== 0,
  );
  const code = ended?.state.terminated?.exitCode;
  const hopeless = holds(status?.conditions, 'Failed') !== undefined || failed.length >= HOPELESS_ATTEMPTS;
  return [
    {
      subject: last.metadata.name,
      what: `${name} has failed${failed.length > 1 ? ` ${failed.length} times` : ''}${code === undefined ? '' : `, with exit code ${code}`}`,
      patienceSeconds: hopeless ? 0 : NO_MACHINE_SECONDS,
      ...(ended && { log: { container: ended.name, previous: false } }),
    },
  ];
}

function byAge(one: Pod, other: Pod): number {
  return Date.parse(one.metadata.creationTimestamp) - Date.parse(other.metadata.creationTimestamp);
}

function podTrouble(pod: Pod, events: readonly PodEvent[]): Trouble | undefined {
  if (isReady(pod)) return undefined;
  const { startError, restarting, restarts, outOfMemory, exitCode, blocked } = podFacts(pod, events);
  const subject = pod.metadata.name;
  if (startError) return { subject, what: startError, patienceSeconds: SHORT_SECONDS };
  const begun = pod.status.initContainerStatuses?.find(({ lastState }) => lastState.terminated !== undefined);
  if (begun && (begun.lastState.terminated?.exitCode ?? 0) !== 0) {
    return {
      subject,
      what: `its step "${begun.name}" has ended ${begun.restartCount + 1} times, with exit code ${begun.lastState.terminated?.exitCode}`,
      patienceSeconds: begun.restartCount >= HOPELESS_RESTARTS - 1 ? 0 : NO_MACHINE_SECONDS,
      log: { container: begun.name, previous: true },
    };
  }
  if (restarts > 0) {
    const [container] = pod.status.containerStatuses ?? [];
    const how = outOfMemory ? 'it was killed for the memory that it took' : `exit code ${exitCode}`;
    return {
      subject,
      what: `it has ended ${restarts} ${restarts === 1 ? 'time' : 'times'}: ${how}`,
      patienceSeconds: restarting && restarts >= HOPELESS_RESTARTS ? 0 : Number.POSITIVE_INFINITY,
      ...(container && { log: { container: container.name, previous: true } }),
    };
  }
  if (blocked === undefined || blocked === 'it is starting') return undefined;
  const patienceSeconds = blocked.startsWith('no machine')
    ? NO_MACHINE_SECONDS
    : blocked.startsWith('it waits')
      ? Number.POSITIVE_INFINITY
      : STUCK_SECONDS;
  return { subject, what: blocked, patienceSeconds };
}

function holds(conditions: readonly Condition[] | undefined, wanted: string): Condition | undefined {
  return conditions?.find(({ type, status }) => type === wanted && status === 'True');
}
