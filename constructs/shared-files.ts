import { Construct } from 'constructs';
import type { JobTopology } from '../topology/jobs';
import type { VolumeTopology } from '../topology/volumes';
import type { Labels } from './container-defaults';
import { OneShotJob } from './one-shot-job';
import { volumeOf } from './volume';

export interface SharedFilesProps {
  readonly volume: VolumeTopology;
  /** Makes the folders, the first time with what the identity server's image has in them. */
  readonly job: JobTopology;
  /** Whether the volume refuses to be destroyed. */
  readonly protected: boolean;
  readonly labels: Labels;
}

/** The volume with what administrators make in a console as files, secondary user stores and tenants: every node writes it. Stateful. */
export class SharedFiles extends Construct {
  readonly job: OneShotJob;

  constructor(scope: Construct, id: string, props: SharedFilesProps) {
    super(scope, id);
    const volume = volumeOf(this, 'Default', props.volume, props);
    this.job = new OneShotJob(this, 'job', {
      ...props.job,
      labels: props.labels,
      volumes: [volume],
      runsAgainWith: [volume],
    });
  }
}
