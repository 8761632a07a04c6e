import { Container } from '@cdktf/provider-docker/lib/container';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { DatabaseServers } from '../catalogue/database-engines';
import type { DatabaseTopology } from '../topology/database';
import type { VolumeTopology } from '../topology/volumes';
import { dockerEnvironment, dockerMounts, type Labels, type NamedNetwork, serverContainer } from './container-defaults';
import type { KeystoreVolume } from './keystore-volume';
import { volumeOf } from './volume';

export interface SharedDatabaseProps extends DatabaseTopology {
  /** The volume for the data; it is made here where the database is a container, or where `protected` keeps what a container has left. */
  readonly dataVolume: VolumeTopology;
  readonly network: NamedNetwork;
  /** Holds the administrator's password. */
  readonly secrets: KeystoreVolume;
  /** Whether the data and the container refuse to be destroyed. */
  readonly protected: boolean;
  readonly labels: Labels;
}

/**
 * The one database server that all nodes use: a container with its data in a volume, or a server that is already there, for which
 * nothing is created. Stateful.
 */
export class SharedDatabase extends Construct {
  /** Where it is. Several, where one of them at a time takes writes. */
  readonly servers: DatabaseServers;
  /** What must be there before something connects. */
  readonly readiness: readonly TerraformResource[];

  constructor(scope: Construct, id: string, props: SharedDatabaseProps) {
    super(scope, id);
    this.servers = props.servers;
    const { container, secrets } = props;
    if (container === undefined) {
      // The volume of a container that there was would lose prevent_destroy with its declaration, and be destroyed with its data. Where
      // there was none, an empty volume is the price.
      if (props.protected) volumeOf(this, 'data', props.dataVolume, props);
      this.readiness = [secrets.secretsJob.container];
      return;
    }
    const data = volumeOf(this, 'data', props.dataVolume, props);
    const server = new Container(this, 'Default', {
      ...serverContainer(container, props.network, props.labels, {
        preventDestroy: props.protected,
        // How a container was created is nothing that changes one that is there.
        ignoreChanges: ['wait'],
      }),
      // The schema job, which runs with every new container, waits for it, and need not wait for the provider to notice.
      wait: false,
      command: [...container.command],
      env: dockerEnvironment(container.environment),
      shmSize: container.sharedMemoryMb,
      volumes: dockerMounts(container.mounts, [data, secrets.databaseSecrets]),
      dependsOn: [secrets.secretsJob.container],
    });
    this.readiness = [server];
  }
}
