import { LABEL_PREFIX } from '../../topology/names';
import type { ClusterObject } from '../environment-cluster';
import type { ServerFacts } from '../status/reasons';

/** A pod as the API server reports it, as far as it is read here. */
export interface Pod extends ClusterObject {
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly hostIP?: string;
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerState[];
    readonly initContainerStatuses?: readonly ContainerState[];
  };
}

/** A condition of an object, such as `Ready`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerState {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state: OneState;
  readonly lastState: OneState;
}

interface OneState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: { readonly exitCode: number; readonly reason?: string };
}

/** What the cluster has noted about a pod, such as a probe that failed. */
export interface PodEvent {
  readonly involvedObject: { readonly name?: string; readonly uid?: string };
  readonly reason: string;
  readonly message: string;
  readonly lastTimestamp?: string | null;
}

/** What a server's pod is found to be. */
export interface PodFacts extends ServerFacts {
  /** Time of the container's last start, RFC 3339; null while it does not run. */
  readonly startedAt: string | null;
  /** How often its container was started again. */
  readonly restarts: number;
  /** Why its container has not been started at all; undefined where it has. */
  readonly blocked?: string;
}

/** A container is not started as long as one of these holds. */
const START_ERRORS = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'RunContainerError'];
const CONFIGURATION_ERRORS = ['CreateContainerConfigError', 'CreateContainerError'];

/** The component of a pod, such as `node-1`. */
export function componentOf({ metadata }: ClusterObject): string | undefined {
  return metadata.labels?.[`${LABEL_PREFIX}.component`];
}

/** Whether somebody has told a pod to stop. */
export function isStopping({ metadata }: ClusterObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Whether a pod counts as ready, which its cluster also takes back where its machine does not answer. */
export function isReady({ status }: Pod): boolean {
  return status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** Reads what a pod and the cluster's notes about it say of its server. @param events of any pods, the newest last */
export function podFacts(pod: Pod, events: readonly PodEvent[]): PodFacts {
  const own = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
  const [container] = pod.status.containerStatuses ?? [];
  const { state, lastState } = container ?? { state: {}, lastState: {} };
  const ended = state.terminated ?? lastState.terminated;
  const { waiting } = state;
  const startError = START_ERRORS.concat(CONFIGURATION_ERRORS).includes(waiting?.reason ?? '') ? saidBy(waiting) : '';
  const running = state.running !== undefined;
  const probed = own.findLast(({ reason }) => reason === 'Unhealthy')?.message.trim();
  const blocked = running || ended || startError ? undefined : blockedBy(pod, own);
  const gone = running && container?.ready && !isReady(pod) ? 'its machine does not answer' : undefined;
  return {
    running,
    paused: false,
    // Kubernetes tries again, also what could not be started.
    restarting: !running && (ended !== undefined || startError !== ''),
    exitCode: ended?.exitCode ?? 0,
    outOfMemory: ended?.reason === 'OOMKilled',
    startError,
    startedAt: state.running?.startedAt ?? null,
    restarts: container?.restartCount ?? 0,
    ...(running && { health: healthOf(pod, container) }),
    ...((gone ?? probed) && { healthOutput: gone ?? probed }),
    ...(blocked && { blocked }),
  };
}

function healthOf(pod: Pod, container: ContainerState | undefined): string {
  if (isReady(pod)) return 'healthy';
  return container?.started ? 'unhealthy' : 'starting';
}

/** What keeps a pod from starting its server. */
function blockedBy({ status }: Pod, events: readonly PodEvent[]): string {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return `no machine takes it: ${scheduled.message ?? scheduled.reason}`;
  const failed = status.initContainerStatuses?.find(
    ({ state, lastState }) => endedBadly(state) ?? endedBadly(lastState),
  );
  if (failed) {
    const code = endedBadly(failed.state) ?? endedBadly(failed.lastState);
    return `its step "${failed.name}" ended with exit code ${code}`;
  }
  const stuck = events.findLast(({ reason }) => /^Failed/.test(reason))?.message;
  if (stuck === undefined) return 'it is starting';
  return /references non-existent secret key: checksums/.test(stuck)
    ? 'it waits for secrets that a job makes'
    : `it cannot be started: ${stuck}`;
}

function endedBadly({ terminated }: OneState): number | undefined {
  return terminated && terminated.exitCode !== 0 ? terminated.exitCode : undefined;
}

function saidBy({ reason, message }: NonNullable<OneState['waiting']> = {}): string {
  return [reason, message].filter(Boolean).join(': ');
}
