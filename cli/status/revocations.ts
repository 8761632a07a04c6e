import { endOfList, type RevocationList, revocationsIn } from '../../environment/revocations';
import { REVOCATIONS_FILE } from '../../topology/load-balancer-configuration';
import type { Topology } from '../../topology/topology';
import { CONFIGURATION_PATH } from '../../topology/volumes';
import type { Executor } from '../executor';
import { InterruptedError } from '../setup/errors';

/** A list of revoked client certificates by which the load balancer works. */
export interface RevocationStatus extends Pick<RevocationList, 'issuer' | 'issuedAt' | 'validTo'> {
  /** Whether it has ended, and every client certificate is refused. */
  readonly ended: boolean;
  /** What is to be said of its end; null while there is time. */
  readonly note: string | null;
}

/** The lists that the load balancer has now, which may be others than the configuration's; empty where it cannot be asked. */
export async function revocationStatus(
  { loadBalancer, environment }: Topology,
  executor: Executor,
): Promise<RevocationStatus[]> {
  if (loadBalancer.revocations.length === 0) return [];
  const file = `${CONFIGURATION_PATH}/current/${REVOCATIONS_FILE}`;
  try {
    return revocationsIn(await executor.exec(loadBalancer.containerName, 'cat', file)).map((list) => {
      const end = endOfList(list);
      const next = `put the newest one into load_balancer.client_certificates.crl_file, then: make up ENVIRONMENT=${environment}`;
      return { ...list, ended: end?.ended ?? false, note: end ? `${end.text}; ${next}` : null };
    });
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return [];
  }
}
