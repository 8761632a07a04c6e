import { runCommand } from '../setup/errors';
import { openEnvironment } from './command';
import { writeReport } from './plan-report';
import { requirePolicy } from './policy';
import { applyAll, planAll } from './rollout';
import { welcome } from './welcome';

/** `make up`: sets up what is missing, applies the environment layer by layer, says where it is. */
runCommand(async () => {
  const context = await openEnvironment();
  const changed = await planAll(context);
  if (changed.length === 0) console.log('Nothing to change.');
  if (context.topology.protected) requirePolicy(context.topology, await writeReport(context));
  await applyAll(context, changed);
  console.log(welcome(context.topology));
});
