import { Construct } from 'constructs';
import type { JobTopology } from '../topology/jobs';
import type { VolumeTopology } from '../topology/volumes';
import type { Labels, NamedNetwork } from './container-defaults';
import type { KeystoreVolume } from './keystore-volume';
import { OneShotJob } from './one-shot-job';
import type { SharedDatabase } from './shared-database';
import { volumeOf } from './volume';

export interface SchemaJobProps {
  /** Copies the scripts out of the identity server's image. */
  readonly scriptsJob: JobTopology;
  /** Runs them with the database image's client. */
  readonly schemaJob: JobTopology;
  /** The volume through which the scripts travel; it is made here. */
  readonly scriptsVolume: VolumeTopology;
  readonly database: SharedDatabase;
  readonly network: NamedNetwork;
  /** Holds the passwords of the administrator and of the servers' role. */
  readonly secrets: KeystoreVolume;
  readonly labels: Labels;
}

/** Creates databases, roles and schemas, each once; a database that has content is never touched. */
export class SchemaJob extends Construct {
  readonly job: OneShotJob;

  constructor(scope: Construct, id: string, props: SchemaJobProps) {
    super(scope, id);
    const { labels } = props;
    const scripts = volumeOf(this, 'scripts', props.scriptsVolume, { labels, protected: false });
    const scriptsJob = new OneShotJob(this, 'scripts-job', {
      ...props.scriptsJob,
      labels,
      volumes: [scripts],
      runsAgainWith: [scripts],
    });
    this.job = new OneShotJob(this, 'Default', {
      ...props.schemaJob,
      labels,
      network: props.network,
      volumes: [scripts, props.secrets.databaseSecrets],
      runsAgainWith: [scriptsJob.container, ...props.database.readiness],
    });
  }
}
