import { componentLabels } from '../topology/names';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import type { EnvironmentEngine } from './environment-engine';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';

/** The volumes with what nobody can make again. */
function backedUp({ volumes }: Topology): VolumeTopology[] {
  return Object.values(volumes).filter((volume) => volume.backedUp);
}

/** @returns a tar archive: one folder named like the environment, in it one for each volume */
export async function backUpSecrets(topology: Topology, engine: EnvironmentEngine): Promise<Buffer> {
  const volumes = backedUp(topology);
  const existing = await engine.names('volume');
  const missing = volumes.map(({ name }) => name).filter((name) => !existing.includes(name));
  if (missing.length > 0) {
    throw new UserError(`there is nothing to back up: ${missing.join(', ')} is not there; run "make up" first`);
  }
  const { environment } = topology;
  const mounts = volumes.map(({ name, purpose }) => `${name}:/backup/${environment}/${purpose}:ro`);
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
  engine: EnvironmentEngine,
  archive: Buffer,
): Promise<{ restored: string[]; kept: string[] }> {
  const volumes = backedUp(topology);
  const existing = await engine.names('volume');
  const created = volumes.filter(({ name }) => !existing.includes(name));
  for (const { name, component } of created) {
    // As Terraform would label them, or it would replace them.
    const labels = Object.entries(componentLabels(topology)(component)).flatMap(([label, value]) => [
      '--label',
      `${label}=${value}`,
    ]);
    await engine.docker('volume', 'create', ...labels, name);
  }
  const mounts = volumes.map(({ name, purpose }) => `${name}:/restore/${purpose}`);
  try {
    const stdout = await inContainer(topology, engine, mounts, RESTORE, archive.toString('base64'));
    const filled = stdout.split('\n');
    const names = (wanted: boolean) =>
      volumes.filter(({ purpose }) => filled.includes(purpose) === wanted).map(({ name }) => name);
    return { restored: names(true), kept: names(false) };
  } catch (error) {
    await engine.remove(
      'volume',
      created.map(({ name }) => name),
    );
    if (error instanceof CommandError && error.exitCode === 1) throw new UserError(error.lastLines.join('\n'));
    throw error;
  }
}

/** The archive is base64 on its way: what the docker client prints is text here. */
function inContainer(
  topology: Topology,
  engine: EnvironmentEngine,
  mounts: readonly string[],
  script: string,
  input = '',
) {
  const further = ['--tmpfs', '/tmp:mode=0700', '--env', `ENVIRONMENT=${topology.environment}`];
  return engine.runOnVolumes(topology.jobs.keystores.image, script, { mounts, input, further });
}
