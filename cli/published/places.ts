import { networkInterfaces } from 'node:os';
import type { Topology } from '../../topology/topology';

/** Addresses at which a client finds the environment. */
export interface PublishedPlaces {
  /** Seen from this machine; empty where the address means something else here. */
  readonly here: readonly string[];
  /** Seen from the engine's host. */
  readonly there: string;
  /** Whether the engine may be on another machine, so that it is worth asking from there, too. */
  readonly elsewhere: boolean;
}

/** @param outward an address of this machine that others reach it by. @default - it has none */
export function publishedPlaces(
  bindAddress: string,
  engineHost: string | undefined,
  outward: string | undefined,
): PublishedPlaces {
  const everywhere = bindAddress === '0.0.0.0';
  const there = everywhere ? '127.0.0.1' : bindAddress;
  const remote = /^(?:ssh|tcp):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(engineHost ?? '')?.[1]?.replace(/[[\]]/g, '');
  if (remote === undefined) {
    // Loopback goes through the engine's proxy, everything else mostly past it: either may work without the other.
    return { here: everywhere ? [there, ...(outward ? [outward] : [])] : [there], there, elsewhere: false };
  }
  if (there.startsWith('127.') && !everywhere) return { here: [], there, elsewhere: true };
  return { here: [everywhere ? remote : bindAddress], there, elsewhere: true };
}

/** Address of the engine as this machine reaches it. */
export function engineHostOf({ engineHost }: Topology): string | undefined {
  return engineHost ?? (process.env.DOCKER_HOST || undefined);
}

/** The first address of this machine that is not its own alone. */
export function outwardAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
