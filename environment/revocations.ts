import { constants, type VerifyKeyObjectInput, verify, X509Certificate } from 'node:crypto';
import type { CertificateAuthority } from './authorities';
import { type DerElement, derElements, derTime } from './der';
import { LARGEST_REVOCATIONS_BYTES } from './limits';
import { readPemFile } from './pem-file';

/** The certificates that one authority has revoked, as it has signed the list. */
export interface RevocationList {
  /** Subject of that authority on one line. */
  readonly issuer: string;
  /** The list alone, PEM with line feeds: the same bytes whatever else its file holds. */
  readonly pem: string;
  /** When it was made, RFC 3339. */
  readonly issuedAt: string;
  /** From when on it is no longer believed, RFC 3339. @default - it has no end */
  readonly validTo?: string;
  /** How many certificates are on it. */
  readonly revoked: number;
}

/** What a file of lists holds, or everything that is wrong with it. */
export type RevocationsFile = { readonly lists: readonly RevocationList[] } | { readonly problems: readonly string[] };

const LIST = /-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/g;

const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b0e03021a': 'sha1',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};
const RSA_PSS = '2a864886f70d01010a';
/** Ed25519 and Ed448, which hash by themselves. */
const PURE = ['2b6570', '2b6571'];
/** The extension that says that a list holds only what has changed since another. */
const DELTA = '551d1b';

/**
 * Reads a bundle of certificate revocation lists. Nginx asks every authority of a chain for its list and refuses everybody where one is
 * missing, so each authority must have one. Whether they have ended is not looked at, or the same configuration would stop being one
 * day; who plans and who asks for the status is told.
 *
 * @param authorities who may have signed them
 */
export function readRevocations(path: string, authorities: readonly CertificateAuthority[]): RevocationsFile {
  const file = readPemFile(path, 'the lists', LARGEST_REVOCATIONS_BYTES);
  if ('problems' in file) return file;
  const blocks = [...file.text.matchAll(LIST)].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  if (blocks.length === 0) {
    return {
      problems: [
        'the file holds no list in PEM form ("-----BEGIN X509 CRL-----"); one in DER form is turned into it by: openssl crl -inform DER -in list.crl -out list.pem',
      ],
    };
  }
  const problems: string[] = [];
  const lists = blocks.flatMap((der, index): RevocationList[] => {
    const which = `list ${index + 1} of the file`;
    const parsed = parse(der);
    if (parsed === undefined) {
      problems.push(`${which} is damaged: it cannot be decoded`);
      return [];
    }
    if (parsed.isDelta) {
      problems.push(`${which} holds only what has changed since another list (a delta); give the whole list`);
      return [];
    }
    const issuer = authorities.find(({ pem }) => isSignedBy(parsed, new X509Certificate(pem)));
    if (issuer === undefined) {
      problems.push(`${which} is signed by no authority of ca_file`);
      return [];
    }
    const { issuedAt, validTo, revoked } = parsed;
    return [{ issuer: issuer.subject, pem: pemOf(der), issuedAt, ...(validTo && { validTo }), revoked }];
  });
  if (problems.length > 0) return { problems };
  for (const { subject } of authorities) {
    const own = lists.filter(({ issuer }) => issuer === subject).length;
    if (own === 0)
      problems.push(`there is no list of ${subject}, and Nginx would refuse every client certificate; add its list`);
    if (own > 1) problems.push(`there are ${own} lists of ${subject}; keep the one that counts`);
  }
  return problems.length > 0 ? { problems } : { lists };
}

/** All of them as one PEM file, each under what people want to know of it. */
export function revocationsPem(lists: readonly RevocationList[]): string {
  return lists
    .map(
      ({ pem, ...list }) => `# ${list.issuer}: ${list.revoked} revoked, as of ${list.issuedAt}, ${until(list)}\n${pem}`,
    )
    .join('');
}

function until({ validTo }: Pick<RevocationList, 'validTo'>): string {
  return validTo === undefined ? 'without an end' : `until ${validTo}`;
}

/** @param lists as `revocationsPem` has written them */
export function revocationsIn(pem: string): Pick<RevocationList, 'issuer' | 'issuedAt' | 'validTo'>[] {
  return [...pem.matchAll(/^# (.*): \d+ revoked, as of (\S+), (?:until (\S+)|without an end)$/gm)].map(
    ([, issuer = '', issuedAt = '', validTo]) => ({ issuer, issuedAt, ...(validTo && { validTo }) }),
  );
}

const DAY_MS = 86_400_000;
/** Long-lived lists are worth a word this long before their end; others when a third of their time is left. */
const WARN_DAYS = 30;

/** What is to be said of a list's end; undefined while there is time. */
export function endOfList(
  { issuer, issuedAt, validTo }: Pick<RevocationList, 'issuer' | 'issuedAt' | 'validTo'>,
  now = new Date(),
): { readonly ended: boolean; readonly text: string } | undefined {
  if (validTo === undefined) return undefined;
  const end = Date.parse(validTo);
  const left = end - now.getTime();
  const refused = 'every client certificate is refused';
  const name = `the list of revoked certificates of ${issuer}`;
  if (left <= 0) return { ended: true, text: `${name} has ended on ${validTo}: ${refused} until there is a newer one` };
  if (left >= Math.min(WARN_DAYS * DAY_MS, (end - Date.parse(issuedAt)) / 3)) return undefined;
  return { ended: false, text: `${name} ends on ${validTo}; from then on ${refused}` };
}

interface ParsedList extends Pick<RevocationList, 'issuedAt' | 'validTo' | 'revoked'> {
  readonly signed: Buffer;
  readonly algorithm: Buffer;
  readonly signature: Buffer;
  readonly isDelta: boolean;
}

/** A CertificateList of RFC 5280. @returns undefined where it is none */
function parse(der: Buffer): ParsedList | undefined {
  try {
    const [list] = derElements(der) as [DerElement];
    const [tbs, algorithm, signature] = derElements(list.content) as [DerElement, DerElement, DerElement];
    const fields = derElements(tbs.content).filter(({ tag }, index) => index > 0 || tag !== 0x02);
    const times = fields.flatMap((field) => derTime(field) ?? []);
    const [issuedAt, validTo] = times;
    if (issuedAt === undefined) return undefined;
    const revoked = fields.slice(2).find(({ tag }) => tag === 0x30);
    const extensions = fields.find(({ tag }) => tag === 0xa0);
    const named = extensions ? derElements((derElements(extensions.content) as [DerElement])[0].content) : [];
    return {
      signed: tbs.whole,
      algorithm: algorithm.content,
      // The first byte says how many bits of the last are not used: none.
      signature: signature.content.subarray(1),
      isDelta: named.some(({ content }) => derElements(content)[0]?.content.toString('hex') === DELTA),
      issuedAt,
      validTo,
      revoked: revoked ? derElements(revoked.content).length : 0,
    };
  } catch {
    return undefined;
  }
}

function isSignedBy({ signed, algorithm, signature }: ParsedList, { publicKey }: X509Certificate): boolean {
  const oid = derElements(algorithm)[0]?.content.toString('hex') ?? '';
  const key: VerifyKeyObjectInput = { key: publicKey };
  try {
    if (PURE.includes(oid)) return verify(null, signed, key, signature);
    if (oid !== RSA_PSS) {
      const hash = HASHES[oid];
      return hash !== undefined && verify(hash, signed, key, signature);
    }
    const pss = { ...key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
    return ['sha256', 'sha384', 'sha512', 'sha1'].some((hash) => verify(hash, signed, pss, signature));
  } catch {
    // A key of another kind.
    return false;
  }
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`;
}
