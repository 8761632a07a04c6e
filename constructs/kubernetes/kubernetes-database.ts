import { k8s } from 'cdk8s-plus-32';
import { Construct } from 'constructs';
import type { DatabaseContainerTopology } from '../../topology/database';
import type { KubernetesPlatform } from '../../topology/platform';
import type { VolumesTopology } from '../../topology/volumes';
import type { Labels } from '../container-defaults';
import { headless } from './environment-chart';
import { digestOf, environmentOf, JOB_RESOURCES, restrictedContainer } from './pod-defaults';
import { podVolumes, scratch } from './pod-volumes';
import { serverPod } from './server-pod';

export interface KubernetesDatabaseProps extends DatabaseContainerTopology {
  readonly platform: KubernetesPlatform;
  readonly table: VolumesTopology;
  readonly ports: readonly number[];
  readonly labels: Labels;
}

/**
 * The database as a container, for tests and demonstrations: one pod with its data in a claim. A StatefulSet, which never has two: the pod of a
 * machine that is gone runs elsewhere only when somebody says that the machine is. Stateful.
 */
export class KubernetesDatabase extends Construct {
  constructor(scope: Construct, id: string, props: KubernetesDatabaseProps) {
    super(scope, id);
    const { containerName: name, platform, labels, table } = props;
    const { name: claim, purpose } = table.databaseData;
    new k8s.KubePersistentVolumeClaim(this, 'data', {
      metadata: { name: claim },
      spec: {
        accessModes: ['ReadWriteOnce'],
        ...(platform.storageClass !== undefined && { storageClassName: platform.storageClass }),
        resources: { requests: { storage: k8s.Quantity.fromString(`${platform.storageGib}Gi`) } },
      },
    });
    const ports = props.ports.map((port) => ({ name: 'database', port }));
    // Also while it is not ready: its name is there then, and whoever connects is told so at once.
    new k8s.KubeService(this, 'service', headless(name, labels, ports, true));
    const volumes = podVolumes(props.mounts, table, platform);
    const data = volumes.mounts.find((mount) => mount.name === purpose) as k8s.VolumeMount;
    const folder = props.dataFolder;
    new k8s.KubeStatefulSet(this, 'Default', {
      metadata: { name },
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: { ...labels } },
        template: serverPod(props, {
          platform,
          labels,
          apartFrom: labels,
          container: {
            name: 'database',
            args: [...props.command],
            env: environmentOf({ ...props.environment, ...(folder && { [folder.variable]: folder.path }) }),
            ports: ports.map(({ name: portName, port }) => ({ name: portName, containerPort: port })),
          },
          volumes: [
            volumes,
            scratch('tmp', '/tmp', 64),
            scratch('socket', props.socketPath, 16),
            scratch('shared-memory', '/dev/shm', props.sharedMemoryMb),
          ],
          digest: digestOf(props.command),
          ...(folder && {
            initContainers: [
              {
                name: 'data-folder',
                image: props.image,
                imagePullPolicy: 'IfNotPresent',
                command: ['/bin/mkdir', '-p', '-m', '0700', folder.path],
                resources: JOB_RESOURCES,
                securityContext: restrictedContainer(props.owner),
                volumeMounts: [data],
              },
            ],
          }),
        }),
      },
    });
  }
}
