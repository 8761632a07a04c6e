import { runCommand, UserError } from '../setup/errors';
import { openEnvironment } from './command';
import { applyAll } from './rollout';
import { welcome } from './welcome';

/** `make apply`: applies the plans that `make plan` saved, unchanged and in order. */
runCommand(async () => {
  const context = await openEnvironment();
  const missing = context.stacks.filter((runner) => !runner.hasPlan).map(({ stack }) => stack.name);
  if (missing.length > 0) {
    throw new UserError(`there is no saved plan for ${missing.join(', ')}; make and review one first: make plan`);
  }
  await applyAll(context, context.stacks);
  console.log(welcome(context.topology));
});
