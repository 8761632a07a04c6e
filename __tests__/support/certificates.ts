import { sandboxImageTags } from '../../images/tags';
import { docker } from './workspace';

export interface SuppliedCertificate {
  /** Certificate of the authority, PEM. */
  readonly authority: string;
  /** Certificate and its intermediate, PEM. */
  readonly chain: string;
  /** Private key, PEM. */
  readonly key: string;
}

const ISSUE = `
set -eu
cd /tmp
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
issue() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out request
  printf '%s\\n' "$3" >extensions
  openssl x509 -req -in request -CA "$2.crt" -CAkey "$2.key" -days 2 -extfile extensions -out "$1.crt" 2>/dev/null
}
key authority
openssl req -x509 -new -key authority.key -days 2 -subj /CN=authority -out authority.crt
issue intermediate authority basicConstraints=critical,CA:TRUE
issue server intermediate "subjectAltName=DNS:$NAME"
for file in authority.crt server.crt intermediate.crt server.key; do cat "$file"; echo ====; done
`;

/** A certificate for a host name as a bank's own authority issues it: by an intermediate, which is part of the chain. */
export async function issueCertificate(hostname: string): Promise<SuppliedCertificate> {
  const run = ['run', '--rm', '--network', 'none', '--env', `NAME=${hostname}`, '--entrypoint', 'sh'];
  const printed = await docker(...run, sandboxImageTags().identityServer, '-c', ISSUE);
  const [authority, server, intermediate, key] = printed.split('====\n') as [string, string, string, string];
  return { authority, chain: `${server}${intermediate}`, key: key.replace('====', '') };
}
