import { X509Certificate } from 'node:crypto';

/** What people ask about a certificate. */
export interface CertificateFacts {
  /** Common name of its subject, or the whole subject where it has none. */
  readonly subject: string;
  /** Common name of its issuer, or the whole issuer where it has none. */
  readonly issuer: string;
  /** DNS names for which it is valid. */
  readonly names: readonly string[];
  /** End of its validity, RFC 3339. */
  readonly validTo: string;
  /** Whole days until then; negative when it has ended. */
  readonly daysLeft: number;
}

/** From how few days on a certificate's end is worth a warning. The keystores' job issues its own again from then on. */
export const FEW_DAYS = 30;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in their order; what else is in it is passed over. */
export function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
}

/** Who a certificate is for, who has issued it and how long it is valid. */
export function certificateFacts(certificate: X509Certificate, now = new Date()): CertificateFacts {
  const validTo = new Date(certificate.validTo);
  return {
    subject: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    names: [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name as string),
    validTo: validTo.toISOString(),
    daysLeft: Math.floor((validTo.getTime() - now.getTime()) / 86_400_000),
  };
}

/** In words, such as "3 days left" or "ended 2 days ago". */
export function validity({ daysLeft, validTo }: Pick<CertificateFacts, 'daysLeft' | 'validTo'>): string {
  if (daysLeft < 0) return `ended on ${validTo.slice(0, 10)}`;
  return daysLeft === 1 ? '1 day left' : `${daysLeft} days left`;
}

function commonName(name: string): string {
  return /^CN=(.+)$/m.exec(name)?.[1] ?? name.split('\n').join(', ');
}
