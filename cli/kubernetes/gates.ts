import { setTimeout } from 'node:timers/promises';
import { ROLE_LABEL } from '../../topology/names';
import { clusterSays } from '../environment-cluster';
import { routingStatus } from '../rotation';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';
import { print, step } from '../setup/progress';
import type { ClusterContext } from './cluster-context';
import { isRefusal } from './cluster-lost';
import { isReady, isStopping, type Pod } from './pods';

type Place = Pick<ClusterContext, 'topology' | 'cluster'>;

/** Who takes traffic, by the word of the load balancers. */
export interface Rotation {
  /** Whether a load balancer says anything: without one nobody is served. */
  readonly known: boolean;
  /** Names of the nodes that are in rotation at every load balancer that takes clients. */
  readonly serving: readonly string[];
  /** Of each load balancer that takes clients, by its pod: the nodes that are in rotation there. @default - it does not say */
  readonly balancers: readonly { readonly pod: string; readonly serving?: readonly string[] }[];
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
  const balancers = said.map(({ name: pod, status }) => {
    const isIn = (node: string) => status?.nodes.some(({ name, rotation: is }) => name === node && is === 'in');
    const serving = topology.nodes.filter(({ name }) => isIn(name)).map(({ containerName }) => containerName);
    return { pod, ...(status && { serving }) };
  });
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
    balancers,
    known: answers.length > 0,
    serving: answers.length === 0 ? [] : nodes.filter(({ out }) => out.length === 0).map((node) => node.containerName),
    out: nodes.flatMap(({ out }) => out),
  };
}

/**
 * Makes sure that somebody serves at every load balancer while this node does not. One that is still starting is waited for.
 *
 * @throws UserError when it is the only one that serves somewhere, or a load balancer does not say who does
 */
export async function requireAnotherInRotation(place: Place, leaving: string): Promise<void> {
  await waitUntil(place, {
    title: 'Wait until another node takes traffic',
    holds: ({ balancers }) => balancers.every(({ serving }) => serving && isReplaceable(leaving, serving)),
    refusal: ({ balancers }) => {
      const silent = balancers.filter(({ serving }) => serving === undefined).map(({ pod }) => pod);
      return silent.length > 0
        ? `${silent.join(' and ')} does not say who takes traffic: replacing ${leaving} may be an outage. Nothing more was changed.`
        : `${leaving} is the only node that serves: going on would be an outage. Nothing more was changed.`;
    },
  });
}

/** Whether a node may go for a while. @param serving nodes that take traffic */
function isReplaceable(leaving: string, serving: readonly string[]): boolean {
  return !serving.includes(leaving) || serving.length > 1;
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
  let now = await rotationOrSilence(place);
  const isFulfilled = () => typeof now !== 'string' && holds(now);
  if (isFulfilled()) return;
  await step(title, async () => {
    const deadline = Date.now() + startSeconds(place) * 1000;
    const told = new Set<string>();
    while (!isFulfilled()) {
      if (Date.now() >= deadline) {
        const [why, out] =
          typeof now === 'string' ? [`${now}. Nothing more was changed.`, []] : [refusal(now), now.out];
        const more = `"make status ENVIRONMENT=${place.topology.environment}" says more.`;
        throw new UserError([why, ...out.map((line) => `  ${line}`), more].join('\n'));
      }
      if (typeof now === 'string' && !told.has(now)) print(now);
      if (typeof now === 'string') told.add(now);
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
      now = await rotationOrSilence(place);
    }
  });
}

/** Who takes traffic, or in words that the cluster does not answer, which is no news of its pods. */
async function rotationOrSilence(place: Place): Promise<Rotation | string> {
  try {
    return await rotation(place);
  } catch (error) {
    if (!(error instanceof CommandError) || isRefusal(error)) throw error;
    return `the cluster does not answer: ${clusterSays(error)}`;
  }
}

function startSeconds({ topology: { nodes } }: Place): number {
  return Math.max(...nodes.map(({ startTimeoutSeconds }) => startTimeoutSeconds)) + GRACE_SECONDS;
}
