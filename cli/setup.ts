import { openEnvironment } from './command';
import { runCommand } from './setup/errors';

/** `make setup`: everything that plain `npx cdktf` needs for the environment; prints the variables to set, if any, for a shell. */
runCommand(async () => {
  const { variables } = await openEnvironment({ creates: false });
  for (const [name, value] of Object.entries(variables)) {
    console.log(`export ${name}='${value?.replaceAll("'", "'\\''")}'`);
  }
});
