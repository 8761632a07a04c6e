import { readFileSync } from 'node:fs';
import { LOAD_BALANCER_SECRETS, referencedSecrets } from '../topology/secrets';
import type { Topology } from '../topology/topology';
import { EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { isOwnSecret, requireKnownSecret, requireUsableValue } from './secret-values';
import { createMissingVolumes, placeOfSecret, storeSecret, useOf } from './secret-volumes';
import { UserError } from './setup/errors';
import { volumeHostOf } from './volume-host-of';

/**
 * `make import-secret ENVIRONMENT=… NAME=…`: takes a secret from standard input and puts it into its volume or Secret, for passwords
 * that somebody else has chosen and certificates that somebody else has issued. The value passes through neither arguments nor files. The next `make up` hands it to the servers.
 */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const name = process.env.NAME ?? '';
  requireKnownSecret(name, topology);
  if (process.stdin.isTTY) console.error(`Type the value of ${name}, then Enter and Ctrl-D.`);
  const value = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  requireUsableValue(name, value, topology);

  const host = await volumeHostOf(topology);
  const place = placeOfSecret(name, topology);
  if (!(await host.volumeNames()).includes(place.volume.name)) {
    // Before the first start there may be neither the volume nor, on an engine, the image whose tools fill it.
    if (topology.platform.kind === 'docker') await openEnvironment();
    await createMissingVolumes(topology, host, [place.volume]);
  }
  const { used, restores } = await useOf(place, value, topology, host);
  const way = used && !restores ? wayToChange(name, topology) : undefined;
  if (way !== undefined)
    throw new UserError(`${name} is in use in ${topology.environment}, so nothing was changed. ${way}`);
  await storeSecret(place, value, host);

  // The job hands the secrets to their readers; without its record the next apply runs it again.
  await host.forgetJobs([place.job.name]);
  console.log(`${name} is in the ${host.volumeWord} ${place.volume.name}; "make up" hands it to who needs it.`);
  if (used && isOwnSecret(name)) {
    console.log(
      'The nodes read it when they start: raise identity_server.secrets_revision to have them replaced, one by one.',
    );
  }
});

/** What to do instead of an import over a value that something works with; undefined where an import is the way. */
function wayToChange(name: string, { environment, database, jobs, nodes }: Topology): string | undefined {
  if (LOAD_BALANCER_SECRETS.includes(name) || isOwnSecret(name)) return undefined;
  const isRotated = name === 'ADMIN_PASSWORD' || (name === 'DATABASE_PASSWORD' && jobs.schema !== undefined);
  if (isRotated) return `To change it: make rotate-secret ENVIRONMENT=${environment} NAME=${name}`;
  // Only whoever runs that server can change them there; what is here has to follow.
  if (name.startsWith('DATABASE_') && database.container === undefined) return undefined;
  if (name === 'ENCRYPTION_KEY') {
    // With the one before it beside it, what that has encrypted can still be read.
    if (referencedSecrets(nodes).includes('OLD_ENCRYPTION_KEY')) return undefined;
    return 'All that it has encrypted would be lost. docs/operations.md says how a key is changed with encryption.old_key.';
  }
  return 'It cannot be changed in an environment that has started.';
}
