/** What is decided about every container that keeps running. */
export interface ServerTopology {
  readonly containerName: string;
  readonly image: string;
  /** Fixed address in the environment's network. */
  readonly address: string;
  /** uid:gid that it runs as. */
  readonly owner: string;
  /** Memory limit in MiB; swap is not added. */
  readonly memoryMb: number;
  /** Limit of open files. @default - the engine's */
  readonly openFiles?: number;
  readonly health: HealthCheck;
  /** How long it may take to become healthy, in seconds. */
  readonly startTimeoutSeconds: number;
  /** Signal by which it is asked to stop. */
  readonly stopSignal: string;
  /** How long it gets to stop before it is killed, in seconds. */
  readonly stopSeconds: number;
  readonly mounts: readonly Mount[];
  /** What Kubernetes is told beside that. @default - the platform is another */
  readonly pod?: PodTopology;
}

/** What Kubernetes is told of a server beside what every platform is told. */
export interface PodTopology {
  /** Succeeds when the server has started; until then nobody is led to it, and a roll waits. Command in the container. */
  readonly startup: readonly string[];
  /** Whether it may be led to now: a port that accepts, or a command. */
  readonly readiness: { readonly port: number } | { readonly command: readonly string[] };
  /** How long it must have been ready before a roll goes on, in seconds. @default - not at all */
  readonly settledSeconds?: number;
  /** Fails when only a restart helps. @default - the container ends by itself then */
  readonly liveness?: readonly string[];
  /** Runs before the server is asked to stop. @default - nothing */
  readonly beforeStop?: readonly string[];
  /** How long that may take at most, in seconds. */
  readonly beforeStopSeconds: number;
  /** Processors that are kept for it, in thousandths. */
  readonly cpuRequestMilli: number;
}

/** How the engine finds out whether a container is healthy. */
export interface HealthCheck {
  /** Command in the container, `CMD` first. */
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
  /** How long after the start failures do not count, in seconds. */
  readonly startPeriodSeconds: number;
}

/** A volume in a container. */
export interface Mount {
  /** Name of the volume. */
  readonly volume: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/** As long as any container of an environment may take to stop, in seconds. */
export const LONGEST_STOP_SECONDS = 90;
