import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { EnvironmentEngine } from '../environment-engine';
import { kernelIpv4 } from '../kernel-address';
import { type Listener, listenersIn } from './listeners';

/** What the engine's host says about itself. */
export interface HostFacts {
  readonly listeners: readonly Listener[];
  /** Its IPv4 addresses. */
  readonly addresses: readonly string[];
  readonly routes: readonly HostRoute[];
  /** Free space where the engine keeps images, volumes and containers, in MiB. */
  readonly freeDiskMb: number;
  /** Whether this process sees the same processes and sockets. */
  readonly isThisMachine: boolean;
}

export interface HostRoute {
  readonly interface: string;
  /** Such as 10.0.0.0/8. */
  readonly destination: string;
}

const IDENTITY = ['/proc/sys/kernel/random/boot_id', '/proc/self/ns/net'] as const;
/** A container's root is where the engine keeps everything. */
const SCRIPT = `
echo "$(cat ${IDENTITY[0]}) $(readlink ${IDENTITY[1]})"; echo ====
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; echo ====
cat /proc/net/fib_trie; echo ====
cat /proc/net/route; echo ====
df -Pk / | tail -n 1
`;

/** Looks around on the engine's host, from a container in its network. @param pulls whether the image is fetched where it is missing */
export async function lookAround(engine: EnvironmentEngine, image: string, pulls: boolean): Promise<HostFacts> {
  return hostFactsIn(await engine.runOnHost(image, SCRIPT, [], pulls), identityHere());
}

/** @param here what this machine says of itself, as the first part does of the host */
export function hostFactsIn(printed: string, here: string | undefined): HostFacts {
  const [identity = '', sockets = '', trie = '', routes = '', disk = ''] = printed.split('====\n');
  return {
    listeners: listenersIn(sockets),
    addresses: [
      ...new Set([...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address]) => address as string)),
    ],
    routes: routesIn(routes),
    freeDiskMb: Math.floor(Number(disk.trim().split(/\s+/)[3]) / 1024),
    isThisMachine: identity.trim() === here,
  };
}

function identityHere(): string | undefined {
  try {
    return `${readFileSync(IDENTITY[0], 'utf8').trim()} ${readlinkSync(IDENTITY[1])}`;
  } catch {
    return undefined;
  }
}

/** Routes of /proc/net/route without the default one: addresses and masks are printed as little-endian numbers. */
function routesIn(text: string): HostRoute[] {
  return text.split('\n').flatMap((line): HostRoute[] => {
    const [name = '', destination = '', , , , , , mask = ''] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask) || mask === '00000000') return [];
    const prefix = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return [{ interface: name, destination: `${kernelIpv4(destination)}/${prefix}` }];
  });
}

/** The program of this machine that has a socket, where it may be seen: other users' programs only by root. */
export function programWith(inode: string): string | undefined {
  for (const pid of processIds()) {
    try {
      const files = readdirSync(`/proc/${pid}/fd`);
      if (!files.some((file) => linkOf(`/proc/${pid}/fd/${file}`) === `socket:[${inode}]`)) continue;
      return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  return undefined;
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
