import type { TomlTable } from '../toml';
import type { Site } from './distribution';

/**
 * Whoever reaches a node past the load balancer could name any client certificate, and any path. The product calls itself by localhost
 * and, by the public name, through the load balancer. Behind the valve that takes the client's address from a header, only the
 * connection tells who it is.
 */
export function peerAddressToml(site: Pick<Site, 'loadBalancerAddress' | 'nodeAddresses'>): TomlTable {
  const addresses = [site.loadBalancerAddress, ...site.nodeAddresses].map((address) => address.replaceAll('.', '\\.'));
  const loopback = ['127\\.\\d+\\.\\d+\\.\\d+', '::1', '0:0:0:0:0:0:0:1'];
  return {
    catalina: {
      valves: [
        {
          properties: {
            className: 'org.apache.catalina.valves.RemoteAddrValve',
            usePeerAddress: 'true',
            allow: [...addresses, ...loopback].join('|'),
          },
        },
      ],
    },
  };
}
