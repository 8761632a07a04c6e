import { notLifted } from '../protection';
import type { ClusterContext } from './cluster-context';

/** What is deployed decides, not what the file says since. @throws UserError where it is protected and no plan has lifted that */
export async function requireLiftedOnCluster(
  { topology, cluster }: Pick<ClusterContext, 'topology' | 'cluster'>,
  again: string,
): Promise<void> {
  if (topology.protected || (await cluster.find('configmap', topology.volumes.protection.name)) === undefined) return;
  throw notLifted(topology, again);
}
