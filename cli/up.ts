import { applyUntilServed, waitUntilServed } from './apply-until-served';
import { atWork } from './at-work';
import { afterInterruption, type CommandContext, EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { isFirstStart, startFromNothing } from './first-start';
import { requireVolumes } from './gone-volumes';
import { onKubernetes } from './on-kubernetes';
import { planAndReport } from './plan-report';
import { planAll } from './planning';
import { requirePolicy } from './policy';
import { preflight } from './preflight/preflight';
import { requireLifted } from './protection';
import { requireSchemaVersion } from './schema-version';
import { welcome } from './welcome';

/** `make up`: sets up what is missing, applies the environment layer by layer, says where it is. */
runOnEnvironment({ creates: true, on: EVERY_PLATFORM, interrupted: afterInterruption() }, async (topology) => {
  if (topology.platform.kind === 'kubernetes') return onKubernetes().upOnCluster(topology);
  const context = await openEnvironment({ topology });
  await atWork(context, 'make up', () => up(context));
  console.log(welcome(context.topology));
});

async function up(context: CommandContext): Promise<void> {
  await requireLifted(context, 'make up');
  await preflight(context, 'make up');
  await requireSchemaVersion(context);
  const { protected: isProtected } = context.topology;
  if (!isProtected && (await isFirstStart(context))) {
    await startFromNothing(context);
    return waitUntilServed(context);
  }
  const changed = isProtected ? await planByPolicy(context) : await planAll(context);
  await requireVolumes(context, changed);
  if (changed.length === 0) console.log('Nothing to change.');
  await applyUntilServed(context, changed);
}

async function planByPolicy(context: CommandContext) {
  const { report, changed } = await planAndReport(context);
  requirePolicy(context.topology, report);
  return changed;
}
