import { k8s } from 'cdk8s-plus-32';
import type { Construct } from 'constructs';
import { CONTROL_PORT } from '../../environment/addresses';
import { controlServiceName } from '../../topology/places';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { ConfigFiles } from './config-files';
import { EnvironmentChart, headless } from './environment-chart';
import { withGivenFiles } from './foundation-chart';
import { digestOf, environmentOf, JOB_RESOURCES, restrictedContainer } from './pod-defaults';
import { podVolumes, scratch } from './pod-volumes';
import { serverPod } from './server-pod';

/** Enough that one may be lost, or replaced, while another serves. */
const REPLICAS = 2;

/**
 * The layer of the load balancers. They are replaced one after the other: a new one takes clients before an old one stops, and a configuration
 * that Nginx refuses never gets there, as the pod checks it before Nginx starts.
 */
export class LoadBalancerChart extends EnvironmentChart {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, stack, topology);
    const { loadBalancer, jobs, volumes, environment, podScripts } = topology;
    const { containerName: name, httpPort, httpsPort, owner } = loadBalancer;
    const { loadBalancerConfiguration: job } = jobs;
    const labels = this.podLabels(volumes.loadBalancerConfiguration.component, 'load-balancer');
    const files = new ConfigFiles(this, 'files', { name: `${name}-files`, files: job.files ?? {} });
    const mounted = podVolumes(loadBalancer.mounts, volumes, this.platform);
    const tmp = scratch('tmp', '/tmp', loadBalancer.scratchMb);
    const published = [
      { name: 'https', port: httpsPort },
      { name: 'http', port: httpPort },
    ];
    new k8s.KubeService(
      this,
      'control',
      // Also those that are about to stop: they still have connections, and must know who leaves.
      headless(controlServiceName(environment), labels, [{ name: 'control', port: CONTROL_PORT }], true),
    );
    this.publish(name, labels, published);
    new k8s.KubePodDisruptionBudget(this, 'budget', {
      metadata: { name },
      spec: {
        minAvailable: k8s.IntOrString.fromNumber(REPLICAS - 1),
        selector: { matchLabels: { ...labels } },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
    const template = serverPod(loadBalancer, {
      platform: this.platform,
      labels,
      apartFrom: this.roleLabels('load-balancer'),
      container: {
        name: 'nginx',
        command: [...loadBalancer.entrypoint],
        env: environmentOf({ STATUS_URL: loadBalancer.statusUrl }),
        ports: [...published, { name: 'control', port: CONTROL_PORT }].map(({ name: portName, port }) => ({
          name: portName,
          containerPort: port,
        })),
      },
      volumes: [mounted, tmp, { volumes: [files.volume], mounts: [] }],
      digest: digestOf([files.digest, job.script]),
      initContainers: [
        {
          name: 'configuration',
          image: job.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sh', '-c', `${podScripts.resolver}\n${withGivenFiles(job.script, topology)}`],
          env: environmentOf(job.environment),
          resources: JOB_RESOURCES,
          securityContext: restrictedContainer(owner),
          volumeMounts: [...podVolumes(job.mounts, volumes, this.platform).mounts, ...tmp.mounts, ...files.mounts],
        },
      ],
    });
    new k8s.KubeDeployment(this, 'load-balancer', {
      metadata: { name },
      spec: {
        replicas: REPLICAS,
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
        },
        minReadySeconds: loadBalancer.pod?.settledSeconds,
        revisionHistoryLimit: 2,
        selector: { matchLabels: { ...labels } },
        template: withLowPorts(template),
      },
    });
  }

  /**
   * What clients reach. A machine leads to its own load balancer alone: one that is gone then costs its own connections, where the others would
   * lead new ones to it for the 40 s and more that the cluster takes to notice; and load balancers see the clients' addresses.
   */
  private publish(
    name: string,
    selector: Readonly<Record<string, string>>,
    ports: readonly { readonly name: string; readonly port: number }[],
  ): void {
    const { publish, annotations } = this.platform;
    const types = { 'load-balancer': 'LoadBalancer', 'node-port': 'NodePort', 'cluster-ip': 'ClusterIP' } as const;
    new k8s.KubeService(this, 'service', {
      metadata: { name, ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }) },
      spec: {
        type: types[publish],
        ...(publish !== 'cluster-ip' && { externalTrafficPolicy: 'Local' }),
        selector: { ...selector },
        ports: ports.map(({ name: portName, port }) => ({
          name: portName,
          port,
          targetPort: k8s.IntOrString.fromString(portName),
          ...(publish === 'node-port' && { nodePort: port }),
        })),
      },
    });
  }
}

/** Nginx listens on the public ports without any privilege; the setting is one that every cluster allows. */
function withLowPorts(template: k8s.PodTemplateSpec): k8s.PodTemplateSpec {
  const spec = template.spec as k8s.PodSpec;
  const sysctls = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }];
  return { ...template, spec: { ...spec, securityContext: { ...spec.securityContext, sysctls } } };
}
