import type {
  ContainerConfig,
  ContainerLabels,
  ContainerUpload,
  ContainerVolumes,
} from '@cdktf/provider-docker/lib/container';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import type { HealthCheck, Mount, ServerTopology } from '../topology/container';

/** Labels of a container, volume or network. */
export type Labels = Readonly<Record<string, string>>;

/** A network that containers can be attached to: one of this stack, or the name of one of another. */
export interface NamedNetwork {
  readonly name: string;
}

export function dockerLabels(labels: Labels): ContainerLabels[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

export function dockerEnvironment(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => literal(`${name}=${value}`));
}

/** Files to put into a container before it starts, readable for its user. */
export function uploads(files: Readonly<Record<string, string>>): ContainerUpload[] {
  return Object.entries(files).map(([file, content]) => ({ file, content: literal(content), permissions: '0644' }));
}

/** Text that Terraform must not read as a template: shell and JavaScript use the same signs. */
export function literal(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}

/**
 * What every container of an environment has: no capability beyond those named, no way to gain one, and a bounded log. The log
 * driver and memory_swap are declared because the provider plans a change for ever where the daemon fills them in.
 */
export function hardened(
  labels: Labels,
  capabilities: readonly string[] = [],
): Pick<ContainerConfig, 'capabilities' | 'securityOpts' | 'logDriver' | 'logOpts' | 'labels'> {
  return {
    capabilities: { drop: ['ALL'], ...(capabilities.length > 0 && { add: [...capabilities] }) },
    securityOpts: ['no-new-privileges:true'],
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '5' },
    labels: dockerLabels(labels),
  };
}

/**
 * The provider looks once a second whether a new container is healthy. A check that begins this much before it looks is not seen a second
 * late.
 */
const SECONDS_BEFORE_LOOK = 0.3;

/** What a server's container is protected from, beside what the engine cannot change in it. */
export interface ServerLifecycle {
  /** Whether it refuses to be destroyed. @default - it does not say */
  readonly preventDestroy?: boolean;
  /** What it keeps until another change replaces it. @default - nothing else */
  readonly ignoreChanges?: readonly string[];
}

/** Seconds between two checks of a container on Docker Engine. */
export function checkInterval({ intervalSeconds }: HealthCheck): number {
  return intervalSeconds - SECONDS_BEFORE_LOOK;
}

/**
 * What a container that keeps running has: applying returns when it is healthy, it comes back by itself, and it gets its time to
 * stop, also when it is destroyed.
 */
export function serverContainer(
  server: ServerTopology,
  network: NamedNetwork,
  labels: Labels,
  { ignoreChanges = [], ...lifecycle }: ServerLifecycle = {},
): Pick<ContainerConfig, ServerSettings> & { name: string; image: string } {
  const { health, stopSeconds } = server;
  return {
    name: server.containerName,
    hostname: server.containerName,
    image: server.image,
    user: server.owner,
    ...hardened(labels),
    // Without additional swap.
    memory: server.memoryMb,
    memorySwap: server.memoryMb,
    ...(server.openFiles !== undefined && {
      ulimit: [{ name: 'nofile', soft: server.openFiles, hard: server.openFiles }],
    }),
    networksAdvanced: [{ name: network.name, ipv4Address: server.address }],
    healthcheck: {
      test: [...health.command],
      interval: goDuration(checkInterval(health)),
      timeout: goDuration(health.timeoutSeconds),
      retries: health.retries,
      startPeriod: goDuration(health.startPeriodSeconds),
    },
    restart: 'unless-stopped',
    mustRun: true,
    wait: true,
    waitTimeout: server.startTimeoutSeconds,
    stopSignal: server.stopSignal,
    stopTimeout: stopSeconds,
    destroyGraceSeconds: stopSeconds,
    // The engine cannot change a health check: a container keeps its own until another change replaces it. The provider would take another
    // one for an update, tell the engine nothing, and find the same difference in every plan.
    lifecycle: { ...lifecycle, ignoreChanges: ['healthcheck', ...ignoreChanges] },
  };
}

type ServerSettings =
  | keyof ReturnType<typeof hardened>
  | 'hostname'
  | 'user'
  | 'memory'
  | 'memorySwap'
  | 'ulimit'
  | 'networksAdvanced'
  | 'healthcheck'
  | 'restart'
  | 'mustRun'
  | 'wait'
  | 'waitTimeout'
  | 'stopSignal'
  | 'stopTimeout'
  | 'destroyGraceSeconds'
  | 'lifecycle';

/**
 * Volumes in a container. A volume of the same stack is referred to, so that it is there first; those of other stacks have fixed
 * names, because stacks share no state.
 *
 * @param volumes the volumes of this stack
 */
export function dockerMounts(mounts: readonly Mount[], volumes: readonly Volume[]): ContainerVolumes[] {
  return mounts.map(({ volume, path, readOnly }) => ({
    volumeName: volumes.find(({ nameInput }) => nameInput === volume)?.name ?? volume,
    containerPath: path,
    ...(readOnly && { readOnly }),
  }));
}

/** Seconds as the provider reads them back from the engine; any other spelling is a change in every plan. */
function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/**
 * A limit of processors, in steps of 0.1. It is spelt as the provider reads it back from the engine, "2.0" and "10.": any other
 * spelling is a change, and a change of it replaces the container in every plan.
 */
export function cpuLimit(cpus: number | undefined): Pick<ContainerConfig, 'cpus'> {
  if (cpus === undefined) return {};
  const tenths = cpus.toFixed(1);
  return { cpus: /^\d*0\d*\.0$/.test(tenths) ? tenths.slice(0, -1) : tenths };
}
