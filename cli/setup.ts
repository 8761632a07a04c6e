import { EVERY_PLATFORM, openEnvironment, selectedTopology } from './command';
import { onKubernetes } from './on-kubernetes';
import { runCommand } from './setup/errors';

/** `make setup`: everything that plain `npx cdktf` needs for the environment; prints the variables to set, if any, for a shell. */
runCommand(async () => {
  const topology = selectedTopology({ on: EVERY_PLATFORM });
  const { variables } =
    topology.platform.kind === 'kubernetes'
      ? await onKubernetes().openCluster(topology)
      : await openEnvironment({ creates: false, topology });
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
    else if (process.env[name] !== undefined) console.log(`unset ${name}`);
  }
});
