import {
  ADDRESSES,
  CLUSTER_DOMAIN,
  type ClusterMachine,
  files,
  HOST_LINK,
  MARK,
  NETWORKS,
  stateDirectory,
} from './layout';

/** Where containerd of a machine listens. Each machine has a /run of its own. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';
/** The image that holds the namespaces of a pod. */
export const PAUSE_IMAGE = `docker.io/${MARK}/pause:1`;

/** The limits of a machine. */
export interface MachineSize {
  /** What this machine has, MiB. All machines of the cluster see it whole. */
  readonly memoryMiB: number;
  /** How many machines share it. */
  readonly sharedBy: number;
}

/** containerd's configuration. @param plugins folder of the network plugins */
export function containerdToml(machine: ClusterMachine, plugins: string): string {
  return `version = 2
# Both are the machine's own: see namespaces.ts.
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Where a sandbox forbids lower values, runc could start nothing: "can't get final child's PID from pipe".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${files.machine(machine.name, 'cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** The list of network plugins that gives a pod its address: a bridge a machine, and routes between the machines. */
export function networkPlugins(machine: ClusterMachine): object {
  return {
    cniVersion: '1.0.0',
    name: MARK,
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          // As a machine's restart ends all pods, their addresses are free again.
          dataDir: '/run/cni',
          ranges: [[{ subnet: machine.podNetwork, gateway: machine.gateway }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

/** The folder of a machine in each hierarchy of cgroups. */
export function cgroupOf(machine: ClusterMachine): string {
  return `/${MARK}/${machine.name}`;
}

/** kubelet's configuration. */
export function kubeletConfiguration(machine: ClusterMachine, { memoryMiB, sharedBy }: MachineSize): object {
  const certificate = `kubelet-${machine.name}`;
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: machine.address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: files.certificate('ca') },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupOf(machine),
    clusterDNS: [ADDRESSES.dnsService],
    clusterDomain: CLUSTER_DOMAIN,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    failSwapOn: false,
    // A laptop's disk is fuller than a server's, and an image that was loaded once cannot be pulled again.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    oomScoreAdj: 0,
    resolvConf: files.machine(machine.name, 'resolv.conf'),
    // Without it each machine would promise the memory of all.
    systemReserved: { memory: `${Math.floor((memoryMiB / sharedBy) * (sharedBy - 1))}Mi` },
    tlsCertFile: files.certificate(certificate),
    tlsPrivateKeyFile: files.key(certificate),
  };
}

/** kube-proxy's configuration. */
export function kubeProxyConfiguration(machine: ClusterMachine): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: NETWORKS.pods,
    hostnameOverride: machine.name,
    oomScoreAdj: 0,
    healthzBindAddress: `${machine.address}:10256`,
    metricsBindAddress: '127.0.0.1:10249',
    clientConnection: { kubeconfig: files.kubeconfig('kube-proxy') },
    // The limits of the connection table belong to this machine, not to those of the cluster.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Where kube-network-policies listens for the packets that it has to decide on. */
export const POLICY_QUEUE = 100;

/**
 * First packets of connections of pods are held until kube-network-policies has decided; those of the machine itself, such as probes,
 * pass. It would make such rules with nftables, which some kernels give no queues; its own then fail, and where they work they decide alike.
 */
const POLICY_RULES = [
  '-m owner --uid-owner 0 -j RETURN',
  '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
  ...['-s', '-d'].map((side) => `${side} ${NETWORKS.pods} -j NFQUEUE --queue-num ${POLICY_QUEUE} --queue-bypass`),
];

/** What makes a machine of new namespaces, as a script for its first shell. */
export function machineScript(machine: ClusterMachine): string {
  const lib = files.machine(machine.name, 'lib');
  const log = files.machine(machine.name, 'log');
  return [
    'set -eu',
    // Mounts made by kubelet are seen by containers, and nothing of it outside.
    'mount --make-rshared /',
    `mount --bind ${quoted(lib)} /var/lib`,
    `mount --bind ${quoted(log)} /var/log`,
    // Emptied when the machine loses power, like a real one's.
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mkdir -p /run/lock',
    `hostname ${machine.name}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'ip link set lo up',
    ...POLICY_RULES.map((rule) => `iptables -w -t mangle -A POSTROUTING ${rule}`),
  ].join('\n');
}

/** Addresses and routes of a machine, for `ip -batch`, once it has its link. @param routes to the pods of the others */
export function machineNetwork(machine: ClusterMachine, routes: readonly { network: string; via: string }[]): string {
  return [
    `address add ${machine.address}/24 dev eth0`,
    'link set eth0 up',
    // A process of the machine itself that connects to a service needs some route before kube-proxy's rules give it the right one.
    `route add ${NETWORKS.services} dev eth0 src ${machine.address}`,
    ...routes.map(({ network, via }) => `route add ${network} via ${via}`),
    '',
  ].join('\n');
}

/** The same for this machine. */
export function hostNetwork(routes: readonly { network: string; via: string }[]): string {
  return [
    `address add ${ADDRESSES.host}/24 dev ${HOST_LINK}`,
    `link set ${HOST_LINK} up`,
    ...routes.map(({ network, via }) => `route add ${network} via ${via}`),
    '',
  ].join('\n');
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** No name servers: nothing outside is asked for a name that the cluster does not know. */
export const RESOLV_CONF = `# Of the cluster in ${stateDirectory()}\n`;
