import { setTimeout } from 'node:timers/promises';
import { ROLE_LABEL } from '../../topology/names';
import type { RoutingStatus } from '../rotation';
import { InterruptedError, UserError } from '../setup/errors';
import { step } from '../setup/progress';
import type { ClusterContext } from './cluster-context';
import { isReady, isStopping, type Pod } from './pods';

type Place = Pick<ClusterContext, 'topology' | 'cluster'>;

/** Who takes traffic, by the word of the load balancers. */
export interface Rotation {
  /** Whether a load balancer says anything: without one nobody is served. */
  readonly known: boolean;
  /** Names of the nodes that are in rotation at every load balancer that takes clients. */
  readonly serving: readonly string[];
  /** Why others are not, in words. */
  readonly out: readonly string[];
}

const ASK_MS = 10_000;
const SECONDS_BETWEEN_LOOKS = 1;
/** What any node may need to get back into rotation, beside its start. */
const GRACE_SECONDS = 30;

/** Asks every load balancer that takes clients. */
export async function rotation({ topology, cluster }: Place): Promise<Rotation> {
  const pods = await cluster.list<Pod>('pods', `${ROLE_LABEL}=load-balancer`);
  const taking = pods.filter((pod) => isReady(pod) && !isStopping(pod));
  const said = await Promise.all(
    taking.map(async ({ metadata: { name } }) => ({ name, status: await statusOf(name, { topology, cluster }) })),
  );
  const answers = said.filter(({ status }) => status !== undefined);
  const nodes = topology.nodes.map(({ name, containerName }) => {
    const out = answers.flatMap(({ name: pod, status }) => {
      const node = status?.nodes.find((each) => each.name === name);
      return node?.rotation === 'in'
        ? []
        : [`${containerName} at ${pod}: ${node?.reason || node?.rotation || 'unknown'}`];
    });
    return { containerName, out };
  });
  return {
    known: answers.length > 0,
    serving: answers.length === 0 ? [] : nodes.filter(({ out }) => out.length === 0).map((node) => node.containerName),
    out: nodes.flatMap(({ out }) => out),
  };
}

async function statusOf(pod: string, { topology, cluster }: Place): Promise<RoutingStatus | undefined> {
  try {
    const args = ['exec', pod, '--', 'curl', '-fsS', '-m', '2', topology.loadBalancer.statusUrl];
    return JSON.parse(await cluster.kubectl(args, { timeoutMs: ASK_MS })) as RoutingStatus;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return undefined;
  }
}

/**
 * Makes sure that somebody serves at every load balancer while this node does not. One that is still starting is waited for.
 *
 * @throws UserError when it is the only one that serves
 */
export async function requireAnotherInRotation(place: Place, leaving: string): Promise<void> {
  const isOnly = ({ serving }: Rotation) => serving.includes(leaving) && serving.length === 1;
  let now = await rotation(place);
  if (!isOnly(now)) return;
  const { environment } = place.topology;
  await step('Wait until another node takes traffic', async () => {
    const deadline = Date.now() + startSeconds(place) * 1000;
    while (isOnly(now)) {
      if (Date.now() >= deadline) {
        throw new UserError(
          [
            `${leaving} is the only node that serves: going on would be an outage. Nothing more was changed.`,
            ...now.out.map((line) => `  ${line}`),
            `"make status ENVIRONMENT=${environment}" says more.`,
          ].join('\n'),
        );
      }
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
      now = await rotation(place);
    }
  });
}

/** Waits until every node takes traffic at every load balancer. @throws UserError when one does not, with the load balancer's reason */
export async function waitUntilAllInRotation(place: Place): Promise<void> {
  const { nodes, environment } = place.topology;
  const isWhole = ({ serving }: Rotation) => serving.length === nodes.length;
  let now = await rotation(place);
  if (isWhole(now)) return;
  await step('Wait until every node takes traffic', async () => {
    const deadline = Date.now() + startSeconds(place) * 1000;
    while (!isWhole(now)) {
      if (Date.now() >= deadline) {
        throw new UserError(
          [
            now.known
              ? 'everything is as configured, but not every node takes traffic:'
              : 'everything is as configured, but no load balancer says who takes traffic.',
            ...now.out.map((line) => `  ${line}`),
            `"make status ENVIRONMENT=${environment}" says more.`,
          ].join('\n'),
        );
      }
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
      now = await rotation(place);
    }
  });
}

function startSeconds({ topology: { nodes } }: Place): number {
  return Math.max(...nodes.map(({ startTimeoutSeconds }) => startTimeoutSeconds)) + GRACE_SECONDS;
}
