import type { Topology } from '../../topology/topology';
import { requireVolumes } from '../gone-volumes';
import { requirePolicy } from '../policy';
import { atWorkOnCluster } from './at-work';
import { type ClusterContext, openCluster } from './cluster-context';
import { reportPlans } from './plan';
import { planOnCluster } from './planning';
import { preflightOnCluster } from './preflight';
import { requireLiftedOnCluster } from './protection';
import { applyUntilServedOnCluster } from './served';
import { welcomeToCluster } from './welcome';

/** `make up` on Kubernetes: applies the environment layer by layer, says where it is. */
export async function upOnCluster(topology: Topology): Promise<void> {
  const context = await openCluster(topology);
  await preflightOnCluster(topology, context.cluster, 'make up');
  await atWorkOnCluster(context, 'make up', () => up(context));
  console.log(await welcomeToCluster(context));
}

async function up(context: ClusterContext): Promise<void> {
  await requireLiftedOnCluster(context, 'make up');
  const changed = context.topology.protected ? await planByPolicy(context) : await planOnCluster(context);
  await requireVolumes(context, changed);
  if (changed.length === 0) console.log('Nothing to change.');
  await applyUntilServedOnCluster(context, changed);
}

async function planByPolicy(context: ClusterContext) {
  const { report, changed } = await reportPlans(context);
  requirePolicy(context.topology, report);
  return changed;
}
