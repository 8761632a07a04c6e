import { readFileSync } from 'node:fs';
import { backedUp, restoreSecrets, toBeginAgain } from './backup-secrets';
import { openEnvironment } from './command';
import { runCommand, UserError } from './setup/errors';

/** `make restore ENVIRONMENT=… < file`: fills the volumes that are missing or empty from what `make backup` wrote; changes no other. */
runCommand(async () => {
  if (process.stdin.isTTY) throw new UserError('give the archive of "make backup" on standard input');
  const archive = readFileSync(0);
  // The host may be a new one, without the image whose tools unpack the archive.
  const { topology, engine } = await openEnvironment({ creates: false });
  const { restored, kept } = await restoreSecrets(topology, engine, archive);
  for (const volume of kept) console.log(`${volume} has content and was left as it is`);
  for (const volume of restored) console.log(`${volume} is restored`);
  if (restored.length === 0) {
    throw new UserError(
      `nothing was restored: no volume is missing or empty. ${toBeginAgain(topology.environment, backedUp(topology))}`,
    );
  }
  // The stores must fit the keys and the password that are there now, whatever their volume holds.
  const { keystores, secrets } = topology.jobs;
  const jobs = [keystores.name, secrets.name];
  await engine.remove(
    'container',
    (await engine.names('container')).filter((name) => jobs.includes(name)),
  );
  console.log(`Next: make up ENVIRONMENT=${topology.environment}`);
});
