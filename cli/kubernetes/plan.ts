import type { PlannedStack } from '../../review/plan/planned-stack';
import type { Report } from '../../review/report/report';
import type { Topology } from '../../topology/topology';
import { plannedStack, revision, writeReport } from '../plan-report';
import { teardownLayers } from '../teardown';
import type { TerraformStackRunner } from '../terraform';
import { requireNobodyAtWorkOnCluster } from './at-work';
import { changedFieldsIn } from './changed-fields';
import { type ClusterContext, openCluster } from './cluster-context';
import { planOnCluster } from './planning';
import { foreseenOnCluster } from './preflight';
import { requireLiftedOnCluster } from './protection';
import { requireReachable } from './reachable';

/** `make plan` on Kubernetes. @param destroy plans to destroy the environment */
export async function reportOnCluster(topology: Topology, destroy: boolean): Promise<Report> {
  const context = await openCluster(topology);
  await requireReachable(context.cluster);
  await requireNobodyAtWorkOnCluster(context);
  if (destroy) await requireLiftedOnCluster(context, 'make plan DESTROY=1');
  return (await reportPlans(context, destroy)).report;
}

/**
 * Saves a plan for every stack, and writes the report of them.
 *
 * @param destroy plans to destroy the environment. @default false
 * @returns also the stacks that change, in order
 */
export async function reportPlans(
  context: ClusterContext,
  destroy = false,
): Promise<{ report: Report; changed: readonly TerraformStackRunner[] }> {
  const { topology, cluster, stacks } = context;
  const runners = destroy ? teardownLayers(stacks).flat() : stacks;
  const commit = revision();
  const planned = new Map<TerraformStackRunner, PlannedStack>();
  const planning = planOnCluster(context, {
    destroy,
    read: async (runner) => {
      const stack = await plannedStack(runner);
      planned.set(runner, { ...stack, changedFields: await changedFieldsIn(cluster, stack.plan) });
    },
  });
  const [changed, foreseen] = await Promise.all([planning, destroy ? [] : foreseenOnCluster(topology, cluster, true)]);
  const report = writeReport({
    topology,
    stacks: runners.flatMap((runner) => planned.get(runner) ?? []),
    revision: await commit,
    destroy,
    schemas: [],
    foreseen,
  });
  return { report, changed };
}
