import { addressesOf } from '../../catalogue/database-engines/jdbc-url';
import type { Mount as TopologyMount } from '../../topology/container';
import type { JobTopology } from '../../topology/jobs';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { declaredVolumes } from '../../topology/volumes';
import { inCluster } from './cluster-scene';
import type { Mount, Part, Scene, StackPart, VolumePart } from './parts';

/** What is to be seen of an environment: its stacks, containers, jobs, volumes, addresses and ports. */
export function sceneOf(topology: Topology): Scene {
  const scene = onEngine(topology);
  return topology.platform.kind === 'kubernetes' ? inCluster(scene, topology, topology.platform) : scene;
}

function onEngine(topology: Topology): Scene {
  const { environment, network, database, loadBalancer, jobs, volumes, nodes } = topology;
  const { schema } = jobs;
  const declared = declaredVolumes(volumes).map(({ name }) => name);
  const letter = (name: string) => String.fromCharCode(97 + declared.indexOf(name));
  const mounts = (mounted: readonly TopologyMount[]): Mount[] =>
    mounted.map(({ volume: name, readOnly }) => ({ volume: name, letter: letter(name), readOnly }));
  const short = (name: string) => name.slice(environment.length + 1);
  const volume = (name: string): VolumePart => ({ name, short: short(name), letter: letter(name) });
  const stack = ({ name }: StackTopology, index: number): StackPart => ({ name, order: index + 1 });
  const stacks = topology.stacks.map((each, index) => ({ layer: each.layer, part: stack(each, index) }));
  const stacksOf = (layer: StackTopology['layer']) =>
    stacks.filter((each) => each.layer === layer).map(({ part }) => part);
  const only = (layer: StackTopology['layer']) => stacksOf(layer)[0] as StackPart;
  const job = (each: JobTopology, line: string): Part => ({
    name: each.name,
    short: short(each.name),
    lines: [line],
    mounts: mounts(each.mounts),
  });

  const [first, ...others] = database.servers;
  const nodeStacks = stacksOf('node');
  const where = database.container
    ? 'one database container'
    : `the database server ${database.servers.map(({ host }) => host).join(' or ')}`;
  return {
    environment,
    description: `Clients reach ${loadBalancer.url} at the load balancer, which spreads them over ${nodes.length} identity servers that share ${where}. ${topology.stacks.length} Terraform stacks are applied one after the other: ${topology.stacks.map(({ name }) => name).join(', ')}.`,
    place: { title: 'Docker Engine', name: topology.engineHost ?? 'local, or DOCKER_HOST' },
    client: {
      url: loadBalancer.url,
      published: `${loadBalancer.bindAddress} : ${loadBalancer.httpsPort} and ${loadBalancer.httpPort}`,
    },
    network: {
      title: 'Network',
      name: network.name,
      subnet: network.subnet,
      lines: [`gateway ${network.gateway}`, `jobs from ${network.dynamicRange}`],
    },
    loadBalancer: {
      ...only('load-balancer'),
      container: {
        name: loadBalancer.containerName,
        short: short(loadBalancer.containerName),
        address: loadBalancer.address,
        port: loadBalancer.httpsPort,
        lines: [imageTitle(loadBalancer.image), `${loadBalancer.memoryMb} MiB`],
        mounts: mounts(loadBalancer.mounts),
      },
      job: job(jobs.loadBalancerConfiguration, 'checks with nginx -t, installs, reloads'),
      volumes: [volume(volumes.loadBalancerConfiguration.name)],
    },
    nodes: nodes.map((node, index) => ({
      ...(nodeStacks[index] as StackPart),
      container: {
        name: node.containerName,
        short: node.name,
        address: node.address,
        port: node.httpsPort,
        lines: [imageTitle(node.image), `${node.memoryMb} MiB`],
        mounts: mounts(node.mounts),
      },
    })),
    foundation: {
      ...only('foundation'),
      ...(database.container && {
        database: {
          name: database.container.containerName,
          short: short(database.container.containerName),
          address: database.container.address,
          port: first.port,
          lines: [imageTitle(database.container.image), `${database.container.memoryMb} MiB`],
          mounts: mounts(database.container.mounts),
        },
      }),
      jobs: [
        job(jobs.secrets, 'makes missing passwords'),
        job(jobs.keystores, 'makes CA and keystores'),
        job(jobs.sharedFiles, 'makes the shared folders'),
        ...(schema
          ? [job(schema.scripts, 'copies the SQL scripts'), job(schema.run, 'creates the schemas, once')]
          : []),
      ],
      volumes: declared.filter((name) => name !== volumes.loadBalancerConfiguration.name).map(volume),
      volumesTitle: 'Volumes',
      aside: {
        title: 'Files beside the configuration',
        lines: [topology.localFiles.certificateFile, topology.localFiles.hostsFile].map((file) =>
          file.replace(/^(\.\.\/)+/, ''),
        ),
      },
    },
    ...(database.container === undefined && {
      externalDatabase: {
        name: first.host,
        short: first.host,
        port: first.port,
        lines:
          others.length === 0
            ? ['database server that is already there']
            : [`or ${addressesOf(others, ' or ')}: there already`],
        mounts: [],
      },
    }),
  };
}

/** Name of an image without its registry, and without a hash that tells people nothing. */
function imageTitle(image: string): string {
  const name = image.split('/').at(-1) ?? image;
  return name.replace(/@sha256:.*$/, '').replace(/:[0-9a-f]{12,64}$/, '');
}
