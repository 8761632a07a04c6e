import type { Topology } from '../../topology/topology';
import { type CertificateFacts, certificateFacts, validity } from '../certificate';
import type { Executor } from '../executor';
import { certificatesOf, type NodeCertificates } from '../renewals';

/** A key that the nodes publish. What they serve TLS with is part of each component. */
export interface SigningStatus extends Pick<CertificateFacts, 'validTo' | 'daysLeft'> {
  /** Number of the key in `identity_server.signing_keys`. */
  readonly key: number;
  /** Whether it signs, or is published only. */
  readonly signs: boolean;
}

/** A key takes three plans and their waiting times to rotate. */
const DAYS_TO_ROTATE = 90;

/** What the nodes that run have before their eyes; nothing of one that cannot be asked. */
export async function nodeCertificates({ nodes }: Topology, executor: Executor): Promise<NodeCertificates[]> {
  const asked = await Promise.all(nodes.map(({ containerName }) => certificatesOf(executor, containerName)));
  return asked.filter((has) => has !== undefined);
}

/** The signing certificates among them. */
export function signingCertificates({ jobs }: Topology, asked: readonly NodeCertificates[]): SigningStatus[] {
  const found = new Map(asked.flatMap(({ signing }) => [...signing]));
  const signs = Number(jobs.keystores.environment.SIGNING_KEYS?.split(' ')[0]);
  return [...found].map(([key, certificate]) => {
    const { validTo, daysLeft } = certificateFacts(certificate);
    return { key, signs: key === signs, validTo, daysLeft };
  });
}

export function signingLine(keys: readonly SigningStatus[]): string {
  return keys.map((each) => `key ${each.key}${each.signs ? '' : ' (published only)'}: ${validity(each)}`).join('; ');
}

/** What to do about those that end soon. */
export function signingNotes(keys: readonly SigningStatus[]): string[] {
  return keys
    .filter(({ daysLeft }) => daysLeft < DAYS_TO_ROTATE)
    .map(
      (each) =>
        `the certificate of signing key ${each.key}: ${validity(each)}; rotate it (docs/operations.md, "The key that signs tokens")`,
    );
}
