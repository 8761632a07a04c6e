import type { ServerTopology } from '../../topology/container';
import { ROLE_LABEL } from '../../topology/names';
import type { NodeTopology } from '../../topology/node';
import type { Topology } from '../../topology/topology';
import { membersSeenBy } from '../cluster-members';
import type { ClusterObject, EnvironmentCluster } from '../environment-cluster';
import { routingStatus } from '../rotation';
import { type ComponentStatus, LOG_LINES, logSince, NO_STATUS } from '../status/components';
import { nodeCertificate, nodeCertificateReason } from '../status/node-certificate';
import { knownCause, type PlatformWords, reasonOf, shortageIn, whatJobSaid } from '../status/reasons';
import { failedJobs, type Job } from './jobs';
import {
  type Condition,
  componentOf,
  isReady,
  isStopping,
  type Pod,
  type PodEvent,
  type PodFacts,
  podFacts,
} from './pods';
import { rotationOf } from './rotation';

/** What keeps pods running: a Deployment or a StatefulSet. */
interface Owner extends ClusterObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly conditions?: readonly Condition[] };
}

/** What the namespace has of the environment. */
interface Found {
  readonly pods: readonly Pod[];
  readonly owners: readonly Owner[];
  readonly jobs: readonly Job[];
  readonly events: readonly PodEvent[];
}

/** Every pod of the environment's servers, those that are missing, and the jobs that failed: they are why others are missing. */
export async function componentsOnCluster(topology: Topology, cluster: EnvironmentCluster): Promise<ComponentStatus[]> {
  const found = await look(cluster);
  const { database, nodes, loadBalancer, volumes } = topology;
  const asPod = cluster.inPods;
  const podsOf = (component: string) =>
    found.pods.filter((pod) => componentOf(pod) === component && pod.metadata.labels?.[ROLE_LABEL] !== 'job');
  const balancerComponent = volumes.loadBalancerConfiguration.component;
  const answering = podsOf(balancerComponent).filter((pod) => !isStopping(pod) && pod.status.phase === 'Running');
  const asked = answering.map(
    async ({ metadata: { name } }) => [name, await routingStatus(topology, asPod, name)] as const,
  );
  const routing = new Map(await Promise.all(asked));
  const rows = (component: string, server: ServerTopology) =>
    rowsOf(component, server, podsOf(component), found, topology, cluster);
  const databaseRows = database.container ? await rows(volumes.databaseData.component, database.container) : [];
  const databaseIsWell = databaseRows.every(({ state, health }) => state === 'stopping' || health === 'healthy');

  const ofNode = async (node: NodeTopology, row: ComponentStatus): Promise<ComponentStatus> => {
    if (row.state === 'stopping') return row;
    const { reason, ...rotation } = rotationOf(node.name, routing);
    const pod = found.pods.find(({ metadata }) => metadata.name === row.container);
    const peers = nodes.filter(({ name }) => name !== node.name).flatMap(({ name }) => addressesOf(podsOf(name)));
    const address = pod?.status.podIP;
    const [clusterMembers, certificate] = await Promise.all([
      topology.clusterPort === undefined ? null : membersSeenBy(asPod, row.container, peers, topology.clusterPort),
      row.state === 'running' && address !== undefined
        ? nodeCertificate(topology, { address, httpsPort: node.httpsPort }, cluster)
        : null,
    ]);
    const reasons = [
      row.reason ?? reason,
      row.state === 'running' && !databaseIsWell ? 'the database is not healthy' : null,
      nodeCertificateReason(certificate, topology.environment),
    ];
    const text = reasons.filter((one) => one !== null).join('; ');
    return { ...row, ...rotation, clusterMembers, certificate, reason: text || null };
  };
  const nodeRows = nodes.map(async (node) => {
    const of = await rows(node.name, node);
    return Promise.all(of.map((row) => ofNode(node, row)));
  });
  return [
    ...(await failedJobs(topology, cluster, found.jobs)),
    ...databaseRows,
    ...(await Promise.all(nodeRows)).flat(),
    ...(await rows(balancerComponent, loadBalancer)),
  ];
}

/** How things are called on the cluster. */
export function clusterWords({ client }: EnvironmentCluster): PlatformWords {
  return { thing: 'pod', starter: 'Kubernetes', client };
}

async function look(cluster: EnvironmentCluster): Promise<Found> {
  const [objects, events] = await Promise.all([
    cluster.list<ClusterObject>('pods,deployments,statefulsets,jobs'),
    // They only say more; who may not read them is told less.
    cluster
      .kubectl(['get', 'events', '--field-selector', 'type=Warning', '--output', 'json'])
      .then((text) => (JSON.parse(text) as { items: PodEvent[] }).items)
      .catch(() => []),
  ]);
  const of = <T extends ClusterObject>(...kinds: readonly string[]) =>
    objects.filter(({ kind }) => kinds.includes(kind)) as T[];
  const time = ({ lastTimestamp }: PodEvent) => Date.parse(lastTimestamp ?? '') || 0;
  return {
    pods: of<Pod>('Pod'),
    owners: of<Owner>('Deployment', 'StatefulSet'),
    jobs: of<Job>('Job'),
    events: events.toSorted((one, other) => time(one) - time(other)),
  };
}

/** The pods of a server, and a row for each that there should be and is not. */
async function rowsOf(
  component: string,
  server: ServerTopology,
  pods: readonly Pod[],
  { owners, events }: Found,
  topology: Topology,
  cluster: EnvironmentCluster,
): Promise<ComponentStatus[]> {
  const { environment } = topology;
  const owner = owners.find(({ metadata }) => metadata.name === server.containerName);
  const lacking = Math.max(owner?.spec.replicas ?? 1, 1) - pods.filter((pod) => !isStopping(pod)).length;
  const missing = Array.from({ length: Math.max(lacking, 0) }, (): ComponentStatus => {
    const kind = server.containerName === topology.database.container?.containerName ? 'StatefulSet' : 'Deployment';
    const reason = missingReason(kind, server.containerName, owner, environment);
    return { ...NO_STATUS, component, container: '', machine: null, state: 'missing', health: 'none', reason };
  });
  const rows = pods.map((pod) => rowOf(component, server, pod, podFacts(pod, events), environment, cluster));
  return [...(await Promise.all(rows)), ...missing];
}

async function rowOf(
  component: string,
  server: ServerTopology,
  pod: Pod,
  facts: PodFacts,
  environment: string,
  cluster: EnvironmentCluster,
): Promise<ComponentStatus> {
  const { name } = pod.metadata;
  const words = clusterWords(cluster);
  const row = {
    ...NO_STATUS,
    component,
    container: name,
    machine: pod.spec.nodeName ?? null,
    health: facts.health ?? 'none',
    since: facts.startedAt,
    restarts: facts.restarts,
  };
  if (isStopping(pod)) return { ...row, state: 'stopping' };
  if (facts.blocked) {
    const said = facts.blocked.includes('ended with exit code') ? await stepSaid(cluster, name) : '';
    return { ...row, state: 'starting', reason: `${facts.blocked}${said && `: ${said}`}` };
  }
  const log = await logOf(cluster, name, facts);
  const shortage = isReady(pod) ? shortageIn(log, words) : null;
  const reason = reasonOf(name, facts, { log, environment, words, memoryMb: server.memoryMb });
  return {
    ...row,
    state: facts.running ? 'running' : 'stopped',
    shortage,
    reason: reason ?? (shortage && `healthy, but ${shortage}`),
  };
}

/** What the step before a server's start said last, such as the check of Nginx' configuration. */
async function stepSaid(cluster: EnvironmentCluster, pod: string): Promise<string> {
  const args = ['logs', '--all-containers', '--ignore-errors', `--tail=${LOG_LINES}`, pod];
  const log = await cluster.kubectl(args).catch(() => '');
  return knownCause(log, clusterWords(cluster)) ?? whatJobSaid(log);
}

async function logOf(cluster: EnvironmentCluster, pod: string, facts: PodFacts): Promise<string> {
  const since = facts.startedAt === null ? undefined : logSince({ ...facts, startedAt: facts.startedAt });
  const from = since === undefined ? [] : [since.endsWith('Z') ? `--since-time=${since}` : `--since=${since}`];
  return cluster.kubectl(['logs', `--tail=${LOG_LINES}`, ...from, pod]).catch(() => '');
}

/** Why nobody has made a pod. */
function missingReason(kind: string, name: string, owner: Owner | undefined, environment: string): string {
  if (owner === undefined) return `its ${kind} ${name} is missing; "make up ENVIRONMENT=${environment}" creates it`;
  if (owner.spec.replicas === 0) {
    return `its ${kind} ${name} is scaled to 0; "make up ENVIRONMENT=${environment}" brings it back`;
  }
  const failure = owner.status.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return failure?.message === undefined
    ? `the cluster has made no pod for its ${kind} ${name} yet`
    : `the cluster makes no pod for its ${kind} ${name}: ${failure.message}`;
}

function addressesOf(pods: readonly Pod[]): string[] {
  return pods.flatMap(({ status }) => status.podIP ?? []);
}
