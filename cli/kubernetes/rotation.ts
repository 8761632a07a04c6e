import type { RoutingStatus } from '../rotation';

/** Who sends traffic to a node. */
export interface NodeRotation {
  /** `in` or `out` where all load balancers say so, `at 1 of 2` where some send it traffic, `unknown` where none answers. */
  readonly rotation: string;
  /** What each load balancer says, by pod. */
  readonly balancers: Readonly<Record<string, string>>;
  /** Why those that send it nothing do not; null where all do. */
  readonly reason: string | null;
}

/**
 * Puts together what several load balancers say of one node.
 *
 * @param said by pod of a load balancer; undefined of one that does not answer
 */
export function rotationOf(node: string, said: ReadonlyMap<string, RoutingStatus | undefined>): NodeRotation {
  const rows = [...said].map(([pod, routing]) => {
    const found = routing?.nodes.find(({ name }) => name === node);
    const rotation = found?.rotation ?? 'unknown';
    return { pod, rotation, reason: rotation === 'out' ? (found?.reason ?? null) : null };
  });
  const sending = rows.filter(({ rotation }) => rotation === 'in').length;
  const [first] = rows;
  const same = first !== undefined && rows.every(({ rotation }) => rotation === first.rotation);
  const why = rows.filter(({ reason }) => reason !== null);
  const reasons = [...new Set(why.map(({ reason }) => reason))];
  const who = why.length === rows.length ? 'the load balancers send' : `${why.map(({ pod }) => pod).join(', ')} sends`;
  return {
    rotation: same ? first.rotation : rows.length === 0 ? 'unknown' : `at ${sending} of ${rows.length}`,
    balancers: Object.fromEntries(rows.map(({ pod, rotation }) => [pod, rotation])),
    reason: reasons.length === 0 ? null : `${who} it nothing: ${reasons.join('; ')}`,
  };
}
