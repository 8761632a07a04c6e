import { X509Certificate } from 'node:crypto';
import { LARGEST_AUTHORITIES_BYTES } from './limits';
import { readPemFile } from './pem-file';

/** One certificate of a certificate authority, taken from a file that the configuration names. */
export interface CertificateAuthority {
  /** Its subject on one line, for people: `C=GB, O=Bank, CN=Issuing CA`. */
  readonly subject: string;
  /** The certificate alone, PEM with line feeds: the same bytes whatever else its file holds. */
  readonly pem: string;
}

/** What a file of certificate authorities holds, or everything that is wrong with it. */
export type AuthoritiesFile =
  | { readonly authorities: readonly CertificateAuthority[] }
  | { readonly problems: readonly string[] };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Reads a bundle of certificate authorities. Only certificates leave this function: whatever else the file holds reaches neither a
 * generated file nor a message. Whether they have expired is not looked at, or the same configuration would stop being one day.
 *
 * @param path file to read
 */
export function readAuthorities(path: string): AuthoritiesFile {
  const file = readPemFile(path, 'the certificates', LARGEST_AUTHORITIES_BYTES);
  if ('problems' in file) return file;
  const blocks = file.text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    return { problems: ['the file holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----")'] };
  }
  const parsed = blocks.map(parse);
  const certificates = parsed.flatMap((certificate) => certificate ?? []);
  const problems = parsed.flatMap((certificate, index) => {
    const which = `certificate ${index + 1} of the file`;
    if (certificate === undefined) return [`${which} is damaged: it cannot be decoded`];
    if (!certificate.ca) return [`${which} (${subjectOf(certificate)}) is not that of a certificate authority`];
    if (!certificates.some((issuer) => certificate.checkIssued(issuer))) {
      return [
        `${which} (${subjectOf(certificate)}) is issued by an authority that the file lacks (${oneLine(certificate.issuer)}); a chain is followed up to its root, so add that certificate, too`,
      ];
    }
    return [];
  });
  if (problems.length > 0) return { problems };
  return {
    authorities: certificates.map((certificate) => ({
      subject: subjectOf(certificate),
      pem: certificate.toString().replaceAll('\r\n', '\n'),
    })),
  };
}

/** All of them as one PEM file, each under its subject. */
export function authoritiesPem(authorities: readonly CertificateAuthority[]): string {
  return authorities.map(({ subject, pem }) => `# ${subject}\n${pem}`).join('');
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

function subjectOf({ subject }: X509Certificate): string {
  return oneLine(subject);
}

/** Control characters in a name come escaped. */
function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
