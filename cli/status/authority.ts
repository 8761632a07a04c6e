import type { Topology } from '../../topology/topology';
import type { NodeCertificates } from '../renewals';

/** For which names the environment's own authority may issue certificates. */
export interface AuthorityStatus {
  /** Whether its certificate says so; one that an earlier release made does not. */
  readonly bounded: boolean;
  /** What to do about it; null where there is nothing. */
  readonly note: string | null;
}

/** DER of the name constraints' object identifier, 2.5.29.30. */
const NAME_CONSTRAINTS = Buffer.from('0603551d1e', 'hex');

/** @returns null where nobody else is told to trust it, or no node can be asked */
export function authorityStatus(
  { loadBalancer }: Pick<Topology, 'loadBalancer'>,
  asked: readonly NodeCertificates[],
): AuthorityStatus | null {
  const authority = asked.find((has) => has.authority)?.authority;
  if (authority === undefined || loadBalancer.certificate === 'supplied') return null;
  const bounded = authority.raw.includes(NAME_CONSTRAINTS);
  return {
    bounded,
    note: bounded
      ? null
      : "whoever gets the key of the environment's authority can issue certificates for any name; to bound it to this environment's, raise identity_server.keystore_revision (docs/operations.md, \"The environment's own authority\")",
  };
}
