import { EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { onKubernetes } from './on-kubernetes';

/** `make setup`: everything that plain `npx cdktf` needs for the environment; prints the variables to set, if any, for a shell. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const { variables } =
    topology.platform.kind === 'kubernetes'
      ? await onKubernetes().openCluster(topology)
      : await openEnvironment({ creates: false, topology });
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
    else if (process.env[name] !== undefined) console.log(`unset ${name}`);
  }
});
