import { join } from 'node:path';
import { overlap, parseCidr } from '../../environment/addresses';
import { cacheDirectory } from '../setup/cache';

/** In the names of all that the cluster makes on this machine. */
export const MARK = 'wso2-kube';

/** The version of Kubernetes that is built. */
export const KUBERNETES = '1.31.4';

/** A machine of the cluster: network, processes, mounts and name of its own, on this machine's kernel and disk. */
export interface ClusterMachine {
  readonly name: MachineName;
  readonly address: string;
  /** The network of its pods. */
  readonly podNetwork: string;
  /** Address of its bridge there, through which its pods reach others. */
  readonly gateway: string;
  /** A zone of its own, as if each stood in another fire section. */
  readonly zone: string;
}

export const MACHINE_NAMES = ['machine-1', 'machine-2', 'machine-3'] as const;
export type MachineName = (typeof MACHINE_NAMES)[number];

/** All addresses of the cluster: those of machines, of pods and of services. */
export const NETWORKS = { machines: '10.230.0.0/24', pods: '10.231.0.0/16', services: '10.232.0.0/16' } as const;
export const ADDRESSES = {
  /** This machine, as machines and pods of the cluster reach it. */
  host: '10.230.0.1',
  controlPlane: '10.230.0.2',
  /** The services of the API and of names. */
  apiService: '10.232.0.1',
  dnsService: '10.232.0.10',
} as const;
export const API_PORT = 6443;
export const API_SERVER = `https://${ADDRESSES.controlPlane}:${API_PORT}`;
export const CLUSTER_DOMAIN = 'cluster.local';
/** This machine's end of the link to the cluster's network. */
export const HOST_LINK = 'wso2kube0';

export const MACHINES: readonly ClusterMachine[] = MACHINE_NAMES.map((name, index) => ({
  name,
  address: `10.230.0.${11 + index}`,
  podNetwork: `10.231.${1 + index}.0/24`,
  gateway: `10.231.${1 + index}.1`,
  zone: `zone-${1 + index}`,
}));

export function machineNamed(name: MachineName): ClusterMachine {
  return MACHINES.find((machine) => machine.name === name) as ClusterMachine;
}

/** A route to the pods of a machine. */
export interface Route {
  readonly network: string;
  readonly via: string;
}

/** How the pods of all other machines are reached. @param from the machine that asks. @default - one that has no pods */
export function routesToPods(from?: MachineName): Route[] {
  return MACHINES.filter(({ name }) => name !== from).map(({ podNetwork, address }) => ({
    network: podNetwork,
    via: address,
  }));
}

/** Where the cluster keeps its files: one cluster a machine, whichever checkout has started it. */
export function stateDirectory(): string {
  return join(cacheDirectory(), 'cluster');
}

/** Files of the cluster, and of the program that is meant by a name. */
export const files = {
  certificate: (name: string) => join(stateDirectory(), 'pki', `${name}.crt`),
  key: (name: string) => join(stateDirectory(), 'pki', `${name}.key`),
  kubeconfig: (name: string) => join(stateDirectory(), 'kubeconfigs', name),
  controlPlane: (...path: string[]) => join(stateDirectory(), 'control-plane', ...path),
  machine: (machine: MachineName, ...path: string[]) => join(stateDirectory(), machine, ...path),
  log: (place: string, component: string) => join(stateDirectory(), 'logs', `${place}-${component}.log`),
  /** The folder below which claims get theirs. */
  volumes: () => join(stateDirectory(), 'volumes'),
};

/** @returns those of the machine's networks that overlap one of the cluster's @param routes what `ip -4 route show` prints */
export function overlapping(routes: string): string[] {
  const own = Object.values(NETWORKS).map(parseCidr);
  return routes
    .split('\n')
    .filter((line) => /^\d+\./.test(line) && !line.includes(`dev ${HOST_LINK}`))
    .map((line) => line.split(' ')[0] as string)
    .filter((network) =>
      own.some((each) => overlap(each, parseCidr(network.includes('/') ? network : `${network}/32`))),
    );
}
