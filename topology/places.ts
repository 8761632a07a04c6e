import { addressAt, CONTROL_PORT, parseSubnet } from '../environment/addresses';
import type { Environment } from '../environment/schema';
import { databaseContainerName, loadBalancerContainerName, nodeContainerName } from './names';
import { peersPattern } from './peers';

/** Where each component is, for the others: the one thing that is an address on Docker and a name on Kubernetes. */
export interface Places {
  readonly database: string;
  /** Where the database's container finds itself. */
  readonly databaseItself: string;
  readonly loadBalancer: string;
  /** Where a load balancer says who is in rotation, for one that looks from its own container. */
  readonly ownStatusUrl: string;
  /** The same for a node that must be in rotation before it counts as healthy; empty where rotation follows from health. */
  readonly gateUrl: string;
  /** @param number place of the node, from 1 */
  readonly node: (number: number) => string;
  /** What a node calls itself in its own configuration. */
  readonly nodeItself: (number: number) => string;
  /** Where the other members of the cluster find a node. */
  readonly member: (number: number) => string;
  /** Regular expression of the addresses from which a node believes who the client is. */
  readonly proxies: string;
  /** Regular expression of the addresses that a node answers; undefined where the network alone keeps others out. */
  readonly peers: (nodes: readonly { readonly address: string }[]) => string | undefined;
  /** Names that a node must resolve beside those that the configuration has. */
  readonly nodeHosts: Readonly<Record<string, string>>;
}

export function placesOf(environment: Environment): Places {
  return environment.platform.kind === 'kubernetes' ? inCluster(environment) : inSubnet(environment);
}

/** Place of the first node in the subnet; those of all others follow. */
export const FIRST_NODE = 11;

/** Fixed addresses in the environment's own subnet. */
function inSubnet({ network, load_balancer: balancer }: Environment): Places {
  const subnet = parseSubnet(network.subnet);
  const loadBalancer = addressAt(subnet, 3);
  const node = (number: number) => addressAt(subnet, FIRST_NODE - 1 + number);
  const statusUrl = `http://${loadBalancer}:${CONTROL_PORT}/status`;
  return {
    database: addressAt(subnet, 2),
    databaseItself: addressAt(subnet, 2),
    loadBalancer,
    ownStatusUrl: statusUrl,
    gateUrl: statusUrl,
    node,
    nodeItself: node,
    member: node,
    proxies: loadBalancer.replaceAll('.', '\\.'),
    peers: (nodes) => peersPattern([loadBalancer, ...nodes.map(({ address }) => address)]),
    nodeHosts: { [balancer.hostname]: loadBalancer },
  };
}

/** The variable in which a pod has its own address. */
export const POD_ADDRESS = 'POD_IP';

/**
 * Names of headless Services, whole, because Nginx knows no search list. Pods change their addresses, so who may reach a node is the
 * NetworkPolicies' to say, and a node believes whoever does: only load balancers do, and they overwrite what a client says of itself.
 */
function inCluster({ name, platform }: Environment): Places {
  const inNamespace = (service: string) =>
    `${service}.${namespaceOf({ name, platform })}.svc.${platform.cluster_domain}`;
  return {
    database: inNamespace(databaseContainerName(name)),
    databaseItself: '127.0.0.1',
    loadBalancer: inNamespace(controlServiceName(name)),
    ownStatusUrl: `http://127.0.0.1:${CONTROL_PORT}/status`,
    gateUrl: '',
    node: (number) => inNamespace(nodeContainerName(name, number)),
    nodeItself: () => `$env{${POD_ADDRESS}}`,
    member: (number) => inNamespace(memberServiceName(nodeContainerName(name, number))),
    proxies: '.*',
    peers: () => undefined,
    nodeHosts: {},
  };
}

export function namespaceOf({ name, platform }: Pick<Environment, 'name' | 'platform'>): string {
  return platform.namespace ?? name;
}

/** Service behind whose name every load balancer's control port is. */
export function controlServiceName(environment: string): string {
  return `${loadBalancerContainerName(environment)}-control`;
}

/** Service behind whose name a node is from the moment its pod has an address. */
export function memberServiceName(node: string): string {
  return `${node}-member`;
}
