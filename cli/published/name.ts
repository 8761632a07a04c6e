import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Topology } from '../../topology/topology';

/** What the public name means on this machine, where that is not the published address. DNS and /etc/hosts are the user's. */
export async function nameNotes(
  { loadBalancer: { hostname, bindAddress }, localFiles }: Topology,
  asked: readonly string[],
): Promise<string[]> {
  return nameNote({
    hostname,
    found: await addressesOfName(hostname),
    expected: await expectedAddresses(bindAddress, asked),
    line: localFiles.hostsLines,
  });
}

/** What a name means on this machine; empty where it means nothing. */
export async function addressesOfName(name: string): Promise<string[]> {
  const answers = await lookup(name, { all: true }).catch(() => []);
  return answers.map(({ address }) => address);
}

/** @param expected addresses that are the environment's, as seen from this machine; empty where that cannot be known */
export function nameNote({
  hostname,
  found,
  expected,
  line,
}: {
  readonly hostname: string;
  readonly found: readonly string[];
  readonly expected: readonly string[];
  readonly line: string;
}): string[] {
  if (found.length === 0) {
    return [`${hostname} does not resolve on this machine; it needs an entry in DNS, or in /etc/hosts: ${line.trim()}`];
  }
  if (expected.length === 0 || found.some((address) => expected.includes(address))) return [];
  return [
    `${hostname} resolves to ${found.join(', ')} on this machine, not to ${expected[0]}: what stands there was not asked`,
  ];
}

async function expectedAddresses(bindAddress: string, asked: readonly string[]): Promise<string[]> {
  const addresses = await Promise.all(asked.map(addressesOfName));
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return [...addresses.flat(), ...(bindAddress === '0.0.0.0' && asked.includes('127.0.0.1') ? own : [])];
}
