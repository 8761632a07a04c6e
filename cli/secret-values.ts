import { createPrivateKey, X509Certificate } from 'node:crypto';
import { nearest } from '../environment/diagnostics';
import { LOAD_BALANCER_SECRETS, referencedSecrets, suppliedName } from '../topology/secrets';
import type { Topology } from '../topology/topology';
import { UserError } from './setup/errors';

/** Secrets of every environment. */
const EVERYWHERE = ['DATABASE_PASSWORD', 'DATABASE_ADMIN_PASSWORD', 'ADMIN_PASSWORD', 'KEYSTORE_PASSWORD'];
/** Those that the server copies as they are into XML, and the job generates where nobody has chosen them. */
const WORDS = [
  'ADMIN_PASSWORD',
  'KEYSTORE_PASSWORD',
  'APP_PASSWORD',
  'CONSENT_PORTAL_CLIENT_ID',
  'CONSENT_PORTAL_CLIENT_SECRET',
];

/** The key that encrypts the server's data, and the one before it. */
const ENCRYPTION_KEYS = ['ENCRYPTION_KEY', 'OLD_ENCRYPTION_KEY'];

/** Names of the secrets that an environment can be given, sorted. */
export function knownSecrets({ nodes }: Topology): string[] {
  const referenced = referencedSecrets(nodes).map(suppliedName);
  return [...new Set([...EVERYWHERE, ...referenced, ...LOAD_BALANCER_SECRETS])].sort();
}

/** Whether a secret is one of the user's own, to which only the user's part of deployment.toml refers. */
export function isOwnSecret(name: string): boolean {
  return ![...EVERYWHERE, ...WORDS, 'ENCRYPTION_KEY', ...LOAD_BALANCER_SECRETS].includes(name);
}

/** @throws UserError unless the environment has a secret of this name */
export function requireKnownSecret(name: string, topology: Topology): void {
  const known = knownSecrets(topology);
  if (known.includes(name)) return;
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new UserError(
    `NAME: ${topology.environment} has no secret "${printable(name)}"${hint} Allowed: ${known.join(', ')}. One of your own is known as soon as identity_server.deployment_toml refers to $env{NAME}.`,
  );
}

/** @throws UserError where the server could not use the value; the message never shows it */
export function requireUsableValue(name: string, value: string, topology: Topology): void {
  const rule = brokenRule(name, value, Number(topology.jobs.secrets.environment.ENCRYPTION_KEY_BYTES));
  if (rule !== undefined) throw new UserError(`${name} ${rule}. Nothing was changed.`);
}

/** The rule that a value breaks, as "must be …"; undefined where the server can use it. */
export function brokenRule(name: string, value: string, encryptionKeyBytes: number): string | undefined {
  if (value === '') return 'must not be empty: standard input held no value';
  if (name === 'LOAD_BALANCER_CERTIFICATE') return certificateRule(value);
  if (name === 'LOAD_BALANCER_PRIVATE_KEY') return privateKeyRule(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'must be one line without control characters';
  if (WORDS.includes(name)) {
    return /^[A-Za-z0-9._-]{12,30}$/.test(value) ? undefined : 'must be 12 to 30 letters, digits, ".", "_" and "-"';
  }
  if (ENCRYPTION_KEYS.includes(name)) return encryptionKeyRule(value, encryptionKeyBytes);
  if (name.startsWith('DATABASE_')) return undefined;
  return /<|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)/.test(value)
    ? 'is copied as it is into XML: write "&amp;" for "&" and "&lt;" for "<"'
    : undefined;
}

/**
 * Up to 7.0 the server takes a key as the characters that it has; later one of 48 or 64 as hexadecimal digits of either case. A
 * system that is brought here keeps its key, so every length of an AES key passes. The rule is in require-secrets.sh, too.
 */
function encryptionKeyRule(value: string, encryptionKeyBytes: number): string | undefined {
  const asItIs = [16, 24, 32].includes(value.length) && /^[!-~]+$/.test(value) && !/[&<$\\]/.test(value);
  const decodes = encryptionKeyBytes === 32;
  const digits = decodes && [48, 64].includes(value.length) && /^[0-9A-Fa-f]+$/.test(value);
  if (asItIs || digits) return undefined;
  const further = decodes ? ', or 48 or 64 hexadecimal digits' : '';
  return `must be 16, 24 or 32 characters without blanks, "&", "<", "$" and "\\"${further}`;
}

function certificateRule(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = pem.match(/-----BEGIN /g)?.length ?? 0;
  try {
    if (blocks.length > 0 && blocks.length === begun && blocks.every((block) => new X509Certificate(block))) {
      return undefined;
    }
  } catch {
    // Said below.
  }
  return "must be certificates in PEM and nothing else: the server's first, then its issuers";
}

function privateKeyRule(pem: string): string | undefined {
  try {
    createPrivateKey(pem);
    return undefined;
  } catch {
    return 'must be one private key in PEM, without a passphrase';
  }
}

function printable(name: string): string {
  return name.replace(/[^ -~]/g, '?').slice(0, 60);
}
