import { k8s } from 'cdk8s-plus-32';
import type { PodTopology, ServerTopology } from '../../topology/container';
import type { KubernetesPlatform } from '../../topology/platform';
import type { Labels } from '../container-defaults';
import {
  DNS_CONFIG,
  execOf,
  resourcesOf,
  restrictedContainer,
  restrictedPod,
  spread,
  tolerationsOf,
} from './pod-defaults';
import { type PodVolumes, uniqueVolumes } from './pod-volumes';

/** What a pod that keeps running has beside its topology. */
export interface ServerPodOptions {
  readonly platform: KubernetesPlatform;
  /** Labels of the pod, and of those that it is kept apart from. */
  readonly labels: Labels;
  readonly apartFrom: Labels;
  readonly container: Pick<k8s.Container, 'name' | 'command' | 'args' | 'env' | 'ports'>;
  readonly volumes: readonly PodVolumes[];
  /** Changes when files change that the server reads as it starts. */
  readonly digest: string;
  /** Whether the product writes all over its image. @default false */
  readonly writesRoot?: boolean;
  /** Processors that it may use. @default - as many as there are */
  readonly cpus?: number;
  readonly initContainers?: readonly k8s.Container[];
  readonly hostAliases?: readonly k8s.HostAlias[];
}

/** Annotation of a pod with the digest of its files. */
export const DIGEST_ANNOTATION = 'wso2-is-active-active.files';

/** The pod of a server: restricted, probed, spread, and given its time to stop. */
export function serverPod(server: ServerTopology, options: ServerPodOptions): k8s.PodTemplateSpec {
  const { platform, labels } = options;
  const pod = server.pod as PodTopology;
  return {
    metadata: { labels: { ...labels }, annotations: { [DIGEST_ANNOTATION]: options.digest } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(server.owner),
      dnsConfig: DNS_CONFIG,
      tolerations: tolerationsOf(platform.tolerations),
      topologySpreadConstraints: spread(options.apartFrom),
      terminationGracePeriodSeconds: server.stopSeconds + pod.beforeStopSeconds,
      ...(options.hostAliases?.length && { hostAliases: [...options.hostAliases] }),
      ...(options.initContainers?.length && { initContainers: [...options.initContainers] }),
      containers: [
        {
          ...options.container,
          image: server.image,
          imagePullPolicy: 'IfNotPresent',
          resources: resourcesOf(server.memoryMb, pod.cpuRequestMilli, options.cpus),
          securityContext: restrictedContainer(server.owner, options.writesRoot),
          ...probesOf(server, pod),
          ...(pod.beforeStop && { lifecycle: { preStop: { exec: execOf(pod.beforeStop) } } }),
          volumeMounts: options.volumes.flatMap(({ mounts }) => mounts),
        },
      ],
      volumes: uniqueVolumes(options.volumes.flatMap(({ volumes }) => volumes)),
    },
  };
}

/** How often a readiness is asked for, and how often it must fail. */
const READINESS = { periodSeconds: 2, failureThreshold: 2 };
/** A restart is for what nothing else helps: half a minute of silence. */
const LIVENESS = { periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 };

function probesOf(
  { health, startTimeoutSeconds }: ServerTopology,
  { startup, readiness, liveness }: PodTopology,
): Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const { intervalSeconds: periodSeconds, timeoutSeconds } = health;
  return {
    startupProbe: {
      exec: execOf(startup),
      periodSeconds,
      timeoutSeconds,
      failureThreshold: Math.ceil(startTimeoutSeconds / periodSeconds),
    },
    readinessProbe: {
      ...READINESS,
      timeoutSeconds,
      ...('port' in readiness
        ? { tcpSocket: { port: k8s.IntOrString.fromNumber(readiness.port) } }
        : { exec: execOf(readiness.command) }),
    },
    ...(liveness && { livenessProbe: { ...LIVENESS, exec: execOf(liveness) } }),
  };
}
