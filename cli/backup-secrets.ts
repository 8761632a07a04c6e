import { createHash } from 'node:crypto';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import { createMissingVolumes } from './secret-volumes';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import type { VolumeHost } from './volume-host';

/** The list of an archive's files with their checksums, as `sha256sum` writes it; in the environment's folder. */
const LIST = 'SHA256SUMS';

/** The volumes with what nobody can make again. */
export function backedUp({ volumes, platform }: Topology): VolumeTopology[] {
  // Pods without a claim that all write have files of their own, which nobody keeps.
  const keepsShared = platform.kind === 'docker' || platform.sharedStorageClass !== undefined;
  return Object.values(volumes).filter(({ backedUp, kind }) => backedUp && (kind !== 'shared' || keepsShared));
}

// The archive is unpacked and compared with the volumes before it is called one. Each step is a command of its own: of a pipe
// only the last one's failure would count.
export const BACK_UP = `
set -eu
cd /tmp
mkdir -p "backup/$ENVIRONMENT" check
for volume in /volumes/*; do
  folder=\${volume##*/}
  [ -n "$(ls -A "$volume")" ] || { echo "$folder is empty" >&2; exit 3; }
  cp -a "$volume" "backup/$ENVIRONMENT/$folder"
done
cd "backup/$ENVIRONMENT"
# A restore takes files and folders alone.
find . '(' ! -type f ! -type d ')' -o -type f -links +1 >/tmp/others
[ ! -s /tmp/others ] || { echo "it would hold what no restore takes, links or pipes: $(head -n 3 /tmp/others | tr '\\n' ' '); remove them first" >&2; exit 3; }
find . -type f ! -name '.*' -exec sha256sum {} + >/tmp/list
mv /tmp/list ./${LIST}
cd /tmp
tar -C backup -cf archive .
tar -C check -xpf archive
for volume in /volumes/*; do
  diff -r "$volume" "check/$ENVIRONMENT/\${volume##*/}" >/dev/null || { echo 'the volumes changed meanwhile' >&2; exit 3; }
done
cd "check/$ENVIRONMENT"
sha256sum -c ${LIST} >/dev/null
sha256sum </tmp/archive
base64 /tmp/archive
`;

/**
 * @returns a tar archive: one folder named like the environment, in it one for each volume, and a list of all files with checksums
 * @throws UserError where anything is missing in it
 */
export async function backUpSecrets(topology: Topology, host: VolumeHost): Promise<Buffer> {
  const existing = await host.volumeNames();
  // An environment of the first release has none before its next "make up", and is to be backed up before that.
  const { sharedFiles } = topology.volumes;
  const volumes = backedUp(topology).filter((volume) => volume !== sharedFiles || existing.includes(volume.name));
  const missing = volumes.map(({ name }) => name).filter((name) => !existing.includes(name));
  if (missing.length > 0) {
    throw new UserError(`there is nothing to back up: ${missing.join(', ')} is not there; run "make up" first`);
  }
  const mounts = volumes.map(({ name, purpose }) => `${name}:/volumes/${purpose}:ro`);
  const stdout = await inContainer(topology, host, BACK_UP, { mounts }, (reason) => `no backup was made: ${reason}`);
  const end = stdout.indexOf('\n');
  const [digest] = stdout.slice(0, end).split(' ');
  const archive = Buffer.from(stdout.slice(end + 1), 'base64');
  if (createHash('sha256').update(archive).digest('hex') !== digest) {
    throw new UserError(
      `no backup was made: the archive did not arrive whole from where the ${host.volumeWord}s are. Try again.`,
    );
  }
  return archive;
}

/** Files that stay as they are as long as an environment lives; of a certificate, its key. Where one differs, the archive is of another life of it. */
const LASTING = [
  'certificate-authority/ca.crt',
  'load-balancer-certificates/ca.crt',
  'identity-server-secrets/KEYSTORE_PASSWORD',
  'identity-server-secrets/ENCRYPTION_KEY',
];

// Everything is judged before anything is written, and what is neither file nor folder before it is unpacked: whoever reads the
// volumes later would follow a link, and wait at a pipe for ever. A volume that an interrupted run has begun to fill holds the
// folder .restoring and is filled anew.
export const RESTORE = `
set -eu
read -r digest
base64 -d >/tmp/archive
[ "$(sha256sum </tmp/archive | cut -d ' ' -f 1)" = "$digest" ] || { echo 'the archive did not arrive whole; try again' >&2; exit 3; }
mkdir /tmp/archived
cd /tmp/archived
tar -tf /tmp/archive >/tmp/names 2>/dev/null && [ -s /tmp/names ] || { echo 'standard input is no archive of "make backup", or its end is missing' >&2; exit 3; }
tar -tvf /tmp/archive >/tmp/entries 2>/dev/null
if grep -v '^[-d]' /tmp/entries >/tmp/others || grep -E '(^|/)\\.\\.(/|$)|^/' /tmp/names >/tmp/others; then
  echo "the archive holds what no backup holds, and nothing of it was unpacked: $(head -n 3 /tmp/others | tr '\\n' ' ')" >&2; exit 3
fi
rm /tmp/others
tar -xpf /tmp/archive 2>/dev/null || { echo 'standard input is no whole archive of "make backup"' >&2; exit 3; }
[ -d "$ENVIRONMENT" ] || { echo "the archive is not of $ENVIRONMENT: it holds $(ls | tr '\\n' ' ')" >&2; exit 3; }
cd "$ENVIRONMENT"
[ -s ${LIST} ] || { echo "the archive has no list of its files (${LIST}), so nobody can tell whether it is whole; an earlier version made it, or it is damaged.
If you have made sure of it yourself, add the list, and restore that archive:
  tar -xpf keys.tar && (cd $ENVIRONMENT && find . -type f -exec sha256sum {} + >../${LIST} && mv ../${LIST} .) && tar -cf keys.tar $ENVIRONMENT" >&2; exit 3; }
sha256sum -c ${LIST} >/tmp/checked 2>/dev/null || { echo "the archive is damaged: $(grep -v ': OK$' /tmp/checked | tr '\\n' ' ')" >&2; exit 3; }
find . -type f ! -name '.*' ! -path ./${LIST} | sort >/tmp/found
sed 's/^[0-9a-f]*  //' ${LIST} | sort >/tmp/listed
cmp -s /tmp/found /tmp/listed || { echo 'the archive holds other files than its list names' >&2; exit 3; }
for volume in /volumes/*; do
  folder=\${volume##*/}
  # Archives of the first release have none.
  [ "$folder" = shared-files ] || [ -n "$(ls -A "$folder" 2>/dev/null)" ] || { echo "the archive lacks $folder" >&2; exit 3; }
done
same() {
  cmp -s "$1" "$2" || case $1 in
    *.crt) key=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) && [ "$key" = "$(openssl x509 -in "$2" -noout -pubkey 2>/dev/null)" ] ;;
    *) return 1 ;;
  esac
}
for file in ${LASTING.join(' ')}; do
  [ ! -s "/volumes/$file" ] || [ -e "/volumes/\${file%%/*}/.restoring" ] || same "/volumes/$file" "$file" || echo "\${file%%/*}" >>/tmp/others
done
if [ -s /tmp/others ]; then sort -u /tmp/others >&2; exit 4; fi
for volume in /volumes/*; do
  folder=\${volume##*/}
  if [ -e "$volume/.restoring" ]; then find "$volume" -mindepth 1 -delete; fi
  [ -z "$(ls -A "$volume")" ] || continue
  [ -d "$folder" ] || continue
  cp -a "$folder" "$volume/.restoring"
  # Whoever is not root must be allowed to take files out of it.
  chmod u+rwx "$volume/.restoring"
  for file in "$volume"/.restoring/*; do mv "$file" "$volume/"; done
  chown --reference="$folder" "$volume"
  rm -rf "$volume/.restoring"
  # Last: who is not root may change nothing in it afterwards.
  chmod --reference="$folder" "$volume"
  echo "$folder"
done
`;
const OTHER_LIFE = 4;

/**
 * Fills the volumes that are missing or empty.
 *
 * @throws UserError when the archive is damaged, of another environment, or of another life of this one; no volume is changed then
 */
export async function restoreSecrets(
  topology: Topology,
  host: VolumeHost,
  archive: Buffer,
): Promise<{ restored: string[]; kept: string[] }> {
  const volumes = backedUp(topology);
  const created = await createMissingVolumes(topology, host, volumes);
  const mounts = volumes.map(({ name, purpose }) => `${name}:/volumes/${purpose}`);
  const digest = createHash('sha256').update(archive).digest('hex');
  const input = `${digest}\n${archive.toString('base64')}`;
  try {
    const stdout = await inContainer(topology, host, RESTORE, { mounts, input }, (reason, exitCode) =>
      exitCode === OTHER_LIFE
        ? otherLife(topology, host, volumes, reason.split('\n'))
        : `nothing was restored: ${reason}`,
    );
    const filled = stdout.split('\n');
    const restored = volumes.filter(({ purpose }) => filled.includes(purpose));
    // What was created and not filled is not in the archive: a job makes it.
    const kept = volumes.filter((volume) => !restored.includes(volume) && !created.includes(volume.name));
    const names = (of: readonly VolumeTopology[]) => of.map(({ name }) => name);
    return { restored: names(restored), kept: names(kept) };
  } catch (error) {
    await host.removeVolumes(created);
    throw error;
  }
}

function otherLife(
  { environment }: Topology,
  host: VolumeHost,
  volumes: readonly VolumeTopology[],
  folders: readonly string[],
): string {
  const others = volumes.filter(({ purpose }) => folders.includes(purpose)).map(({ name }) => name);
  return `nothing was restored: ${others.join(', ')} ${others.length > 1 ? 'hold keys' : 'holds keys'} other than the archive's: it was made of another life of ${environment}, and the two do not work together. ${toBeginAgain(environment, host, volumes)}`;
}

/** How the archive gets all of its volumes. */
export function toBeginAgain(environment: string, host: VolumeHost, volumes: readonly VolumeTopology[]): string {
  return `To begin again from the archive, remove what is there, if nobody needs it any more: stop what uses it ("make down ENVIRONMENT=${environment}", which also removes a container database's data) or ${host.removalOf(volumes)}`;
}

/** @param refusal what a refusal of the script means, from the script's words and exit code */
async function inContainer(
  topology: Topology,
  host: VolumeHost,
  script: string,
  options: { mounts: readonly string[]; input?: string },
  refusal: (reason: string, exitCode: number) => string,
): Promise<string> {
  try {
    return await host.runOnVolumes(topology.jobs.keystores.image, script, {
      ...options,
      capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      // Bounded, as an archive can hold more than a machine has memory.
      scratchMb: 1024,
      environment: { ENVIRONMENT: topology.environment },
    });
  } catch (error) {
    const exitCode = error instanceof CommandError ? error.exitCode : undefined;
    // The engine's own failures have other codes.
    if (exitCode === undefined || exitCode >= 125) throw error;
    throw new UserError(refusal((error as CommandError).lastLines.join('\n'), exitCode));
  }
}
