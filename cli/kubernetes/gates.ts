import { setTimeout } from 'node:timers/promises';
import { ROLE_LABEL } from '../../topology/names';
import { routingStatus } from '../rotation';
import { UserError } from '../setup/errors';
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

const SECONDS_BETWEEN_LOOKS = 1;
/** What any node may need to get back into rotation, beside its start. */
const GRACE_SECONDS = 30;

/** Asks every load balancer that takes clients. */
export async function rotation({ topology, cluster }: Place): Promise<Rotation> {
  const pods = await cluster.list<Pod>('pods', `${ROLE_LABEL}=load-balancer`);
  const taking = pods.filter((pod) => isReady(pod) && !isStopping(pod));
  const said = await Promise.all(
    taking.map(async ({ metadata: { name } }) => ({
      name,
      status: await routingStatus(topology, cluster.inPods, name),
    })),
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

/**
 * Makes sure that somebody serves at every load balancer while this node does not. One that is still starting is waited for.
 *
 * @throws UserError when it is the only one that serves
 */
export async function requireAnotherInRotation(place: Place, leaving: string): Promise<void> {
  await waitUntil(place, {
    title: 'Wait until another node takes traffic',
    holds: ({ serving }) => !serving.includes(leaving) || serving.length > 1,
    refusal: () => `${leaving} is the only node that serves: going on would be an outage. Nothing more was changed.`,
  });
}

/** Waits until every node takes traffic at every load balancer. @throws UserError when one does not, with the load balancer's reason */
export async function waitUntilAllInRotation(place: Place): Promise<void> {
  await waitUntil(place, {
    title: 'Wait until every node takes traffic',
    holds: ({ serving }) => serving.length === place.topology.nodes.length,
    refusal: ({ known }) =>
      known
        ? 'everything is as configured, but not every node takes traffic:'
        : 'everything is as configured, but no load balancer says who takes traffic.',
  });
}

interface Waiting {
  /** What is shown where it does not hold at once. */
  readonly title: string;
  readonly holds: (now: Rotation) => boolean;
  /** What is wrong when the time that a node may need is over. */
  readonly refusal: (now: Rotation) => string;
}

async function waitUntil(place: Place, { title, holds, refusal }: Waiting): Promise<void> {
  let now = await rotation(place);
  if (holds(now)) return;
  await step(title, async () => {
    const deadline = Date.now() + startSeconds(place) * 1000;
    while (!holds(now)) {
      if (Date.now() >= deadline) {
        const more = `"make status ENVIRONMENT=${place.topology.environment}" says more.`;
        throw new UserError([refusal(now), ...now.out.map((line) => `  ${line}`), more].join('\n'));
      }
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
      now = await rotation(place);
    }
  });
}

function startSeconds({ topology: { nodes } }: Place): number {
  return Math.max(...nodes.map(({ startTimeoutSeconds }) => startTimeoutSeconds)) + GRACE_SECONDS;
}
