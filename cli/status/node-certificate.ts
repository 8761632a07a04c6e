import type { Topology } from '../../topology/topology';
import { type CertificateFacts, certificateFacts, certificatesIn, FEW_DAYS, validity } from '../certificate';
import type { Executor } from '../executor';
import { InterruptedError } from '../setup/errors';

/**
 * The certificate that a node shows to the load balancer, asked from there; null where it shows none.
 *
 * @param address IP address of the node
 */
export async function nodeCertificate(
  { loadBalancer: { containerName, hostname } }: Topology,
  { address, httpsPort }: { readonly address: string; readonly httpsPort: number },
  executor: Executor,
): Promise<CertificateFacts | null> {
  const resolve = ['--resolve', `${hostname}:${httpsPort}:${address}`];
  const options = ['--silent', '--insecure', '--output', '/dev/null', '--max-time', '3', '--noproxy', '*', ...resolve];
  const url = `https://${hostname}:${httpsPort}/`;
  try {
    const shown = await executor.exec(containerName, 'curl', ...options, '--write-out', '%{certs}', url);
    const [certificate] = certificatesIn(shown);
    return certificate ? certificateFacts(certificate) : null;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return null;
  }
}

/** What is wrong with a node's certificate, or soon will be; null where nothing is. */
export function nodeCertificateReason(certificate: CertificateFacts | null, environment: string): string | null {
  if (certificate === null || certificate.daysLeft >= FEW_DAYS) return null;
  return `its TLS certificate: ${validity(certificate)}; "make up ENVIRONMENT=${environment}" issues it again and rolls the nodes`;
}
