import { CONTROL_PORT } from '../environment/addresses';
import type { TopologyAssets } from '../environment/assets';
import type { Environment } from '../environment/schema';
import type { PodTopology } from './container';
import type { Layout } from './layout';
import { LOGS_PATH } from './nginx-logs';
import { LEAVING_FILE } from './nginx-names';
import { peersPattern } from './peers';
import { podScripts } from './pod-scripts';
import { runtimeScript } from './runtime-script';

/** How long a node waits for another one to serve before it leaves. */
const LEAVE_SECONDS = 60;
/** How long that one must have served: names of a node that has just started come and go. */
const SERVED_SECONDS = 10;
/** Until load balancers lead requests to a node that has become ready: names that were not there are remembered for 5 s, and two probes follow. */
const NODE_SETTLED_SECONDS = 15;
/** What drain requests and the requests under way may take after that. */
const DRAINING_SECONDS = 10;
/** Header by which a node knows the load balancers. */
const TOKEN_HEADER = 'X-Load-Balancer-Token';
/** Until whoever sends clients to the machines has noticed that a load balancer has come or is about to go: two requests, 5 s apart, and some time. */
const NOTICED_SECONDS = 15;

/** Those of a node whose pod is told apart from its readiness to serve. */
export interface NodeOnKubernetes {
  readonly pod: PodTopology;
  readonly environment: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** What its container runs. */
  readonly entrypoint: readonly string[];
}

/**
 * A node's pod is "ready" when the server has answered its health request once and its port accepts: that puts its address behind its name, and
 * no more. Whether it gets requests is for the probes of the load balancers to say: what all nodes see alike must not take all their names
 * away. Two pods of one node are never behind its name, since one that is about to stop is not ready.
 */
export function nodeOnKubernetes(
  { platform }: Environment,
  { places, httpsPort, distribution }: Layout,
  assets: TopologyAssets,
  scripts: { readonly entrypoint: string; readonly health: string },
): NodeOnKubernetes | undefined {
  if (platform.kind !== 'kubernetes') return undefined;
  const [leave, refuse, started] = ['leave-rotation', 'refuse-strangers', 'started'].map(
    (name) => `${distribution.home}/active-active-${name}.sh`,
  ) as [string, string, string];
  const { loadBalancerToken } = podScripts(assets);
  return {
    pod: {
      startup: ['CMD', '/bin/sh', started],
      readiness: { port: httpsPort },
      // A pod that is about to stop is behind its name no more, whatever it still does, and by then the one before it serves.
      settledSeconds: NODE_SETTLED_SECONDS,
      beforeStop: ['/bin/sh', leave],
      beforeStopSeconds: LEAVE_SECONDS + DRAINING_SECONDS,
      cpuRequestMilli: 500,
    },
    environment: {
      LOAD_BALANCERS: places.loadBalancer,
      CONTROL_PORT: String(CONTROL_PORT),
      LEAVE_CHECKS: String(LEAVE_SECONDS),
      SETTLED_CHECKS: String(SERVED_SECONDS),
      HEALTH_SCRIPT: scripts.health,
      TOKEN_HEADER,
      LOOPBACK: peersPattern([]),
    },
    files: {
      [leave]: runtimeScript(assets, 'kubernetes/leave-rotation.sh'),
      [refuse]: [
        loadBalancerToken,
        runtimeScript(assets, 'identity-server/first-valve.sh'),
        runtimeScript(assets, 'kubernetes/refuse-strangers.sh'),
      ].join('\n'),
      [started]: runtimeScript(assets, 'kubernetes/node-started.sh'),
    },
    entrypoint: ['/bin/sh', refuse, scripts.entrypoint],
  };
}

/** What goes before the job that issues certificates, so that the load balancers get their token. */
export function tokenForLoadBalancers({ platform }: Environment, assets: TopologyAssets): string[] {
  if (platform.kind !== 'kubernetes') return [];
  return [
    `TOKEN_HEADER=${TOKEN_HEADER}`,
    podScripts(assets).loadBalancerToken,
    runtimeScript(assets, 'kubernetes/hand-over-token.sh'),
  ];
}

/** A load balancer's pod takes clients as soon as it knows a node that serves, and stops when nobody sends it new ones. */
export function loadBalancerPod(
  { platform }: Environment,
  assets: TopologyAssets,
  healthCommand: readonly string[],
): PodTopology | undefined {
  if (platform.kind !== 'kubernetes') return undefined;
  return {
    startup: ['/bin/sh', '-c', runtimeScript(assets, 'kubernetes/load-balancer-started.sh')],
    readiness: { command: healthCommand },
    settledSeconds: NOTICED_SECONDS,
    liveness: healthCommand,
    beforeStop: ['/bin/sh', '-c', `touch ${LEAVING_FILE}; sleep ${NOTICED_SECONDS}`],
    beforeStopSeconds: NOTICED_SECONDS,
    cpuRequestMilli: 200,
  };
}

/** A database that recovers is not helped by a restart, so nothing asks whether it lives. */
export function databasePod({ platform }: Environment, healthCommand: readonly string[]): PodTopology | undefined {
  if (platform.kind !== 'kubernetes') return undefined;
  return {
    startup: healthCommand,
    readiness: { command: healthCommand },
    beforeStopSeconds: 0,
    cpuRequestMilli: 250,
  };
}

/** What a load balancer's container runs: where it finds the nodes by name, it first says whom to ask. */
export function loadBalancerScript(
  { platform }: { readonly platform: Pick<Environment['platform'], 'kind'> },
  assets: Pick<TopologyAssets, 'runtime'>,
): string {
  const script = `LOGS=${LOGS_PATH}\n${runtimeScript(assets, 'load-balancer/entrypoint.sh')}`;
  // A container that is started again in the same pod is about to stop no more.
  return platform.kind === 'kubernetes' ? `rm -f ${LEAVING_FILE}\n${podScripts(assets).resolver}\n${script}` : script;
}
