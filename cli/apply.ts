import type { Report } from '../review/report/report';
import { applyUntilServed } from './apply-until-served';
import { atWork } from './at-work';
import { afterInterruption, type CommandContext, EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { onKubernetes } from './on-kubernetes';
import { preflight } from './preflight/preflight';
import { requireLifted } from './protection';
import { applicableReport, reportedPlans, retiredStacksOf } from './saved-plan';
import { requireSchemaVersion } from './schema-version';
import { destroyPlanned, sweep, teardownLayers } from './teardown';
import type { TerraformStackRunner } from './terraform';
import { welcome } from './welcome';

/**
 * `make apply`: applies the plans that `make plan` saved, unchanged and in order. PLAN, the digest that the report shows, or its
 * beginning, makes sure that they are the approved ones.
 */
runOnEnvironment({ on: EVERY_PLATFORM, interrupted: afterInterruption() }, async (topology) => {
  const report = applicableReport(topology, process.env.PLAN);
  if (topology.platform.kind === 'kubernetes') return onKubernetes().applyPlansOnCluster(topology, report);
  const context = await openEnvironment({
    creates: !report.destroy,
    topology,
    retiredStacks: retiredStacksOf(topology, report),
  });
  if (report.destroy) await requireLifted(context, 'make plan DESTROY=1');
  const runners = report.destroy ? teardownLayers(context.stacks).flat() : context.stacks;
  const changed = reportedPlans(runners, report);
  await atWork(context, 'make apply', () => applyPlans(context, report, changed));
  if (!report.destroy) console.log(welcome(context.topology));
});

async function applyPlans(
  context: CommandContext,
  { destroy }: Report,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  for (const runner of changed) await runner.init();
  if (destroy) {
    await destroyPlanned(context, changed, (runner, besideOthers) =>
      runner.apply({ prefix: besideOthers ? `${runner.stack.name}: ` : '' }),
    );
    await sweep(context);
    return;
  }
  await preflight(context, 'make apply');
  await requireSchemaVersion(context);
  await applyUntilServed(context, changed);
}
