import type { ChangedFiles } from '../review/plan/planned-stack';
import type { StackTopology } from '../topology/stacks';
import { declaredVolumes } from '../topology/volumes';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';
import { irreplaceable, type LostFile } from './lost-files';

/** A volume with files that are not as the job that fills it has installed them. */
export interface ChangedVolume extends ChangedFiles {
  /** Container of that job. */
  readonly job: string;
  /** Layer of the job. */
  readonly layer: StackTopology['layer'];
  /** Those that the job cannot make again. */
  readonly lost: readonly LostFile[];
}

/** What a job installed is listed with its digests beside it. Prints names alone; a list's, where that is missing. */
export const COMPARE = `for folder in /volumes/*; do
  [ -s "$folder/checksums" ] || { echo "\${folder##*/} checksums"; continue; }
  (cd "$folder" && sha256sum -c checksums 2>/dev/null) | sed -n "s|: FAILED.*||p" | sed "s|^\\(\\./\\)*|\${folder##*/} |"
done`;

/** Compares the files of the volumes that jobs fill. */
export async function changedVolumes(
  { topology, engine }: Pick<CommandContext, 'topology' | 'engine'>,
  containers: readonly EngineContainer[],
): Promise<ChangedVolume[]> {
  // An image that is there for certain; where no container is left, everything is installed again anyway.
  const image = containers[0]?.image;
  if (image === undefined) return [];
  const existing = await engine.names('volume');
  const jobs: readonly string[] = Object.values(topology.jobs).flatMap((job) =>
    job === undefined ? [] : 'name' in job ? [job.name] : [job.scripts.name, job.run.name],
  );
  const filled = declaredVolumes(topology.volumes).flatMap((volume) => {
    const job = Object.keys(volume.writers).find((name) => jobs.includes(name));
    return job !== undefined && existing.includes(volume.name) ? [{ volume, job }] : [];
  });
  if (filled.length === 0) return [];
  const said = await engine.lookIntoVolumes(
    image,
    COMPARE,
    filled.map(({ volume: { name, purpose } }) => `${name}:/volumes/${purpose}:ro`),
  );
  const { keystores } = topology.volumes;
  const hasKeystores = containers.some(({ name }) => name === topology.jobs.keystores.name);
  const changed = said.split('\n').flatMap((line) => {
    const [purpose = '', ...path] = line.split(' ');
    const file = path.join(' ');
    // Only the keystores have had a list from the beginning.
    const isKnown = file !== 'checksums' || (purpose === keystores.purpose && hasKeystores);
    return file !== '' && isKnown ? [{ purpose, file }] : [];
  });
  const lost = irreplaceable(topology, changed);
  return filled.flatMap(({ volume, job }): ChangedVolume[] => {
    const of = <T extends { readonly purpose: string }>(all: readonly T[]) =>
      all.filter(({ purpose }) => purpose === volume.purpose);
    const files = of(changed).map(({ file }) => file);
    const layer = job === topology.jobs.loadBalancerConfiguration.name ? 'load-balancer' : 'foundation';
    return files.length === 0 ? [] : [{ volume: volume.name, job, layer, files, lost: of(lost) }];
  });
}
