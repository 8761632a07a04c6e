import type { Topology } from '../../topology/topology';
import { atWorkOnCluster } from './at-work';
import { openCluster } from './cluster-context';
import { planOnCluster } from './planning';
import { requireLiftedOnCluster } from './protection';
import { requireReachable } from './reachable';
import { destroyOnCluster } from './roll';
import { sweepCluster } from './sweep';

/** `make down` on Kubernetes: destroys the environment with its data; the namespace stays, as it is not ours. @param confirm asks whether that is meant */
export async function downOnCluster(topology: Topology, confirm: () => Promise<void>): Promise<void> {
  const context = await openCluster(topology);
  await requireReachable(context.cluster);
  await requireLiftedOnCluster(context, 'make down');
  await confirm();
  await atWorkOnCluster(context, 'make down', async () => {
    await destroyOnCluster(context, await planOnCluster(context, { destroy: true }));
    await sweepCluster(context);
  });
}
