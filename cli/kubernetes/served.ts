import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import type { Published } from '../published/published';
import { askUntil, notServed, SETTLE_SECONDS } from '../published/until-served';
import { print, step } from '../setup/progress';
import type { TerraformStackRunner } from '../terraform';
import type { ClusterContext } from './cluster-context';
import { lockUnusedOnCluster } from './database-rotation';
import { askClusterAsClient } from './published';
import { applyUntilInRotation } from './roll';

/** Until a cloud has made a load balancer and said where it is. */
const ADDRESS_SECONDS = 180;

/** Applies saved plans, and ends when every node takes traffic and a client is served. The login that no node uses any more is locked before. */
export async function applyUntilServedOnCluster(
  context: ClusterContext,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  await applyUntilInRotation(context, changed);
  await lockUnusedOnCluster(context);
  await waitUntilServed(context);
}

/** @throws UserError with what stands between, when a client is not served where the environment is published */
async function waitUntilServed({ topology, cluster }: ClusterContext): Promise<void> {
  const { publish } = cluster.platform;
  const published = await step('Ask as a client does', async () => {
    const last = await askUntil(
      () => askClusterAsClient(topology, cluster),
      (answer) => patienceSeconds(publish, answer),
    );
    if (last.served) return last;
    throw notServed(topology, last, between(publish, last, topology.loadBalancer));
  });
  const told = askedElsewhere(published);
  if (told !== undefined) print(told);
}

/** How long to go on asking after such an answer, in seconds. */
export function patienceSeconds(
  publish: KubernetesPlatform['publish'],
  { served, askedFrom, addresses }: Published,
): number {
  if (addresses.length === 0) return publish === 'load-balancer' ? ADDRESS_SECONDS : SETTLE_SECONDS;
  // What answers in the cluster may still be on its way to those outside. An ingress is not part of what was applied.
  return served && (askedFrom === 'this machine' || publish === 'cluster-ip') ? 0 : SETTLE_SECONDS;
}

/** What may stand between the environment and a client who is not served, in sentences. */
export function between(
  publish: KubernetesPlatform['publish'],
  { askedFrom, notes }: Published,
  { hostname, httpsPort, containerName }: Pick<Topology['loadBalancer'], 'hostname' | 'httpsPort' | 'containerName'>,
): string[] {
  if (askedFrom === 'the cluster') return [`It was asked from inside the cluster (${notes.join('; ')}).`];
  if (publish !== 'cluster-ip') return [];
  return [
    `Your ingress stands between: it must pass TLS for ${hostname} through to port ${httpsPort} of the Service ${containerName}.`,
  ];
}

/** What is said where a client is served in the cluster, and this machine could not ask as others do; undefined where it could. */
export function askedElsewhere({ url, addresses, askedFrom, notes }: Published): string | undefined {
  if (askedFrom === 'this machine') return undefined;
  return [
    `A client of ${url} is served inside the cluster, at ${addresses.join(' and ')}. Where it is published, this machine could not ask:`,
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}
