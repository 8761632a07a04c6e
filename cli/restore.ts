import { readFileSync } from 'node:fs';
import type { Topology } from '../topology/topology';
import { backedUp, restoreSecrets, toBeginAgain } from './backup-secrets';
import { EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { UserError } from './setup/errors';
import type { VolumeHost } from './volume-host';
import { volumeHostOf } from './volume-host-of';

/** `make restore ENVIRONMENT=… < file`: fills the volumes that are missing or empty from what `make backup` wrote; changes no other. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  if (process.stdin.isTTY) throw new UserError('give the archive of "make backup" on standard input');
  const archive = readFileSync(0);
  const host = await opened(topology);
  const { restored, kept } = await restoreSecrets(topology, host, archive);
  for (const volume of kept) console.log(`${volume} has content and was left as it is`);
  for (const volume of restored) console.log(`${volume} is restored`);
  if (restored.length === 0) {
    throw new UserError(
      `nothing was restored: no ${host.volumeWord} is missing or empty. ${toBeginAgain(topology.environment, host, backedUp(topology))}`,
    );
  }
  // The stores must fit the keys and the password that are there now, whatever their volume holds.
  const { keystores, secrets } = topology.jobs;
  await host.forgetJobs([keystores.name, secrets.name]);
  console.log(`Next: make up ENVIRONMENT=${topology.environment}`);
});

async function opened(topology: Topology): Promise<VolumeHost> {
  if (topology.platform.kind === 'kubernetes') return volumeHostOf(topology);
  // The Docker host may be a new one, without the image whose tools unpack the archive.
  return (await openEnvironment({ creates: false, topology })).engine;
}
