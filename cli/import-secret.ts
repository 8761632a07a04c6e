import { readFileSync } from 'node:fs';
import type { JobTopology } from '../topology/jobs';
import { LOAD_BALANCER_SECRETS } from '../topology/secrets';
import type { Topology } from '../topology/topology';
import { selectedTopology } from './command';
import { EnvironmentEngine } from './environment-engine';
import { runCommand, UserError } from './setup/errors';

/**
 * `make import-secret ENVIRONMENT=… NAME=…`: takes a secret from standard input and puts it into its volume on the Docker host, for passwords
 * that somebody else has chosen and certificates that somebody else has issued. The value passes through neither arguments nor files. The next `make up` hands it to the servers.
 */
runCommand(async () => {
  const topology = selectedTopology();
  const name = process.env.NAME ?? '';
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
    throw new UserError(`NAME must be the name of a secret such as DATABASE_PASSWORD, found "${name}"`);
  }
  if (process.stdin.isTTY) console.error(`Type the value of ${name}, then Enter and Ctrl-D.`);
  const value = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (value === '') throw new UserError(`standard input holds no value for ${name}; nothing was changed`);

  const engine = new EnvironmentEngine(topology);
  const { volume, job } = placeOf(name, topology);
  if (!(await engine.names('volume')).includes(volume)) {
    throw new UserError(
      `the volume ${volume} is not there yet; run "make up" first, which makes it and stops at the missing secret`,
    );
  }
  const script = `umask 077; cat > /secrets/${name}.new && mv /secrets/${name}.new /secrets/${name}`;
  await engine.runOnVolumes(job.image, script, { mounts: [`${volume}:/secrets`], input: value });

  // The job hands the secrets to their readers; without its record the next apply runs it again.
  const jobs = (await engine.names('container')).filter((container) => container === job.name);
  await engine.remove('container', jobs);
  console.log(`${name} is in the volume ${volume}; "make up" hands it to who needs it.`);
});

/** The volume that holds a secret, and the job that hands it on. */
function placeOf(name: string, { volumes, jobs }: Topology): { volume: string; job: JobTopology } {
  if (LOAD_BALANCER_SECRETS.includes(name))
    return { volume: volumes.loadBalancerCertificates.name, job: jobs.keystores };
  const volume = name.startsWith('DATABASE_') ? volumes.databaseSecrets : volumes.identityServerSecrets;
  return { volume: volume.name, job: jobs.secrets };
}
