import { Container } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { DatabaseTopology } from '../topology/topology';
import type { ClusterNetwork } from './cluster-network';
import { dockerEnvironment, dockerLabels, hardened, type Labels, memoryLimit } from './container-defaults';
import type { KeystoreVolume } from './keystore-volume';

export interface SharedDatabaseProps {
  /** Where it is; with `container`, how it is run. */
  readonly database: DatabaseTopology;
  /** Name of the volume for the data. */
  readonly dataVolume: string;
  readonly network: ClusterNetwork;
  /** Holds the administrator's password. */
  readonly secrets: KeystoreVolume;
  /** Whether the data and the container refuse to be destroyed. */
  readonly protected: boolean;
  readonly labels: Labels;
}

/**
 * The one database server that all nodes use: a PostgreSQL or MySQL container with its data in a volume, or a server that is already
 * there, for which nothing is created. Stateful.
 */
export class SharedDatabase extends Construct {
  readonly host: string;
  readonly port: number;
  /** What must be there before something connects. */
  readonly readiness: readonly TerraformResource[];

  constructor(scope: Construct, id: string, props: SharedDatabaseProps) {
    super(scope, id);
    this.host = props.database.host;
    this.port = props.database.port;
    const { container } = props.database;
    if (container === undefined) {
      this.readiness = [props.secrets.secretsJob.container];
      return;
    }
    const lifecycle = { preventDestroy: props.protected };
    const data = new Volume(this, 'data', { name: props.dataVolume, labels: dockerLabels(props.labels), lifecycle });
    const server = new Container(this, 'Default', {
      name: container.name,
      hostname: container.name,
      image: container.image,
      command: [...container.command],
      user: container.owner,
      env: dockerEnvironment(container.environment),
      ...hardened(props.labels),
      ...memoryLimit(container.memoryMb),
      shmSize: Math.min(256, Math.floor(container.memoryMb / 4)),
      networksAdvanced: [{ name: props.network.network.name, ipv4Address: container.address }],
      volumes: [
        { volumeName: data.name, containerPath: container.dataPath },
        { volumeName: props.secrets.databaseSecrets.name, containerPath: '/run/database-secrets', readOnly: true },
      ],
      healthcheck: {
        test: [...container.healthCommand],
        interval: '2s',
        timeout: '3s',
        retries: 5,
        startPeriod: '1m0s',
      },
      restart: 'unless-stopped',
      mustRun: true,
      wait: true,
      waitTimeout: 180,
      stopSignal: container.stopSignal,
      stopTimeout: 60,
      destroyGraceSeconds: 60,
      dependsOn: [props.secrets.secretsJob.container],
      lifecycle,
    });
    this.readiness = [server];
  }
}
