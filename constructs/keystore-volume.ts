import type { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import type { JobTopology } from '../topology/jobs';
import type { VolumesTopology } from '../topology/volumes';
import type { Labels } from './container-defaults';
import { OneShotJob } from './one-shot-job';
import { volumeOf } from './volume';

export interface KeystoreVolumeProps {
  /** The table of volumes; those for secrets, certificates and keystores are made here. */
  readonly volumes: VolumesTopology;
  /** Creates the passwords and keys that are missing. */
  readonly secretsJob: JobTopology;
  /** Creates the certificate authority, the shared stores and the load balancer's certificate. */
  readonly keystoresJob: JobTopology;
  /** Whether the volumes refuse to be destroyed. */
  readonly protected: boolean;
  readonly labels: Labels;
}

/**
 * The volume with the `wso2carbon` keystore and the client truststore that all nodes share, and the volumes with the secrets
 * behind them. They are filled on the Docker host by jobs that create what is missing; no value passes through Terraform.
 *
 * Losing these volumes makes issued tokens unverifiable and encrypted data unreadable: they are stateful.
 */
export class KeystoreVolume extends Construct {
  readonly databaseSecrets: Volume;
  readonly identityServerSecrets: Volume;
  readonly certificateAuthority: Volume;
  readonly keystores: Volume;
  readonly loadBalancerCertificates: Volume;
  readonly secretsJob: OneShotJob;
  readonly keystoresJob: OneShotJob;

  constructor(scope: Construct, id: string, props: KeystoreVolumeProps) {
    super(scope, id);
    const { volumes, labels } = props;
    this.databaseSecrets = volumeOf(this, 'database-secrets', volumes.databaseSecrets, props);
    this.identityServerSecrets = volumeOf(this, 'identity-server-secrets', volumes.identityServerSecrets, props);
    this.certificateAuthority = volumeOf(this, 'certificate-authority', volumes.certificateAuthority, props);
    this.keystores = volumeOf(this, 'keystores', volumes.keystores, props);
    this.loadBalancerCertificates = volumeOf(
      this,
      'load-balancer-certificates',
      volumes.loadBalancerCertificates,
      props,
    );

    const secrets = [this.databaseSecrets, this.identityServerSecrets];
    this.secretsJob = new OneShotJob(this, 'secrets-job', {
      ...props.secretsJob,
      labels,
      volumes: secrets,
      runsAgainWith: secrets,
    });
    const stores = [this.certificateAuthority, this.keystores, this.loadBalancerCertificates];
    this.keystoresJob = new OneShotJob(this, 'keystores-job', {
      ...props.keystoresJob,
      labels,
      volumes: [...stores, this.identityServerSecrets],
      runsAgainWith: [this.secretsJob.container, ...stores],
    });
  }

  /** The certificate authority's certificate, PEM. */
  get certificate(): string {
    return this.keystoresJob.container.containerLogs;
  }
}
