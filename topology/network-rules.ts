import { createHash } from 'node:crypto';
import { CONTROL_PORT } from '../environment/addresses';
import { reservedNodeAddresses } from './layout';
import { nodeContainerName } from './names';
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

/**
 * Every way that is needed to something in the environment, also by nodes that are added later: rules on a host that nobody has renewed must
 * not cut them off. What is not in the list nobody needs.
 */
export function networkWays({ database, nodes, loadBalancer, network, clusterPort }: Topology): NetworkWay[] {
  const { address: balancer, httpPort, httpsPort } = loadBalancer;
  const storage = database.container?.address;
  const addresses = reservedNodeAddresses(network.subnet);
  const [{ httpsPort: nodePort }] = nodes as [NodeTopology];
  const jobs = network.dynamicRange;
  const [{ port: databasePort }] = database.servers;
  return [
    ...[httpsPort, httpPort].map((port) => ({ to: balancer, port, why: 'clients, and the nodes by the public name' })),
    ...addresses.map((from) => ({
      from,
      to: balancer,
      port: CONTROL_PORT,
      why: 'a node asks for its place and leaves it',
    })),
    { from: jobs, to: balancer, port: CONTROL_PORT, why: 'the configuration job waits for the reload' },
    ...addresses.map((to) => ({ from: balancer, to, port: nodePort, why: 'requests and probes' })),
    ...(clusterPort === undefined
      ? []
      : addresses.flatMap((to) =>
          addresses
            .filter((from) => from !== to)
            .map((from) => ({ from, to, port: clusterPort, why: 'members of the cluster' })),
        )),
    ...(storage === undefined
      ? []
      : [...addresses, jobs].map((from) => ({
          from,
          to: storage,
          port: databasePort,
          why: from === jobs ? 'the schema job' : 'connection pools',
        }))),
  ];
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
