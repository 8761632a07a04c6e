import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import type { JobTopology, VolumeTopology } from '../topology/topology';
import { dockerLabels, type Labels } from './container-defaults';
import { OneShotJob } from './one-shot-job';

export interface KeystoreVolumeProps {
  /** Names of the volumes; those for secrets, certificates and keystores are made here. */
  readonly volumes: VolumeTopology;
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
    const volume = (purpose: string, name: string) =>
      new Volume(this, purpose, {
        name,
        labels: dockerLabels(props.labels),
        lifecycle: { preventDestroy: props.protected },
      });
    this.databaseSecrets = volume('database-secrets', props.volumes.databaseSecrets);
    this.identityServerSecrets = volume('identity-server-secrets', props.volumes.identityServerSecrets);
    this.certificateAuthority = volume('certificate-authority', props.volumes.certificateAuthority);
    this.keystores = volume('keystores', props.volumes.keystores);
    this.loadBalancerCertificates = volume('load-balancer-certificates', props.volumes.loadBalancerCertificates);

    // Root with these three capabilities alone: the files get the owners that will read them.
    const capabilities = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];
    this.secretsJob = new OneShotJob(this, 'secrets-job', {
      ...props.secretsJob,
      labels: props.labels,
      capabilities,
      volumes: [
        { volumeName: this.databaseSecrets.name, containerPath: '/database-secrets' },
        { volumeName: this.identityServerSecrets.name, containerPath: '/identity-server-secrets' },
      ],
      runsAgainWith: [this.databaseSecrets, this.identityServerSecrets],
    });
    this.keystoresJob = new OneShotJob(this, 'keystores-job', {
      ...props.keystoresJob,
      labels: props.labels,
      capabilities,
      volumes: [
        { volumeName: this.identityServerSecrets.name, containerPath: '/identity-server-secrets', readOnly: true },
        { volumeName: this.certificateAuthority.name, containerPath: '/certificate-authority' },
        { volumeName: this.keystores.name, containerPath: '/keystores' },
        { volumeName: this.loadBalancerCertificates.name, containerPath: '/load-balancer-certificates' },
      ],
      runsAgainWith: [
        this.secretsJob.container,
        this.certificateAuthority,
        this.keystores,
        this.loadBalancerCertificates,
      ],
    });
  }

  /** The certificate authority's certificate, PEM. */
  get certificate(): string {
    return this.keystoresJob.container.containerLogs;
  }
}
