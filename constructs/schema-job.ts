import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import type { JobTopology } from '../topology/topology';
import type { ClusterNetwork } from './cluster-network';
import { dockerLabels, type Labels } from './container-defaults';
import type { KeystoreVolume } from './keystore-volume';
import { OneShotJob } from './one-shot-job';
import type { SharedDatabase } from './shared-database';

export interface SchemaJobProps {
  /** Copies the scripts out of the identity server's image. */
  readonly scriptsJob: JobTopology;
  /** Runs them with the database image's client. */
  readonly schemaJob: JobTopology;
  /** Name of the volume through which the scripts travel. */
  readonly scriptsVolume: string;
  readonly database: SharedDatabase;
  readonly network: ClusterNetwork;
  /** Holds the passwords of the administrator and of the servers' role. */
  readonly secrets: KeystoreVolume;
  /** uid:gid that may read the database's secrets. */
  readonly owner: string;
  readonly labels: Labels;
}

/** Creates databases, roles and schemas, each once; a database that has content is never touched. */
export class SchemaJob extends Construct {
  readonly job: OneShotJob;

  constructor(scope: Construct, id: string, props: SchemaJobProps) {
    super(scope, id);
    const scripts = new Volume(this, 'scripts', { name: props.scriptsVolume, labels: dockerLabels(props.labels) });
    const scriptsJob = new OneShotJob(this, 'scripts-job', {
      ...props.scriptsJob,
      labels: props.labels,
      // The image's home directory is open to the server's user alone.
      capabilities: ['CAP_DAC_OVERRIDE'],
      volumes: [{ volumeName: scripts.name, containerPath: '/schema-scripts' }],
      runsAgainWith: [scripts],
    });
    this.job = new OneShotJob(this, 'Default', {
      ...props.schemaJob,
      labels: props.labels,
      user: props.owner,
      network: props.network.network.name,
      volumes: [
        { volumeName: scripts.name, containerPath: '/schema-scripts', readOnly: true },
        { volumeName: props.secrets.databaseSecrets.name, containerPath: '/database-secrets', readOnly: true },
      ],
      runsAgainWith: [scriptsJob.container, ...props.database.readiness],
    });
  }
}
