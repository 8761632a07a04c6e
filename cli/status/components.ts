import type { ServerTopology } from '../../topology/container';
import { jobsInOrder } from '../../topology/jobs';
import type { NodeTopology } from '../../topology/node';
import type { Topology } from '../../topology/topology';
import type { CertificateFacts } from '../certificate';
import { membersSeenBy } from '../cluster-members';
import type { EngineContainer, EnvironmentEngine } from '../environment-engine';
import { engineHostOf } from '../published/places';
import { routingStatus } from '../rotation';
import { nodeCertificate, nodeCertificateReason } from './node-certificate';
import { knownCause, type PlatformWords, reasonOf, shortageIn, whatJobSaid } from './reasons';

/** One long-running container or pod of the environment, or a job that failed. */
export interface ComponentStatus {
  readonly component: string;
  /** Its container or pod. */
  readonly container: string;
  /** Machine of its pod; null while none takes it. @default - the platform has one machine */
  readonly machine?: string | null;
  /** `running`, `stopped`, `missing`, or `failed` for a job; of a pod also `starting` and `stopping`. */
  readonly state: string;
  /** What the container's own health check says. */
  readonly health: string;
  /** Time of the last start, RFC 3339. */
  readonly since: string | null;
  /** How often the engine has restarted it. */
  readonly restarts: number;
  /** For nodes: whether the load balancer sends traffic to it; where some of several do, how many. */
  readonly rotation: string | null;
  /** For nodes: what each of several load balancers says. @default - there is one */
  readonly balancers?: Readonly<Record<string, string>>;
  /** For nodes that form a cluster: how many of its members this one is connected to, itself included; 0 when unknown. */
  readonly clusterMembers: number | null;
  /** For nodes: the certificate that they show to the load balancer; null where it cannot be asked. */
  readonly certificate: CertificateFacts | null;
  /** What it has run out of in the last minutes although its health check succeeds, such as a disk. */
  readonly shortage: string | null;
  /** Why it is not healthy, or soon will not be. */
  readonly reason: string | null;
}

/** Lines in which a cause is looked for. */
export const LOG_LINES = 200;
/** How far back the log of a component is looked at that runs or that is started again and again. */
const RECENT_MINUTES = 5;

/** Every component, and the jobs that failed: they are why others are missing. */
export async function componentsOf(topology: Topology, engine: EnvironmentEngine): Promise<ComponentStatus[]> {
  const containers = await engine.containers();
  const routing = await routingStatus(topology, engine);
  const find = (name: string) => containers.find((candidate) => candidate.name === name);
  const status = async (
    component: string,
    server: ServerTopology,
    rest: Partial<ComponentStatus> = {},
  ): Promise<ComponentStatus> => {
    const container = find(server.containerName);
    const isHealthy = container?.health === 'healthy';
    const log = container === undefined ? '' : await logOf(engine, container);
    const shortage = isHealthy ? shortageIn(log) : null;
    const context = { log, environment: topology.environment, words: wordsFor(topology), memoryMb: server.memoryMb };
    return {
      component,
      container: server.containerName,
      state: stateOf(container),
      health: healthOf(container),
      since: container?.running ? container.startedAt : null,
      restarts: container?.restarts ?? 0,
      rotation: null,
      clusterMembers: null,
      certificate: null,
      shortage,
      reason: reasonOf(server.containerName, container, context) ?? (shortage && `healthy, but ${shortage}`),
      ...rest,
    };
  };
  const { container: database } = topology.database;
  const databaseIsWell = !database || find(database.containerName)?.health === 'healthy';
  return Promise.all([
    ...failedJobs(topology, engine, containers),
    ...(database ? [status('database', database)] : []),
    ...topology.nodes.map(async (node) => {
      const routed = routing?.nodes.find(({ name }) => name === node.name);
      const { rotation, reason } = routed ?? { rotation: 'unknown', reason: null };
      const [members, certificate] = await Promise.all([
        topology.clusterPort === undefined ? null : clusterMembers(topology, node, engine, topology.clusterPort),
        routing && find(node.containerName)?.running ? nodeCertificate(topology, node, engine) : null,
      ]);
      const row = await status(node.name, node, { rotation, clusterMembers: members, certificate });
      const reasons = [
        row.reason ?? (rotation === 'out' && reason ? `the load balancer sends it nothing: ${reason}` : null),
        row.state === 'running' && !databaseIsWell ? 'the database is not healthy' : null,
        nodeCertificateReason(certificate, topology.environment),
      ];
      return { ...row, reason: reasons.filter((one) => one !== null).join('; ') || null };
    }),
    status('load-balancer', topology.loadBalancer),
  ]);
}

/** Whether nothing is wrong with a component; what is about to stop is nothing that must work. */
export function isWell({ state, health, rotation, shortage }: ComponentStatus): boolean {
  return state === 'stopping' || (health === 'healthy' && shortage === null && (rotation ?? 'in') === 'in');
}

function wordsFor(topology: Topology): PlatformWords {
  const host = engineHostOf(topology);
  const client = host === undefined ? 'docker' : `docker -H ${host}`;
  return { thing: 'container', starter: 'the engine', client };
}

/** What every row has, unless it says otherwise. */
export const NO_STATUS = {
  since: null,
  restarts: 0,
  rotation: null,
  clusterMembers: null,
  certificate: null,
  shortage: null,
  reason: null,
} as const;

function failedJobs(topology: Topology, engine: EnvironmentEngine, containers: readonly EngineContainer[]) {
  const names = jobsInOrder(topology.jobs).map(({ name }) => name);
  const failed = containers.filter(({ name, running, exitCode }) => names.includes(name) && !running && exitCode !== 0);
  return failed.map(async (container): Promise<ComponentStatus> => {
    const { name, exitCode } = container;
    const log = await logOf(engine, container);
    const said = knownCause(log) ?? whatJobSaid(log);
    const { environment } = topology;
    return {
      component: name.slice(environment.length + 1),
      container: name,
      state: 'failed',
      health: 'none',
      ...NO_STATUS,
      reason: `it ended with exit code ${exitCode}: ${said}. "${wordsFor(topology).client} logs ${name}" says all; "make up ENVIRONMENT=${environment}" runs it again`,
    };
  });
}

function logOf(engine: EnvironmentEngine, container: EngineContainer): Promise<string> {
  return engine.lastLines(container.name, LOG_LINES, logSince(container)).catch(() => '');
}

/** From where a log is looked at, a time or so many minutes: from the last start, since what was wrong before may be long over. */
export function logSince({
  startedAt,
  running,
  restarts,
  health,
}: Pick<EngineContainer, 'startedAt' | 'running' | 'restarts' | 'health'>): string {
  const recently = `${RECENT_MINUTES}m`;
  // What ends again and again may not have said it this time yet.
  if (running && health !== 'healthy' && restarts > 0) return recently;
  const isRecent = Date.parse(startedAt) > Date.now() - RECENT_MINUTES * 60_000;
  return health === 'healthy' && !isRecent ? recently : startedAt;
}

async function clusterMembers(
  topology: Topology,
  node: NodeTopology,
  engine: EnvironmentEngine,
  port: number,
): Promise<number> {
  const peers = topology.nodes.map(({ address }) => address).filter((address) => address !== node.address);
  return membersSeenBy(engine, node.containerName, peers, port);
}

function healthOf(container: EngineContainer | undefined): string {
  if (!container?.running) return 'none';
  if (container.paused) return 'frozen';
  return container.health ?? 'none';
}

function stateOf(container: EngineContainer | undefined): string {
  if (container === undefined) return 'missing';
  return container.running ? 'running' : 'stopped';
}
