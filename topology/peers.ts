/**
 * Regular expression of the addresses that a node answers: these, and itself. Whoever else reaches a node could name any client
 * certificate, and any path. The product calls itself by localhost and, by the public name, through the load balancer. Without a
 * backslash, which the entry point would have to escape.
 */
export function peersPattern(addresses: readonly string[]): string {
  const loopback = ['127[.][0-9]+[.][0-9]+[.][0-9]+', '::1', '0:0:0:0:0:0:0:1'];
  return [...addresses.map((address) => address.replaceAll('.', '[.]')), ...loopback].join('|');
}
