import type { Report } from '../../review/report/report';
import type { Topology } from '../../topology/topology';
import { reportedPlans, retiredStacksOf } from '../saved-plan';
import { teardownLayers } from '../teardown';
import type { TerraformStackRunner } from '../terraform';
import { atWorkOnCluster } from './at-work';
import { type ClusterContext, openCluster } from './cluster-context';
import { preflightOnCluster } from './preflight';
import { requireLiftedOnCluster } from './protection';
import { requireReachable } from './reachable';
import { destroyOnCluster } from './roll';
import { applyUntilServedOnCluster } from './served';
import { sweepCluster } from './sweep';
import { welcomeToCluster } from './welcome';

/** `make apply` on Kubernetes: applies exactly the plans of the report, in order. */
export async function applyPlansOnCluster(topology: Topology, report: Report): Promise<void> {
  const context = await openCluster(topology, retiredStacksOf(topology, report));
  if (report.destroy) {
    await requireReachable(context.cluster);
    await requireLiftedOnCluster(context, 'make plan DESTROY=1');
  } else {
    await preflightOnCluster(topology, context.cluster, 'make apply');
  }
  const runners = report.destroy ? teardownLayers(context.stacks).flat() : context.stacks;
  const changed = reportedPlans(runners, report);
  await atWorkOnCluster(context, 'make apply', () => apply(context, report, changed));
  if (!report.destroy) console.log(await welcomeToCluster(context));
}

async function apply(
  context: ClusterContext,
  { destroy }: Report,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  for (const runner of changed) await runner.init();
  if (!destroy) return applyUntilServedOnCluster(context, changed);
  await destroyOnCluster(context, changed);
  await sweepCluster(context);
}
