import type { Executor } from './executor';
import { kernelIpv4 } from './kernel-address';

/** State of an established connection in /proc/net/tcp. */
const ESTABLISHED = '01';

/**
 * The peers with which a node has an established connection on the cluster's port: what a node's /proc/net/tcp and tcp6 say. Unlike
 * the server's log, which names members only when they come and go, it is true now.
 *
 * @param sockets content of both files
 * @param addresses IPv4 addresses of the possible peers
 */
export function connectedPeers(sockets: string, addresses: readonly string[], port: number): string[] {
  const connected = new Set<string>();
  for (const line of sockets.split('\n')) {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    const [localPort, remotePort] = [local, remote].map((end) => Number.parseInt(end.split(':')[1] ?? '', 16));
    if (state === ESTABLISHED && (localPort === port || remotePort === port)) {
      // At the end of an IPv4-mapped IPv6 address, or alone.
      connected.add(kernelIpv4((remote.split(':')[0] ?? '').slice(-8)));
    }
  }
  return addresses.filter((address) => connected.has(address));
}

/** How many members of its cluster a node is connected to, itself included; 0 where it cannot be asked. */
export async function membersSeenBy(
  executor: Executor,
  server: string,
  peers: readonly string[],
  port: number,
): Promise<number> {
  try {
    const sockets = await executor.exec(server, 'cat', '/proc/net/tcp', '/proc/net/tcp6');
    return 1 + connectedPeers(sockets, peers, port).length;
  } catch {
    return 0;
  }
}
