/** IPv4 arithmetic: where each container lives in the environment's subnet. */

/** Port of the load balancer for its status, probes and the nodes' drain requests. Never published. */
export const CONTROL_PORT = 9080;

/** The most nodes that an environment may have. */
export const MAX_NODES = 8;

export interface Subnet {
  /** Network address as an unsigned 32-bit number. */
  readonly base: number;
  /** Prefix length, 16 to 26. */
  readonly prefix: number;
}

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(parseCidr);

export function isIpv4(text: string): boolean {
  return parseIpv4(text) !== undefined;
}

/** A network of any size, written with its first address. */
export function isNetwork(text: string): boolean {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text);
  const base = match && parseIpv4(match[1] as string);
  if (!match || base === undefined || base === null) return false;
  const prefix = Number(match[2]);
  return prefix <= 32 && base % 2 ** (32 - prefix) === 0;
}

/** A private subnet, large enough for eight nodes below its dynamic half, written with its network address. */
export function isSubnet(text: string): boolean {
  if (!isNetwork(text)) return false;
  const { base, prefix } = parseCidr(text);
  return prefix >= 16 && prefix <= 26 && PRIVATE_RANGES.some((range) => contains(range, base));
}

/** @throws on anything that `isSubnet` refuses */
export function parseSubnet(text: string): Subnet {
  if (!isSubnet(text)) throw new Error(`not a private subnet from /16 to /26: ${text}`);
  return parseCidr(text);
}

/** Whether two subnets share an address. */
export function overlap(one: Subnet, other: Subnet): boolean {
  return one.prefix <= other.prefix ? contains(one, other.base) : contains(other, one.base);
}

/** The address `offset` steps above the network address. */
export function addressAt(subnet: Subnet, offset: number): string {
  return formatIpv4(subnet.base + offset);
}

/**
 * The upper half of the subnet. Docker hands out dynamic addresses (to one-shot jobs) only from here, so that they never
 * take a fixed address while its container is being replaced.
 */
export function dynamicRange(subnet: Subnet): string {
  return `${formatIpv4(subnet.base + 2 ** (31 - subnet.prefix))}/${subnet.prefix + 1}`;
}

/**
 * The line of a laptop's /etc/hosts for a name that is published on an address of a Docker host, or, where no file can know that
 * host's address, a comment that says what to put there.
 *
 * @param engineHost Docker Engine as configured, or undefined for this machine's
 */
export function hostsLine(hostname: string, bindAddress: string, engineHost: string | undefined): string {
  const remote = engineHost === undefined ? undefined : /^(?:ssh|tcp):\/\/(?:[^@/]*@)?([^:/]+)/.exec(engineHost)?.[1];
  const published = bindAddress === '0.0.0.0' ? (remote ?? '127.0.0.1') : bindAddress;
  return isIpv4(published) ? `${published} ${hostname}\n` : `# the address of ${published}, then: ${hostname}\n`;
}

/** Any IPv4 network, such as 10.0.0.0/8. */
export function parseCidr(text: string): Subnet {
  const [address, prefix] = text.split('/');
  return { base: parseIpv4(address as string) as number, prefix: Number(prefix) };
}

function contains(subnet: Subnet, address: number): boolean {
  const size = 2 ** (32 - subnet.prefix);
  return address >= subnet.base && address < subnet.base + size;
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
