import { componentLabels, type Topology } from '../topology/topology';
import type { Engine } from './engine';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';

/** What an environment cannot make again: its volumes, by the folder of each in the archive. */
function irreplaceable({ volumes }: Topology): Record<string, string> {
  return {
    'database-secrets': volumes.databaseSecrets,
    'identity-server-secrets': volumes.identityServerSecrets,
    'certificate-authority': volumes.certificateAuthority,
    'load-balancer-certificates': volumes.loadBalancerCertificates,
  };
}

/** @returns a tar archive: one folder named like the environment, in it one for each volume */
export async function backUpSecrets(topology: Topology, engine: Engine): Promise<Buffer> {
  const volumes = irreplaceable(topology);
  const existing = await engine.names('volume');
  const missing = Object.values(volumes).filter((volume) => !existing.includes(volume));
  if (missing.length > 0) {
    throw new UserError(`there is nothing to back up: ${missing.join(', ')} is not there; run "make up" first`);
  }
  const { environment } = topology;
  const mounts = Object.entries(volumes).map(([folder, volume]) => `${volume}:/backup/${environment}/${folder}:ro`);
  const stdout = await inContainer(topology, engine, mounts, 'tar -C /backup -cf - . | base64');
  return Buffer.from(stdout, 'base64');
}

const RESTORE = `
set -eu
base64 -d >/tmp/archive
tar -C /tmp -xpf /tmp/archive 2>/dev/null || { echo 'standard input is no archive of "make backup"'; exit 1; }
[ -d "/tmp/$ENVIRONMENT" ] || { echo "the archive is not of $ENVIRONMENT"; exit 1; }
for volume in /restore/*; do
  folder=\${volume##*/}
  [ -z "$(ls -A "$volume")" ] || continue
  cp -a "/tmp/$ENVIRONMENT/$folder/." "$volume/"
  echo "$folder"
done
`;

/**
 * Fills the volumes that are missing or empty.
 *
 * @throws UserError when the archive is none or another environment's; no volume is changed then
 */
export async function restoreSecrets(
  topology: Topology,
  engine: Engine,
  archive: Buffer,
): Promise<{ restored: string[]; kept: string[] }> {
  const volumes = irreplaceable(topology);
  const existing = await engine.names('volume');
  const created = Object.values(volumes).filter((volume) => !existing.includes(volume));
  // As Terraform would label them, or it would replace them.
  const labels = Object.entries(componentLabels(topology)('keystore')).flatMap(([name, value]) => [
    '--label',
    `${name}=${value}`,
  ]);
  for (const volume of created) await engine.docker('volume', 'create', ...labels, volume);
  const mounts = Object.entries(volumes).map(([folder, volume]) => `${volume}:/restore/${folder}`);
  try {
    const stdout = await inContainer(topology, engine, mounts, RESTORE, archive.toString('base64'));
    const filled = stdout.split('\n');
    const restored = Object.entries(volumes).flatMap(([folder, volume]) => (filled.includes(folder) ? [volume] : []));
    return { restored, kept: Object.values(volumes).filter((volume) => !restored.includes(volume)) };
  } catch (error) {
    await engine.remove('volume', created);
    if (error instanceof CommandError && error.exitCode === 1) throw new UserError(error.lastLines.join('\n'));
    throw error;
  }
}

/** The archive is base64 on its way: what the docker client prints is text here. */
function inContainer(topology: Topology, engine: Engine, mounts: readonly string[], script: string, input = '') {
  const further = ['--tmpfs', '/tmp:mode=0700', '--env', `ENVIRONMENT=${topology.environment}`];
  return engine.runOnVolumes(topology.jobs.keystores.image, script, { mounts, input, further });
}
