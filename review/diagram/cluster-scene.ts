import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import type { Part, Scene, VolumePart } from './parts';

/** The scene where the environment is in a cluster: the same components, as pods, and of the volumes those that outlive a pod. */
export function inCluster(scene: Scene, topology: Topology, platform: KubernetesPlatform): Scene {
  const { namespace, context, sharedStorageClass } = platform;
  const { loadBalancer, jobs } = topology;
  const lasting = Object.values(topology.volumes)
    .filter(
      ({ kind }) => kind === 'secrets' || kind === 'data' || (kind === 'shared' && sharedStorageClass !== undefined),
    )
    .map(({ name }) => name);
  const kept = ({ name }: VolumePart) => lasting.includes(name);
  const part = (of: Part, ...lines: readonly string[]): Part => ({
    ...of,
    ...(of.address !== undefined && { address: `${of.name}.${namespace}` }),
    lines: [...of.lines, ...lines],
    mounts: of.mounts.filter(({ volume }) => lasting.includes(volume)),
  });
  // What else jobs do on a Docker host, containers of pods do before the others.
  const run = [jobs.secrets, jobs.keystores, ...(sharedStorageClass ? [jobs.sharedFiles] : []), jobs.schema?.run].map(
    (job) => job?.name,
  );
  const { foundation } = scene;
  return {
    ...scene,
    description: scene.description.replace('one database container', 'one database pod'),
    place: { title: 'Kubernetes', name: context },
    client: { ...scene.client, published: published(platform, [loadBalancer.httpsPort, loadBalancer.httpPort]) },
    network: {
      title: 'Namespace',
      name: namespace,
      subnet: 'NetworkPolicies',
      lines: ['nothing reaches a pod', 'but what has a way to it'],
    },
    loadBalancer: {
      ...scene.loadBalancer,
      container: part(scene.loadBalancer.container, '2 pods'),
      job: { ...part(scene.loadBalancer.job), lines: ['in each pod, before Nginx: nginx -t'] },
      volumes: scene.loadBalancer.volumes.filter(kept),
    },
    nodes: scene.nodes.map((node) => ({ ...node, container: part(node.container) })),
    foundation: {
      ...foundation,
      ...(foundation.database && { database: part(foundation.database) }),
      jobs: foundation.jobs.filter(({ name }) => run.includes(name)).map((job) => part(job)),
      volumes: foundation.volumes.filter(kept),
      volumesTitle: 'Secrets and claims',
      aside: {
        title: 'Kept apart',
        lines: ['nodes, and load balancers:', 'on different machines, and in', 'different zones if there are'],
      },
    },
  };
}

function published({ publish }: KubernetesPlatform, ports: readonly number[]): string {
  const all = ports.join(' and ');
  switch (publish) {
    case 'load-balancer':
      return `Service of type LoadBalancer : ${all}`;
    case 'node-port':
      return `every machine : ${all}`;
    case 'cluster-ip':
      return `ingress with TLS passed through : ${all}`;
  }
}
