import type { X509Certificate } from 'node:crypto';
import { type CertificateFacts, certificateFacts, certificatesIn, FEW_DAYS, validity } from '../certificate';
import type { ClientAnswers, Endpoint, Failure, HttpAnswer } from './answers';

/** What a client may expect at the published address. */
export interface Expectations extends Endpoint {
  /** The URL that users see. */
  readonly url: string;
  /** Certificate of the environment's own authority, PEM. @default - the certificate may be of anybody */
  readonly authority?: string;
  /** Whether the HTTP port is to be there, and to redirect. @default true */
  readonly redirects?: boolean;
}

/** Whether a client is served, and why not. */
export interface Verdict {
  /** What keeps a client from being served, the worst first; empty when all is well. */
  readonly problems: readonly string[];
  /** What is worth knowing all the same. */
  readonly notes: readonly string[];
  /** The certificate that was shown; null where none was. */
  readonly certificate: CertificateFacts | null;
}

/** Judges what the published address has answered. */
export function verdictOn(answers: ClientAnswers, expected: Expectations, now = new Date()): Verdict {
  const { https, http, address } = answers;
  const [certificate, ...issuers] = certificatesIn(https.certificates);
  const place = `${address}:${expected.httpsPort}`;
  const facts = certificate ? certificateFacts(certificate, now) : null;
  const problems = [
    ...(https.failure ? [inWords(https.failure, place, expected.hostname)] : []),
    ...(certificate ? certificateProblems(certificate, issuers, expected, now) : []),
    ...statusProblems(https),
    ...(expected.redirects === false ? [] : redirectProblems(http, address, expected)),
  ];
  const notes = [
    ...(facts && facts.daysLeft >= 0 && facts.daysLeft < FEW_DAYS
      ? [`the certificate has ${validity(facts)}; docs/operations.md says how it is renewed`]
      : []),
    ...(!facts && https.status !== undefined ? ['the certificate could not be read from there'] : []),
  ];
  return { problems, notes, certificate: facts };
}

function inWords({ kind, detail }: Failure, place: string, hostname: string): string {
  switch (kind) {
    case 'refused':
      return `nothing accepts connections at ${place}`;
    case 'silent':
      return `${place} does not answer in time`;
    case 'unreachable':
      return `there is no way to ${place} (${detail})`;
    case 'tls':
      return `no TLS connection for ${hostname} comes about at ${place}: another name is served there, or by another program (${detail})`;
    case 'broken':
      return `the connection to ${place} breaks off (${detail})`;
  }
}

function certificateProblems(
  certificate: X509Certificate,
  issuers: readonly X509Certificate[],
  { hostname, authority }: Expectations,
  now: Date,
): string[] {
  const { names, subject, issuer, validTo } = certificateFacts(certificate, now);
  const problems: string[] = [];
  if (certificate.checkHost(hostname) === undefined) {
    problems.push(`the certificate is for ${names.join(', ') || subject}, not for ${hostname}`);
  }
  if (new Date(validTo) < now) problems.push(`the certificate ended on ${validTo.slice(0, 10)}`);
  if (new Date(certificate.validFrom) > now) {
    problems.push(`the certificate is not valid before ${new Date(certificate.validFrom).toISOString()}`);
  }
  const [own] = certificatesIn(authority ?? '');
  if (own && ![certificate, ...issuers].some((candidate) => isIssuedBy(candidate, own))) {
    problems.push(
      `the certificate is of "${issuer}", not of the environment's own authority: whoever trusts that one refuses it`,
    );
  }
  return problems;
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Below 500 a node has answered, be it with a login page or with "not found"; but for what the load balancer says itself. */
function statusProblems({ status }: HttpAnswer): string[] {
  if (status === undefined || (status < 500 && status !== 421 && status !== 429)) return [];
  const meaning: Record<number, string> = {
    421: 'the load balancer does not serve that name (421)',
    429: 'the load balancer answers that too many requests are under way (429); docs/operations.md says when a restart of it helps',
    502: 'the node that was asked breaks off (502)',
    503: 'no node is ready (503)',
    504: 'the node that was asked does not answer in time (504)',
  };
  return [meaning[status] ?? `a node answers with ${status}`];
}

function redirectProblems(
  { status, location, failure }: HttpAnswer,
  address: string,
  { httpPort, hostname, url }: Expectations,
): string[] {
  const place = `${address}:${httpPort}`;
  if (failure) return [inWords(failure, place, hostname)];
  if (status !== undefined && status >= 300 && status < 400 && location?.startsWith(`${url}/`)) return [];
  const found = location === undefined ? `answers with ${status}` : `sends to ${location}`;
  return [`${place} ${found} instead of a redirect to ${url}/`];
}
