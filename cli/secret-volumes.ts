import { createHash } from 'node:crypto';
import type { JobTopology } from '../topology/jobs';
import { LOAD_BALANCER_SECRETS } from '../topology/secrets';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import type { VolumeHost } from './volume-host';

/** Where a secret is. */
export interface SecretPlace {
  readonly volume: VolumeTopology;
  /** Name of its file in the volume. */
  readonly file: string;
  /** The job that hands it to its readers. */
  readonly job: JobTopology;
  /** Which one it is, of a password whose login alternates. */
  readonly revision?: number;
}

export function placeOfSecret(name: string, { volumes, jobs, database: { logins } }: Topology): SecretPlace {
  if (LOAD_BALANCER_SECRETS.includes(name)) {
    return { volume: volumes.loadBalancerCertificates, file: name, job: jobs.keystores };
  }
  if (name === 'DATABASE_PASSWORD') {
    const { current, revision } = logins;
    return { volume: volumes.databaseSecrets, file: current.secret, job: jobs.secrets, revision };
  }
  const volume = name.startsWith('DATABASE_') ? volumes.databaseSecrets : volumes.identityServerSecrets;
  return { volume, file: name, job: jobs.secrets };
}

/** Creates the volumes that are missing. @returns their names */
export async function createMissingVolumes(
  topology: Topology,
  host: VolumeHost,
  volumes: readonly VolumeTopology[],
): Promise<string[]> {
  const existing = await host.volumeNames();
  const missing = volumes.filter(({ name }) => !existing.includes(name));
  for (const volume of missing) await host.createVolume(topology, volume);
  return missing.map(({ name }) => name);
}

/** What somebody would change by storing a value. */
export interface SecretUse {
  /**
   * Whether a value is there by which something works already: a node that was started with it, or a database that was filled with it. The
   * file of a value that nobody has used may be replaced.
   */
  readonly used: boolean;
  /** Whether the given value is the one that was installed, whatever somebody has made of its file since. */
  readonly restores: boolean;
}

// The first login's password has no revision beside it from before there were two.
const LOOK = `
read -r digest
grep -qxF "$digest  ./$NAME" /secrets/checksums 2>/dev/null && echo same
revision=$(cat "/secrets/$NAME.revision" 2>/dev/null || echo 1)
if [ -s "/secrets/$NAME" ] && { [ -z "$REVISION" ] || [ "$revision" = "$REVISION" ]; }; then echo present; fi
`;

/** What a value would replace. */
export async function useOf(
  { volume, file, job, revision }: SecretPlace,
  value: string,
  topology: Topology,
  host: VolumeHost,
): Promise<SecretUse> {
  const found = await host.runOnVolumes(job.image, LOOK, {
    input: `${digestOf(value)}\n`,
    mounts: [`${volume.name}:/secrets:ro`],
    capabilities: ['DAC_OVERRIDE'],
    environment: { NAME: file, REVISION: String(revision ?? '') },
  });
  const restores = found.includes('same');
  if (!found.includes('present')) return { used: false, restores };
  return { used: (await host.hasData(topology)) || (await host.createdNodes(topology)).length > 0, restores };
}

/**
 * Notes files as they are now in the list by which changes are noticed; those that are gone leave it. What else the list names stays,
 * or a change of those files by hand would count as installed. In the order in which the jobs write it: what is stored as it was leaves
 * no trace. Where there is no room for the list, none is better than a wrong one.
 */
export const NOTE = `
note() {
  for name; do
    if { grep -v "  \\./$name$" checksums 2>/dev/null || [ $? -lt 2 ] || [ ! -e checksums ]; } >.checksums.new &&
      { [ ! -e "$name" ] || sha256sum "./$name" >>.checksums.new; } &&
      sort -k 2 -o .checksums.new .checksums.new; then
      mv .checksums.new checksums
    else
      rm -f checksums .checksums.new
    fi
  done
}
`;

/**
 * The temporary file begins with a dot, so nobody takes it for a secret; it gets the secret's name when all of it has arrived. Its
 * reader may start at any moment, so it belongs to him from the beginning.
 */
const STORE = `${NOTE}
set -eu
umask 077
cd /secrets
trap 'rm -f ".$NAME.new" .checksums.new' EXIT
read -r digest
cat >".$NAME.new"
echo "$digest  .$NAME.new" | sha256sum -c >/dev/null 2>&1 || exit 3
chown "$OWNER" ".$NAME.new"
chmod 0400 ".$NAME.new"
rm -f "$NAME.revision"
mv ".$NAME.new" "$NAME"
if [ -n "$REVISION" ]; then
  echo "$REVISION" >"$NAME.revision"
  chown "$OWNER" "$NAME.revision"
fi
# A file that waits to become a secret is none yet.
case $NAME in .*) ;; *) note "$NAME" "$NAME.revision" ;; esac
`;
const INCOMPLETE = 3;

/** Puts a value into its file, whole or not at all. The value passes through neither arguments nor variables nor files of this machine. */
export async function storeSecret(
  { volume, file, job, revision }: SecretPlace,
  value: string,
  host: VolumeHost,
): Promise<void> {
  try {
    await host.runOnVolumes(job.image, STORE, {
      mounts: [`${volume.name}:/secrets`],
      input: `${digestOf(value)}\n${value}`,
      capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      environment: { NAME: file, OWNER: volume.owner, REVISION: String(revision ?? '') },
    });
  } catch (error) {
    if (error instanceof CommandError && /no space left/i.test(error.lastLines.join())) {
      throw new UserError(
        `the ${host.volumeWord} ${volume.name} is full ("df -h" ${host.placed}): ${file} was not stored there.`,
      );
    }
    if (!(error instanceof CommandError) || error.exitCode !== INCOMPLETE) throw error;
    throw new UserError(
      `the value of ${file} did not arrive whole at ${volume.name}; nothing was changed there. Try again.`,
    );
  }
}

function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
