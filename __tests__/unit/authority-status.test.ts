import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { authorityStatus } from '../../cli/status/authority';
import { statusText } from '../../cli/status/table';
import { topology } from '../support/synth';

const NOTE = 'raise identity_server.keystore_revision';

function authority(...extensions: readonly string[]): X509Certificate {
  const options = ['-newkey', 'ed25519', '-noenc', '-keyout', '/dev/null', '-subj', '/CN=bank certificate authority'];
  const further = extensions.flatMap((extension) => ['-addext', extension]);
  return new X509Certificate(execFileSync('openssl', ['req', '-x509', ...options, ...further], { stdio: 'pipe' }));
}

const OLD = authority();
const BOUNDED = authority('nameConstraints=critical,permitted;DNS:is.bank.example');
const node = (certificate?: X509Certificate) => ({ authority: certificate, signing: new Map() });

test('an authority without bounds is told, with the way to the new one', () => {
  const status = authorityStatus(topology(), [node(), node(OLD)]);
  expect(status).toMatchObject({ bounded: false, note: expect.stringContaining(NOTE) });
  const published = {
    ...{ url: '', served: true, addresses: [], askedFrom: 'this machine' as const, reason: null },
    ...{ unreachable: false, certificate: null, notes: [] },
  };
  const text = (of: typeof status) => statusText({ components: [], published, nodes: 2, authority: of });
  expect(text(status)).toContain(`note: ${status?.note}`);
  expect(text(authorityStatus(topology(), [node(BOUNDED)]))).not.toContain('note:');
});

test('one with bounds is not', () => {
  expect(authorityStatus(topology(), [node(BOUNDED)])).toEqual({ bounded: true, note: null });
});

test('nor is any where nobody else trusts it, or where no node can be asked', () => {
  const supplied = topology(
    '[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "is.sandbox.test"\ncertificate = "supplied"\n',
  );
  expect([authorityStatus(supplied, [node(OLD)]), authorityStatus(topology(), [])]).toEqual([null, null]);
});
