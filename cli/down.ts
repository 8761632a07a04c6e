import { createInterface } from 'node:readline/promises';
import { atWork } from './at-work';
import { EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { onKubernetes } from './on-kubernetes';
import { requireLifted, requireUnprotected } from './protection';
import { UserError } from './setup/errors';
import { destroyLayers, sweep } from './teardown';

/** `make down`: destroys the environment with its data, after asking. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  requireUnprotected(topology, 'make down');
  if (topology.platform.kind === 'kubernetes') {
    return onKubernetes().downOnCluster(topology, () => confirm(topology.environment));
  }
  const context = await openEnvironment({ creates: false, topology });
  await requireLifted(context, 'make down');
  await confirm(topology.environment);
  const destroyAll = async () => {
    await destroyLayers(context);
    await sweep(context);
  };
  // Where nothing is there, an image may not be either.
  const { length } = await context.engine.names('container');
  await (length > 0 ? atWork(context, 'make down', destroyAll) : destroyAll());
});

async function confirm(environment: string): Promise<void> {
  if (process.env.YES === '1') return;
  if (!process.stdin.isTTY) {
    throw new UserError(`"make down" destroys ${environment} with all its data; without a terminal to ask, say YES=1`);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`This destroys ${environment} with all its data. Type its name to go on: `);
  prompt.close();
  if (answer.trim() !== environment) throw new UserError('nothing was destroyed');
}
