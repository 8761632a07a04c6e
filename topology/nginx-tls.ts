import { createHash } from 'node:crypto';
import type { NginxConfProps } from './nginx-props';

/** Mozilla's intermediate profile, guideline 6.0. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
/** An OpenSSL before 3.5 has no X25519MLKEM768; the question mark lets 3.3 and later pass over what they do not know. */
const CURVES = ['?X25519MLKEM768', 'X25519', 'prime256v1', 'secp384r1'];

/** TLS of the public servers, for the http block. */
export function publicTls({ clientRevocations }: Pick<NginxConfProps, 'clientRevocations'>): string {
  return `  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${CIPHERS.join(':')};
  ssl_prefer_server_ciphers off;
  ssl_ecdh_curve ${CURVES.join(':')};
${sessionCache(clientRevocations)}
  ssl_session_timeout 1d;
  # Their keys are in the cache above, in memory alone, and Nginx makes new ones every day.
  ssl_session_tickets on;
`;
}

/** A session that is resumed is not verified again, and a reload keeps the cache with its ticket keys: new lists get a new one. */
function sessionCache(revocations: string | undefined): string {
  if (revocations === undefined) return '  ssl_session_cache shared:tls:10m;';
  const lists = createHash('sha256').update(revocations).digest('hex').slice(0, 12);
  return `  # By the lists of revoked certificates: a session from before them is not resumed.
  ssl_session_cache shared:tls-${lists}:10m;`;
}
