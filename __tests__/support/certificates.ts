import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';

/** A certificate and its private key, PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const NEW_KEY = 'openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /tmp/key.pem';

/** Extensions of an authority that another one issues. */
export const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];

/** A certificate authority of a test's own. */
export async function createAuthority(commonName: string): Promise<Identity> {
  return issued(
    `openssl req -x509 -new -key /tmp/key.pem -days 30 -subj '/O=Test Directory/CN=${commonName}' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out /tmp/certificate.pem`,
  );
}

/** @param extensions lines such as `subjectAltName=DNS:db.bank.test` */
export async function issue(authority: Identity, commonName: string, extensions: readonly string[]): Promise<Identity> {
  return issued(
    `cat >/tmp/authority.pem
printf '%s\\n' ${extensions.map((line) => `'${line}'`).join(' ')} >/tmp/extensions
openssl req -new -key /tmp/key.pem -subj '/O=Test Bank/CN=${commonName}' -out /tmp/request.pem
openssl x509 -req -in /tmp/request.pem -CA /tmp/authority.pem -CAkey /tmp/authority.pem -days 30 -extfile /tmp/extensions -out /tmp/certificate.pem`,
    `${authority.certificate}${authority.key}`,
  );
}

/** The list of what an authority has revoked, PEM, good for a week. */
export async function revocationList(authority: Identity, revoked: readonly Identity[]): Promise<string> {
  const settings = '[ca]\\ndefault_ca=own\\n[own]\\ndatabase=/tmp/index\\ndefault_md=sha256\\ndefault_crl_days=7\\n';
  const { stdout } = await openssl(
    `awk '/^=$/ { n++; next } { print > ("/tmp/part." n + 0) }'
printf '${settings}' >/tmp/settings
: >/tmp/index
list() { openssl ca -config /tmp/settings -keyfile /tmp/part.0 -cert /tmp/part.0 "$@" >&2; }
for part in /tmp/part.*; do [ "$part" = /tmp/part.0 ] || list -revoke "$part"; done
list -gencrl -out /tmp/list.pem
cat /tmp/list.pem`,
    [`${authority.certificate}${authority.key}`, ...revoked.map(({ certificate }) => certificate)].join('=\n'),
  );
  return stdout;
}

/** OpenSSL is in the image of the sandbox's server; the machine that runs the tests need not have it. */
function openssl(script: string, input: string) {
  const args = ['run', '--rm', '--interactive', '--label', 'wso2-is-active-active.test=1', '--network', 'none'];
  const image = sandboxImageTags().identityServer;
  return run('docker', [...args, '--entrypoint', 'sh', image, '-c', `set -eu\n${script}`], { input });
}

async function issued(script: string, input = ''): Promise<Identity> {
  const { stdout } = await openssl(`${NEW_KEY}\n${script} >&2\ncat /tmp/certificate.pem /tmp/key.pem`, input);
  const end = '-----END CERTIFICATE-----\n';
  const split = stdout.indexOf(end) + end.length;
  return { certificate: stdout.slice(0, split), key: stdout.slice(split) };
}

/** What a bank's own authority issues for a host name: by an intermediate, which is part of the chain. */
export interface SuppliedCertificate {
  /** Certificate of the authority, PEM. */
  readonly authority: string;
  /** Certificate and its intermediate, PEM. */
  readonly chain: string;
  /** Private key, PEM. */
  readonly key: string;
}

export async function issueCertificate(hostname: string): Promise<SuppliedCertificate> {
  const authority = await createAuthority('Root CA');
  const intermediate = await issue(authority, 'Intermediate CA', AUTHORITY);
  const server = await issue(intermediate, hostname, [`subjectAltName=DNS:${hostname}`]);
  return {
    authority: authority.certificate,
    chain: `${server.certificate}${intermediate.certificate}`,
    key: server.key,
  };
}
