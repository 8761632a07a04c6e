import { Container } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import type { JobTopology, LoadBalancerTopology } from '../topology/topology';
import { dockerLabels, hardened, type Labels, literal, memoryLimit } from './container-defaults';
import { OneShotJob } from './one-shot-job';

export interface NginxLoadBalancerProps {
  /** Address, ports and configuration. */
  readonly loadBalancer: LoadBalancerTopology;
  /** Image, by id or name. @default - the load balancer's own image name */
  readonly image?: string;
  /** Checks and installs the configuration. */
  readonly configurationJob: JobTopology;
  /** Name of the volume that holds the installed configuration; it is made here. */
  readonly configurationVolume: string;
  /** Name of the volume with certificate, key and CA. */
  readonly certificatesVolume: string;
  /** Name of the environment's network. */
  readonly network: string;
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
    const { loadBalancer } = props;
    const image = props.image ?? loadBalancer.image;
    const configuration = new Volume(this, 'configuration', {
      name: props.configurationVolume,
      labels: dockerLabels(props.labels),
    });
    const configurationPath = '/etc/nginx/active-active';
    const certificates = {
      volumeName: props.certificatesVolume,
      containerPath: '/etc/nginx/certificates',
      readOnly: true,
    };
    const configurationJob = new OneShotJob(this, 'configuration-job', {
      ...props.configurationJob,
      image,
      labels: props.labels,
      // The check reads the private key, which belongs to Nginx's user, and hands its scratch folders to another.
      capabilities: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE'],
      network: props.network,
      files: Object.fromEntries(
        Object.entries(loadBalancer.configuration.files).map(([name, content]) => [`/candidate/${name}`, content]),
      ),
      volumes: [{ volumeName: configuration.name, containerPath: configurationPath }, certificates],
      runsAgainWith: [configuration],
    });
    this.container = new Container(this, 'Default', {
      name: loadBalancer.containerName,
      hostname: loadBalancer.containerName,
      image,
      entrypoint: loadBalancer.entrypoint.map(literal),
      command: [],
      user: loadBalancer.owner,
      ...hardened(props.labels),
      ...memoryLimit(loadBalancer.memoryMb),
      readOnly: true,
      mounts: [{ type: 'tmpfs', target: '/tmp', tmpfsOptions: { sizeBytes: 64 * 1024 * 1024, mode: 0o1777 } }],
      ulimit: [{ name: 'nofile', soft: 16384, hard: 16384 }],
      networksAdvanced: [{ name: props.network, ipv4Address: loadBalancer.address }],
      ports: [loadBalancer.httpPort, loadBalancer.httpsPort].map((port) => ({
        internal: port,
        external: port,
        ip: loadBalancer.bindAddress,
      })),
      volumes: [{ volumeName: configuration.name, containerPath: configurationPath, readOnly: true }, certificates],
      healthcheck: {
        test: [...loadBalancer.healthCommand],
        interval: '2s',
        timeout: '4s',
        retries: 3,
        startPeriod: '30s',
      },
      restart: 'unless-stopped',
      mustRun: true,
      wait: true,
      waitTimeout: 60,
      // SIGQUIT lets requests finish; SIGTERM would cut them.
      stopSignal: 'SIGQUIT',
      stopTimeout: 30,
      destroyGraceSeconds: 30,
      dependsOn: [configurationJob.container],
    });
  }
}
