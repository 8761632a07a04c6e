import type { Topology } from '../../topology/topology';
import { type EnvironmentEngine, engineSays } from '../environment-engine';
import { changedVolumes } from '../installed-files';
import { lostText } from '../lost-files';
import { CommandError } from '../setup/process';

/** What the volumes hold that jobs fill; on Kubernetes the Secrets. */
export interface VolumeStatus {
  /** Those with files that are not as they were installed. */
  readonly changed: readonly ChangedFilesStatus[];
  /** Why nobody could look. @default - somebody could */
  readonly problem?: string;
}

export interface ChangedFilesStatus {
  readonly volume: string;
  readonly files: readonly string[];
  /** What it means, and what to do. */
  readonly reason: string;
}

/** Looks into the volumes. Values stay there: only names of files are told. */
export async function filesInVolumes(topology: Topology, engine: EnvironmentEngine): Promise<VolumeStatus> {
  try {
    const found = await changedVolumes({ topology, engine }, await engine.containers());
    return {
      changed: found.map(({ volume, files, lost }) => {
        const again = `${files.join(', ')} in the volume ${volume}: changed or removed by hand; "make up ENVIRONMENT=${topology.environment}" installs what was there`;
        return { volume, files, reason: lost.length > 0 ? lostText(volume, lost) : again };
      }),
    };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { changed: [], problem: engineSays(error) };
  }
}
