import { kernelIpv4 } from '../kernel-address';

/** A socket that accepts connections. */
export interface Listener {
  /** IPv4 address, or 0.0.0.0 for all. */
  readonly address: string;
  readonly port: number;
  /** By which /proc/<pid>/fd names the socket. */
  readonly inode: string;
}

/** State of a listening socket in /proc/net/tcp. */
const LISTENING = '0A';
const ALL = '0.0.0.0';

/** Who listens, by what /proc/net/tcp and tcp6 say. Sockets of other IPv6 addresses than "all" are of no concern to IPv4. */
export function listenersIn(sockets: string): Listener[] {
  return sockets.split('\n').flatMap((line): Listener[] => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    const [digits = '', port = ''] = local.split(':');
    const address = ipv4(digits);
    if (state !== LISTENING || address === undefined) return [];
    return [{ address, port: Number.parseInt(port, 16), inode: fields[9] ?? '' }];
  });
}

/** Whether two sockets cannot have the same port. */
export function collide(one: string, other: string): boolean {
  return one === other || one === ALL || other === ALL;
}

/** The container that the docker client's list shows as publishing a port. */
export interface PublishedPort {
  readonly container: string;
  /** Environment of this project that it belongs to; empty where it belongs to none. */
  readonly environment: string;
  readonly address: string;
  readonly port: number;
}

/** Format of `docker ps` for publishedPortsIn. */
export const PUBLISHED_FORMAT = (label: string) => `{{.Names}}\t{{.Label "${label}"}}\t{{.Ports}}`;

/** What containers publish, by `docker ps`: "127.0.0.1:443->443/tcp, 0.0.0.0:8000-8001->8000-8001/tcp, :::80->80/tcp". */
export function publishedPortsIn(list: string): PublishedPort[] {
  return list.split('\n').flatMap((line) => {
    const [container = '', environment = '', ports = ''] = line.split('\t');
    return [...ports.matchAll(/(\d+\.\d+\.\d+\.\d+):(\d+)(?:-(\d+))?->[^,]*\/tcp/g)].flatMap(
      ([, address, first, last]) =>
        Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => ({
          container,
          environment,
          address: address as string,
          port: Number(first) + index,
        })),
    );
  });
}

/** An address as the kernel prints it: bytes in reverse; undefined where no IPv4 client can mean it. */
function ipv4(digits: string): string | undefined {
  if (digits.length === 32) {
    if (/^0{32}$/.test(digits)) return ALL;
    if (!digits.startsWith('0000000000000000FFFF0000')) return undefined;
  } else if (digits.length !== 8) return undefined;
  return kernelIpv4(digits.slice(-8));
}
