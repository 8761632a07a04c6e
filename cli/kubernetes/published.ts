import type { Topology } from '../../topology/topology';
import { type ClusterObject, clusterSays, type EnvironmentCluster } from '../environment-cluster';
import type { ClientAnswers } from '../published/answers';
import { ASK, answersIn } from '../published/ask-from-engine';
import { askHere } from '../published/ask-here';
import { addressesOfName, nameNote } from '../published/name';
import { authorityOf, type Published, published } from '../published/published';
import type { Expectations } from '../published/verdict';
import { CommandError } from '../setup/process';
import { componentOf, isStopping, type Pod } from './pods';

/** The Service that clients reach. */
interface PublicService extends ClusterObject {
  readonly spec: { readonly clusterIP?: string };
  readonly status: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** Where clients find the environment, and what keeps that from being known. */
export interface PublicPlaces {
  readonly addresses: readonly string[];
  /** Why there are none. @default - there are some */
  readonly missing?: string;
  /** The address of its Service, for those inside the cluster. @default - it has none */
  readonly inside?: string;
}

/**
 * Where clients find an environment on Kubernetes: at every machine that has one of its load balancers, at the address that the cluster's load balancer
 * has been given, or, behind an ingress, where its name leads.
 *
 * @param machines addresses of the machines that have one of its load balancers
 * @param named what the public name means here
 */
export function publicPlaces(
  publish: 'load-balancer' | 'node-port' | 'cluster-ip',
  service: Pick<PublicService, 'status'> | undefined,
  machines: readonly string[],
  named: readonly string[],
): PublicPlaces {
  if (service === undefined) return { addresses: [], missing: 'the Service that clients reach is missing' };
  switch (publish) {
    case 'node-port':
      return {
        addresses: [...new Set(machines)].sort(),
        ...(machines.length === 0 && { missing: 'no machine has a load balancer' }),
      };
    case 'load-balancer': {
      const given = service.status.loadBalancer?.ingress ?? [];
      const addresses = given.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      return { addresses, ...(addresses.length === 0 && { missing: 'the cluster has given the Service no address' }) };
    }
    case 'cluster-ip':
      return { addresses: [...named] };
  }
}

/** Where clients find an environment now. @throws CommandError where the cluster cannot be asked */
export async function placesOnCluster(topology: Topology, cluster: EnvironmentCluster): Promise<PublicPlaces> {
  const { hostname, containerName } = topology.loadBalancer;
  const [named, service, pods] = await Promise.all([
    addressesOfName(hostname),
    cluster.find<PublicService>('service', containerName),
    cluster.list<Pod>('pods'),
  ]);
  const balancers = pods.filter((pod) => componentOf(pod) === topology.volumes.loadBalancerConfiguration.component);
  const machines = balancers.flatMap((pod) => (isStopping(pod) ? [] : (pod.status.hostIP ?? [])));
  return { ...publicPlaces(cluster.platform.publish, service, machines, named), inside: service?.spec.clusterIP };
}

/** Asks the environment as a client does: from this machine, and from inside the cluster where that does not get there. */
export async function askClusterAsClient(topology: Topology, cluster: EnvironmentCluster): Promise<Published> {
  const { loadBalancer } = topology;
  const { hostname } = loadBalancer;
  const [authority, found, places] = await Promise.all([
    authorityOf(topology, cluster),
    addressesOfName(hostname),
    placesOnCluster(topology, cluster).catch(unknown),
  ]);
  const expected: Expectations = { ...loadBalancer, authority };
  const none = (reason: string): Published => ({
    ...published([], expected, 'this machine', []),
    served: false,
    reason,
  });
  const { addresses, missing, inside } = places;
  if (missing !== undefined) return none(missing);
  const line = `${addresses[0] ?? '<its address>'} ${hostname}`;
  const notes = nameNote({ hostname, found, expected: addresses, line });
  const answers = await Promise.all(addresses.map((address) => askHere(address, loadBalancer)));
  // An ingress may serve HTTPS alone.
  const expectedHere = { ...expected, redirects: cluster.platform.publish !== 'cluster-ip' };
  const fromHere = answers.length === 0 ? undefined : published(answers, expectedHere, 'this machine', notes);
  if (fromHere && !fromHere.unreachable) return fromHere;
  const [why] = fromHere ? [`from this machine: ${fromHere.reason}`] : [];
  const answer = await askInside(topology, cluster, inside ?? '');
  if (answer === undefined) return fromHere ?? none('it can be asked neither from here nor in the cluster');
  return published([answer], expected, 'the cluster', [...(why ? [why] : []), ...notes]);
}

/** Asks from a node, as the accelerator's pages do; undefined where none can. */
async function askInside(
  { nodes, loadBalancer }: Topology,
  cluster: EnvironmentCluster,
  address: string,
): Promise<ClientAnswers | undefined> {
  const { hostname, httpsPort, httpPort } = loadBalancer;
  const command = ['sh', '-c', ASK, 'sh', address, hostname, String(httpsPort), String(httpPort)];
  for (const { containerName } of nodes) {
    try {
      return answersIn(await cluster.exec(containerName, ...command), address);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  return undefined;
}

function unknown(error: unknown): PublicPlaces {
  if (!(error instanceof CommandError)) throw error;
  return { addresses: [], missing: `where it is published is not known: ${clusterSays(error)}` };
}
