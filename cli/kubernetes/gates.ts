import { setTimeout } from 'node:timers/promises';
import { ROLE_LABEL } from '../../topology/names';
import type { Topology } from '../../topology/topology';
import { routingStatus } from '../rotation';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';
import { print, step } from '../setup/progress';
import type { ClusterContext } from './cluster-context';
import { noNews, Refusals } from './cluster-lost';
import { isReady, isStopping, type Pod } from './pods';

type Place = Pick<ClusterContext, 'topology' | 'cluster'>;

/** What the load balancers that take clients say of the nodes. */
export type Rotation = readonly BalancerSays[];

interface BalancerSays {
  readonly pod: string;
  /** In the order of the topology. @default - it says nothing */
  readonly nodes?: readonly NodeAtBalancer[];
}

interface NodeAtBalancer {
  readonly name: string;
  /** Why it gets no traffic there, in words. @default - it is in rotation */
  readonly out?: string;
}

const SECONDS_BETWEEN_LOOKS = 1;
/** What any node may need to get back into rotation, beside its start. */
const GRACE_SECONDS = 30;

/** Asks every load balancer that takes clients. */
export async function rotation({ topology, cluster }: Place): Promise<Rotation> {
  const pods = await cluster.list<Pod>('pods', `${ROLE_LABEL}=load-balancer`);
  const taking = pods.filter((pod) => isReady(pod) && !isStopping(pod));
  return Promise.all(
    taking.map(async ({ metadata: { name: pod } }) => {
      const status = await routingStatus(topology, cluster.inPods, pod);
      if (status === undefined) return { pod };
      const nodes = topology.nodes.map(({ name, containerName }) => {
        const node = status.nodes.find((each) => each.name === name);
        return node?.rotation === 'in'
          ? { name: containerName }
          : { name: containerName, out: node?.reason || node?.rotation || 'unknown' };
      });
      return { pod, nodes };
    }),
  );
}

/** Names of the nodes that are in rotation at every load balancer that says something; without one nobody is served. */
export function servingEverywhere(now: Rotation): string[] {
  const [first, ...others] = now.flatMap(({ nodes }) => (nodes === undefined ? [] : [servingAt(nodes)]));
  return (first ?? []).filter((name) => others.every((serving) => serving.includes(name)));
}

function servingAt(nodes: readonly NodeAtBalancer[]): string[] {
  return nodes.filter(({ out }) => out === undefined).map(({ name }) => name);
}

/** A line for each node that a load balancer sends nothing, node by node. */
function linesOfOut(now: Rotation, { nodes }: Topology): string[] {
  return nodes.flatMap(({ containerName }) =>
    now.flatMap(({ pod, nodes: said = [] }) => {
      const out = said.find(({ name }) => name === containerName)?.out;
      return out === undefined ? [] : [`${containerName} at ${pod}: ${out}`];
    }),
  );
}

/**
 * Makes sure that somebody serves at every load balancer while this node does not. One that is still starting is waited for.
 *
 * @throws UserError when it is the only one that serves somewhere, or a load balancer does not say who does
 */
export async function requireAnotherInRotation(place: Place, leaving: string): Promise<void> {
  await waitUntil(place, {
    title: 'Wait until another node takes traffic',
    holds: (now) => now.every(({ nodes }) => nodes && isReplaceable(leaving, servingAt(nodes))),
    refusal: (now) => {
      const silent = now.filter(({ nodes }) => nodes === undefined).map(({ pod }) => pod);
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
    holds: (now) => servingEverywhere(now).length === place.topology.nodes.length,
    refusal: (now) =>
      now.some(({ nodes }) => nodes !== undefined)
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
  const refusals = new Refusals();
  let now = await rotationOrSilence(place, refusals);
  const isFulfilled = () => typeof now !== 'string' && holds(now);
  if (isFulfilled()) return;
  await step(title, async () => {
    const deadline = Date.now() + startSeconds(place) * 1000;
    const told = new Set<string>();
    while (!isFulfilled()) {
      if (Date.now() >= deadline) {
        const [why, out] =
          typeof now === 'string'
            ? [`${now}. Nothing more was changed.`, []]
            : [refusal(now), linesOfOut(now, place.topology)];
        const more = `"make status ENVIRONMENT=${place.topology.environment}" says more.`;
        throw new UserError([why, ...out.map((line) => `  ${line}`), more].join('\n'));
      }
      if (typeof now === 'string' && !told.has(now)) print(now);
      if (typeof now === 'string') told.add(now);
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
      now = await rotationOrSilence(place, refusals);
    }
  });
}

/** Who takes traffic, or in words that the cluster does not say, which is no news of its pods. @throws CommandError where it goes on refusing to tell */
async function rotationOrSilence(place: Place, refusals: Refusals): Promise<Rotation | string> {
  try {
    const now = await rotation(place);
    refusals.ended();
    return now;
  } catch (error) {
    if (!(error instanceof CommandError) || refusals.last(error)) throw error;
    return noNews(error);
  }
}

function startSeconds({ topology: { nodes } }: Place): number {
  return Math.max(...nodes.map(({ startTimeoutSeconds }) => startTimeoutSeconds)) + GRACE_SECONDS;
}
