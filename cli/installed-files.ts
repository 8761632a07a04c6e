import type { ChangedFiles } from '../review/plan/planned-stack';
import type { StackTopology } from '../topology/stacks';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';

/** A volume with files that are not as the job that fills it has installed them. */
export interface ChangedVolume extends ChangedFiles {
  /** Container of that job. */
  readonly job: string;
  /** Layer of the job. */
  readonly layer: StackTopology['layer'];
}

/** What a job installed is listed with its digests beside it; a list that is missing is an earlier release's. */
export const COMPARE = `for folder in /volumes/*; do
  [ -f "$folder/checksums" ] || continue
  (cd "$folder" && sha256sum -c checksums 2>/dev/null) | sed -n "s|: FAILED.*||p" | sed "s|^|\${folder##*/} |"
done`;

/** Compares the files of the volumes that jobs fill again. */
export async function changedVolumes(
  { topology, engine }: Pick<CommandContext, 'topology' | 'engine'>,
  containers: readonly EngineContainer[],
): Promise<ChangedVolume[]> {
  // An image that is there for certain; where no container is left, everything is installed again anyway.
  const image = containers[0]?.image;
  if (image === undefined) return [];
  const existing = await engine.names('volume');
  const filled = Object.values(topology.volumes).flatMap((volume) => {
    const [job] = Object.keys(volume.writers);
    return volume.loss === undefined && job !== undefined && existing.includes(volume.name) ? [{ volume, job }] : [];
  });
  if (filled.length === 0) return [];
  const said = await engine.readVolumes(
    image,
    COMPARE,
    filled.map(({ volume: { name, purpose } }) => `${name}:/volumes/${purpose}:ro`),
  );
  const lines = said.split('\n').map((line) => line.split(' '));
  return filled.flatMap(({ volume, job }): ChangedVolume[] => {
    const files = lines.filter(([purpose]) => purpose === volume.purpose).map(([, ...path]) => path.join(' '));
    const layer = job === topology.jobs.loadBalancerConfiguration.name ? 'load-balancer' : 'foundation';
    return files.length === 0 ? [] : [{ volume: volume.name, job, layer, files }];
  });
}
