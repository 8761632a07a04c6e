import { createHash } from 'node:crypto';
import { CONTROL_PORT } from '../environment/addresses';
import { reservedNodeAddresses } from './layout';
import { nodeContainerName, type Role } from './names';
import type { NodeTopology } from './node';
import type { Topology } from './topology';

/** A way that something in the environment needs: TCP connections to one address and port. */
export interface NetworkWay {
  /** Address or subnet of who connects. @default - everybody */
  readonly from?: string;
  readonly to: string;
  readonly port: number;
  /** What for; lower case, no full stop. */
  readonly why: string;
}

/** Who has ways to whom: all of a kind at once. */
export type Party = 'everybody' | Role;

/** A way between kinds of what runs in the environment. */
export interface PartyWay {
  readonly from: Party;
  readonly to: Role;
  readonly port: number;
  /** What for; lower case, no full stop. */
  readonly why: string;
}

/** Every way that is needed to something in the environment. What is not in the list nobody needs. */
export function partyWays({ platform, database, nodes, loadBalancer, clusterPort }: Topology): PartyWay[] {
  const [{ httpsPort: nodePort }] = nodes as [NodeTopology];
  const [{ port: databasePort }] = database.servers;
  const balancer = (from: Party, port: number, why: string): PartyWay => ({ from, to: 'load-balancer', port, why });
  return [
    balancer('everybody', loadBalancer.httpsPort, 'clients, and the nodes by the public name'),
    balancer('everybody', loadBalancer.httpPort, 'clients, and the nodes by the public name'),
    balancer('node', CONTROL_PORT, 'a node asks for its place and leaves it'),
    // In a pod it is installed by the load balancer itself.
    ...(platform.kind === 'docker'
      ? [balancer('job', CONTROL_PORT, 'the configuration job waits for the reload')]
      : []),
    { from: 'load-balancer', to: 'node', port: nodePort, why: 'requests and probes' },
    ...(clusterPort === undefined
      ? []
      : [{ from: 'node', to: 'node', port: clusterPort, why: 'members of the cluster' } as const]),
    ...(database.container === undefined
      ? []
      : ([
          { from: 'node', to: 'database', port: databasePort, why: 'connection pools' },
          { from: 'job', to: 'database', port: databasePort, why: 'the schema job' },
        ] as const)),
  ];
}

/**
 * The same by address, also of nodes that are added later: rules on a host that nobody has renewed must not cut them off.
 */
export function networkWays(topology: Topology): NetworkWay[] {
  const { database, loadBalancer, network } = topology;
  const addresses: Readonly<Record<Party, readonly (string | undefined)[]>> = {
    everybody: [undefined],
    node: reservedNodeAddresses(network.subnet),
    'load-balancer': [loadBalancer.address],
    database: [database.container?.address],
    job: [network.dynamicRange],
  };
  return partyWays(topology).flatMap(({ from, to, port, why }) =>
    addresses[to].flatMap((target) =>
      addresses[from]
        .filter((source) => source !== target)
        .map((source) => ({ ...(source !== undefined && { from: source }), to: target as string, port, why })),
    ),
  );
}

/**
 * A shell script for the Docker host that lets nothing into the environment's containers but what they need, of other containers, of
 * the host itself and of other machines. It changes no container and cuts no connection that is open.
 */
export function networkRulesScript(topology: Topology): string {
  const { environment, database, loadBalancer, network } = topology;
  const chain = `WSO2-AA-${createHash('sha256').update(environment).digest('hex').slice(0, 8)}`;
  const nodes = reservedNodeAddresses(network.subnet).map((address, index) => ({
    address,
    containerName: nodeContainerName(environment, index + 1),
  }));
  const members = [...(database.container ? [database.container] : []), loadBalancer, ...nodes].map(
    ({ address, containerName }) => `# ${containerName}\n-A ${chain} -d ${address} -j DROP`,
  );
  const ways = networkWays(topology).map(
    ({ from, to, port, why }) =>
      `# ${why}\n-A ${chain}${from === undefined ? '' : ` -s ${from}`} -d ${to} -p tcp --dport ${port} -j RETURN`,
  );
  return `#!/bin/sh
# Who reaches whom in the environment ${environment}: for its Docker host, as root. Running it again is harmless; with the argument
# "remove" it takes its rules away. A restart of the host forgets them, one of Docker does not.
set -eu
chain=${chain}

if [ "\${1:-}" = remove ]; then
  for hook in DOCKER-USER OUTPUT; do
    while iptables --wait -C "$hook" -j "$chain" 2>/dev/null; do iptables --wait -D "$hook" -j "$chain"; done
  done
  iptables --wait -F "$chain" 2>/dev/null || exit 0
  iptables --wait -X "$chain"
  exit 0
fi

# Without it, what containers of one network send each other passes by every rule.
if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" != 1 ]; then
  echo "containers of one network pass by the rules of this host; first: modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1" >&2
  exit 1
fi
iptables --wait -n -L DOCKER-USER >/dev/null || {
  echo "this host has no chain DOCKER-USER: its Docker Engine does not use iptables, so these rules would not be asked" >&2
  exit 1
}

iptables-restore --wait --noflush <<'RULES'
*filter
:${chain} - [0:0]
-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
${ways.join('\n')}
${members.join('\n')}
COMMIT
RULES
# What is forwarded, and what programs of the host send.
for hook in DOCKER-USER OUTPUT; do
  iptables --wait -C "$hook" -j "$chain" 2>/dev/null || iptables --wait -I "$hook" -j "$chain"
done
`;
}
