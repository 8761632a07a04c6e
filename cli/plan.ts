import { runCommand } from '../setup/errors';
import { openEnvironment } from './command';
import { planAll } from './rollout';

/** `make plan`: saves a plan for every stack and shows what would change. */
runCommand(async () => {
  const context = await openEnvironment();
  const changed = await planAll(context);
  for (const runner of changed)
    console.log(`\n### ${runner.stack.name}\n${await runner.planText(process.stdout.isTTY)}`);
  const names = changed.map(({ stack }) => stack.name).join(', ');
  console.log(names === '' ? 'Nothing to change.' : `Changes: ${names}. "make apply" applies exactly these plans.`);
});
