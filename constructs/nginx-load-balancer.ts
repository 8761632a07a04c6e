import { Container } from '@cdktf/provider-docker/lib/container';
import { Construct } from 'constructs';
import type { JobTopology } from '../topology/jobs';
import type { LoadBalancerTopology } from '../topology/load-balancer';
import type { VolumeTopology } from '../topology/volumes';
import { dockerMounts, type Labels, literal, type NamedNetwork, serverContainer } from './container-defaults';
import { OneShotJob } from './one-shot-job';
import { volumeOf } from './volume';

export interface NginxLoadBalancerProps extends LoadBalancerTopology {
  /** Checks and installs the configuration. */
  readonly configurationJob: JobTopology;
  /** The volume that holds the installed configuration; it is made here. */
  readonly configurationVolume: VolumeTopology;
  readonly network: NamedNetwork;
  readonly labels: Labels;
}

/**
 * Nginx in front of the nodes. A new configuration is checked and installed by a job and taken over by a reload; only a new image,
 * address or published port replaces the container, which interrupts service because a published port cannot overlap itself.
 */
export class NginxLoadBalancer extends Construct {
  readonly container: Container;

  constructor(scope: Construct, id: string, props: NginxLoadBalancerProps) {
    super(scope, id);
    const { network, labels } = props;
    const configuration = volumeOf(this, 'configuration', props.configurationVolume, { labels, protected: false });
    const configurationJob = new OneShotJob(this, 'configuration-job', {
      ...props.configurationJob,
      labels,
      network,
      volumes: [configuration],
      runsAgainWith: [configuration],
    });
    this.container = new Container(this, 'Default', {
      // One that serves is not replaced for another entry point.
      ...serverContainer(props, network, labels, { ignoreChanges: ['entrypoint'] }),
      entrypoint: props.entrypoint.map(literal),
      command: [],
      readOnly: true,
      mounts: [
        { type: 'tmpfs', target: '/tmp', tmpfsOptions: { sizeBytes: props.scratchMb * 1024 * 1024, mode: 0o1777 } },
      ],
      ports: [props.httpPort, props.httpsPort].map((port) => ({
        internal: port,
        external: port,
        ip: props.bindAddress,
      })),
      volumes: dockerMounts(props.mounts, [configuration]),
      dependsOn: [configurationJob.container],
    });
  }
}
