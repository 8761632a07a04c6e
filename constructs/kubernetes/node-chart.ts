import { k8s } from 'cdk8s-plus-32';
import type { Construct } from 'constructs';
import { memberServiceName, POD_ADDRESS } from '../../topology/places';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { ConfigFiles } from './config-files';
import { EnvironmentChart, headless } from './environment-chart';
import { withGivenFiles } from './foundation-chart';
import { environmentOf, JOB_RESOURCES, restrictedContainer } from './pod-defaults';
import { podVolumes } from './pod-volumes';
import { serverPod } from './server-pod';

/**
 * The layer of one identity server: a Deployment of one pod, which holds no data and so may move. A change stops it before the new one starts,
 * as two of one number would be two members of the same name.
 */
export class NodeChart extends EnvironmentChart {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, stack, topology);
    const node = topology.nodes.find(({ containerName }) => containerName === stack.name);
    if (node === undefined) throw new Error(`the topology has no node for ${stack.name}`);
    const { containerName: name, httpsPort } = node;
    const { clusterPort, volumes } = topology;
    const selector = this.componentSelector(node.name);
    const ports = [
      { name: 'https', port: httpsPort },
      ...(clusterPort === undefined ? [] : [{ name: 'cluster', port: clusterPort }]),
    ];
    new k8s.KubeService(this, 'service', headless(name, selector, ports.slice(0, 1)));
    if (clusterPort !== undefined) {
      // Members find each other before they are ready, or two that start at the same time would be two clusters.
      new k8s.KubeService(this, 'member', headless(memberServiceName(name), selector, ports.slice(1), true));
    }
    const files = new ConfigFiles(this, 'files', { name: `${name}-files`, files: node.files });
    const mounted = podVolumes(node.mounts, volumes, this.platform);
    new k8s.KubeDeployment(this, 'identity-server', {
      metadata: { name },
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        minReadySeconds: node.pod?.settledSeconds,
        revisionHistoryLimit: 2,
        progressDeadlineSeconds: node.startTimeoutSeconds + node.stopSeconds + 60,
        selector: { matchLabels: { ...selector } },
        template: serverPod(node, {
          platform: this.platform,
          labels: this.podLabels(node.name, 'node'),
          apartFrom: this.roleLabels('node'),
          container: {
            name: 'identity-server',
            command: [...node.entrypoint],
            env: [
              { name: POD_ADDRESS, valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              ...environmentOf(node.environment),
            ],
            ports: ports.map(({ name: portName, port }) => ({ name: portName, containerPort: port })),
          },
          volumes: [mounted, { volumes: [files.volume], mounts: files.mounts }],
          digest: files.digest,
          writesRoot: true,
          cpus: node.cpus,
          hostAliases: Object.entries(node.hosts).map(([hostname, ip]) => ({ ip, hostnames: [hostname] })),
          initContainers: this.platform.sharedStorageClass === undefined ? [ownFiles(topology, node.owner)] : [],
        }),
      },
    });
  }
}

/** Where no claim is shared, each pod begins with what the image has. */
function ownFiles(topology: Topology, owner: string): k8s.Container {
  const { sharedFiles } = topology.jobs;
  const { purpose, writers } = topology.volumes.sharedFiles;
  return {
    name: 'shared-files',
    image: sharedFiles.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', withGivenFiles(sharedFiles.script, topology)],
    env: environmentOf(sharedFiles.environment),
    resources: JOB_RESOURCES,
    securityContext: restrictedContainer(owner),
    volumeMounts: [{ name: purpose, mountPath: writers[sharedFiles.name] as string }],
  };
}
