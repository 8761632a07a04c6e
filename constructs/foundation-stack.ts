import { File } from '@cdktf/provider-local/lib/file';
import { LocalProvider } from '@cdktf/provider-local/lib/provider';
import type { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import { componentLabels } from '../topology/names';
import type { StackTopology } from '../topology/stacks';
import type { Topology } from '../topology/topology';
import { ClusterNetwork } from './cluster-network';
import { EnvironmentStack } from './environment-stack';
import { KeystoreVolume } from './keystore-volume';
import { SchemaJob } from './schema-job';
import { SharedDatabase } from './shared-database';
import { SharedFiles } from './shared-files';
import { volumeOf } from './volume';

/** The layer with the data: network, secrets, keystores, database and its schemas. It changes almost never. */
export class FoundationStack extends EnvironmentStack {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, { ...stack, engineHost: topology.engineHost, providers: ['local'] });
    new LocalProvider(this, 'local');
    const { container } = topology.database;
    const { schema, secrets, keystores: keystoresJob, sharedFiles } = topology.jobs;
    const { volumes } = topology;
    const labels = componentLabels(topology);
    const serverImage = this.addImage('identity-server-image', secrets.image).imageId;
    const databaseImageName = container?.image ?? schema?.run.image;
    const databaseImage = databaseImageName && this.addImage('database-image', databaseImageName).imageId;

    const network = new ClusterNetwork(this, 'network', { ...topology.network, labels: labels('network') });
    const keystores = new KeystoreVolume(this, 'keystore', {
      volumes,
      secretsJob: { ...secrets, image: serverImage },
      keystoresJob: { ...keystoresJob, image: serverImage },
      protected: topology.protected,
      labels: labels(volumes.keystores.component),
    });
    const database = new SharedDatabase(this, 'database', {
      ...topology.database,
      ...(container && databaseImage !== undefined && { container: { ...container, image: databaseImage } }),
      dataVolume: volumes.databaseData,
      network,
      secrets: keystores,
      protected: topology.protected,
      labels: labels(volumes.databaseData.component),
    });
    const ready: TerraformResource[] = [keystores.keystoresJob.container, ...database.readiness];
    if (schema && databaseImage !== undefined) {
      const { job } = new SchemaJob(this, 'schema', {
        scriptsJob: { ...schema.scripts, image: serverImage },
        schemaJob: { ...schema.run, image: databaseImage },
        scriptsVolume: volumes.schemaScripts,
        database,
        network,
        secrets: keystores,
        labels: labels(volumes.schemaScripts.component),
      });
      ready.push(job.container);
    }
    const shared = new SharedFiles(this, 'shared-files', {
      volume: volumes.sharedFiles,
      job: { ...sharedFiles, image: serverImage },
      protected: topology.protected,
      labels: labels(volumes.sharedFiles.component),
    });
    ready.push(shared.job.container);
    // A mark on the engine, and last: a first creation that fails has nothing to protect yet.
    if (topology.protected) {
      const options = { labels: labels(volumes.protection.component), protected: true, dependsOn: ready };
      volumeOf(this, 'protection', volumes.protection, options);
    }
    const { certificateFile, hostsFile, hostsLines } = topology.localFiles;
    new File(this, 'ca-certificate', {
      filename: certificateFile,
      content: keystores.certificate,
      filePermission: '0644',
    });
    new File(this, 'hosts', { filename: hostsFile, content: hostsLines, filePermission: '0644' });
  }
}
