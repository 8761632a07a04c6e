import { renderTerminal } from '../review/report/terminal';
import { adopt } from './adoption';
import { atWork } from './at-work';
import { type CommandContext, openEnvironment } from './command';
import { planAndReport } from './plan-report';
import { planAll } from './planning';
import { runCommand } from './setup/errors';
import { step } from './setup/progress';

/**
 * `make adopt`: takes what runs, and Terraform's state does not know, into the state. It changes nothing that runs; what differs from the
 * configuration is in the plan that follows.
 */
runCommand(async () => {
  const context = await openEnvironment();
  await atWork(context, 'make adopt', () => adoptAll(context));
});

async function adoptAll(context: CommandContext): Promise<void> {
  const { environment } = context.topology;
  const changed = await planAll(context);
  let count = 0;
  for (const runner of changed) {
    count += await step(`Adopt ${runner.stack.name}`, async () => (await adopt(context, runner)).length);
  }
  if (count === 0) {
    console.log(`There is nothing to adopt: the state of ${environment} knows everything that is there.`);
    return;
  }
  console.log(`${count} resources are in the state of ${environment} again. What the next plan would change:`);
  const { report } = await planAndReport(context);
  console.log(renderTerminal(report, process.stdout.isTTY === true && !process.env.NO_COLOR));
}
