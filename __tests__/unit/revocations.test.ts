import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateAuthority, readAuthorities } from '../../environment/authorities';
import {
  endOfList,
  type RevocationList,
  readRevocations,
  revocationsIn,
  revocationsPem,
} from '../../environment/revocations';
import { PROJECT, temporaryDirectory, topology } from '../support/synth';

// The lists of `fixtures/revocations` are OpenSSL's. What is wrong with a file in its place is also in the snapshots of __tests__/invalid.

const FIXTURES = join(PROJECT, '__tests__', 'fixtures', 'revocations');
const fixture = (name: string) => readFileSync(join(FIXTURES, `${name}.pem`), 'utf8');

function authorities(...names: string[]): CertificateAuthority[] {
  return names.flatMap((name) => {
    const content = readAuthorities(join(FIXTURES, `${name}-ca.pem`));
    if ('problems' in content) throw new Error(content.problems.join('\n'));
    return content.authorities;
  });
}

function read(text: string, ...by: string[]) {
  const path = join(temporaryDirectory('revocations-'), 'crl.pem');
  writeFileSync(path, text);
  return readRevocations(path, authorities(...by));
}

function lists(text: string, ...by: string[]): readonly RevocationList[] {
  const content = read(text, ...by);
  if ('problems' in content) throw new Error(content.problems.join('\n'));
  return content.lists;
}

test.each(['ecdsa', 'rsa', 'pss', 'ed25519'])('a list that its authority has signed with %s is taken', (name) => {
  expect(lists(fixture(name), name)).toEqual([
    {
      issuer: `O=Test Directory, CN=${name}`,
      issuedAt: expect.stringMatching(/^2026-11-25T/),
      validTo: expect.stringMatching(/^2126-11-01T/),
      revoked: 1,
      pem: fixture(name),
    },
  ]);
});

test('one that was changed, or that another authority has signed, is refused', () => {
  const [head, ...body] = fixture('ecdsa').split('\n');
  const der = Buffer.from(body.slice(0, -2).join(''), 'base64');
  // The serial number of the certificate that is revoked.
  der[der.indexOf(Buffer.from([0x02, 0x01, 0x0a])) + 2] = 0x0b;
  const forged = `${head}\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
  const problems = ['list 1 of the file is signed by no authority of ca_file'];
  expect(read(forged, 'ecdsa')).toEqual({ problems });
  expect(read(fixture('ecdsa'), 'rsa', 'pss', 'ed25519')).toEqual({ problems });
});

test('every authority of a chain needs its list, and one is enough', () => {
  expect(lists(fixture('rsa') + fixture('ecdsa'), 'ecdsa', 'rsa').map(({ issuer }) => issuer)).toEqual([
    'O=Test Directory, CN=rsa',
    'O=Test Directory, CN=ecdsa',
  ]);
  expect(read(fixture('rsa'), 'ecdsa', 'rsa')).toEqual({
    problems: [expect.stringContaining('there is no list of O=Test Directory, CN=ecdsa')],
  });
  expect(read(fixture('ecdsa') + fixture('ended'), 'ecdsa')).toEqual({
    problems: [expect.stringContaining('there are 2 lists of O=Test Directory, CN=ecdsa')],
  });
});

test('what is no whole list is refused, each with what it is', () => {
  expect(read(fixture('delta'), 'ecdsa')).toEqual({ problems: [expect.stringContaining('a delta')] });
  const cut = fixture('ecdsa').split('\n');
  cut.splice(3, 2);
  for (const damaged of [
    cut.join('\n'),
    '-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n',
    fixture('ecdsa-ca').replaceAll('CERTIFICATE', 'X509 CRL'),
  ]) {
    expect(read(damaged, 'ecdsa')).toEqual({ problems: [expect.stringContaining('is damaged')] });
  }
  expect(read('x'.repeat(600_000), 'ecdsa')).toEqual({ problems: [expect.stringContaining('cannot be read (EFBIG)')] });
});

test('what people want to know of a list stands over it, and is read from there', () => {
  const [list] = lists(`hunter2\r\n${fixture('ecdsa').replaceAll('\n', '\r\n')}`, 'ecdsa') as [RevocationList];
  const text = revocationsPem([list, { ...list, issuer: 'CN=For ever', validTo: undefined }]);
  expect(text).toContain(
    `# O=Test Directory, CN=ecdsa: 1 revoked, as of ${list.issuedAt}, until ${list.validTo}\n-----BEGIN`,
  );
  expect(text).not.toContain('hunter2');
  expect(revocationsIn(text)).toEqual([
    { issuer: list.issuer, issuedAt: list.issuedAt, validTo: list.validTo },
    { issuer: 'CN=For ever', issuedAt: list.issuedAt },
  ]);
});

describe('the end of a list', () => {
  const at = (issuedAt: string, validTo: string | undefined, now: string) =>
    endOfList({ issuer: 'CN=Issuing CA', issuedAt, validTo }, new Date(now));

  test('is no mistake of the configuration, but is told', () => {
    const [ended] = lists(fixture('ended'), 'ecdsa') as [RevocationList];
    expect(endOfList(ended)).toEqual({
      ended: true,
      text: expect.stringContaining('has ended on 2024-02-01T00:00:00Z'),
    });
  });

  test('is told when a third of its time is left, and of long ones 30 days before', () => {
    expect(at('2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z', '2026-01-02T23:59:00Z')).toBeUndefined();
    expect(at('2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z', '2026-01-03T00:01:00Z')).toMatchObject({ ended: false });
    expect(at('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-12-01T00:00:00Z')).toBeUndefined();
    expect(at('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-12-03T00:00:00Z')).toMatchObject({ ended: false });
    expect(at('2026-01-01T00:00:00Z', undefined, '2099-01-01T00:00:00Z')).toBeUndefined();
  });
});

describe('the load balancer', () => {
  const derived = (list?: string) => {
    const files: Record<string, string> = { 'ca.pem': fixture('ecdsa-ca'), ...(list && { 'crl.pem': fixture(list) }) };
    return topology(
      `[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "is.bank.example"\n[load_balancer.client_certificates]\nca_file = "ca.pem"\n${list ? 'crl_file = "crl.pem"\n' : ''}`,
      'bank',
      files,
    ).loadBalancer;
  };
  const cacheOf = ({ configuration }: ReturnType<typeof derived>) =>
    /ssl_session_cache (\S+);/.exec(configuration.files['nginx.conf'] as string)?.[1];

  test('asks the lists, and another list is another revision that resumes no session from before', () => {
    const [without, one, other] = [derived(), derived('ecdsa'), derived('ended')];
    expect(one.configuration.files['nginx.conf']).toContain('ssl_crl client-crl.pem;');
    expect(one.configuration.files['client-crl.pem']).toContain(fixture('ecdsa'));
    expect(one.revocations).toMatchObject([{ issuer: 'O=Test Directory, CN=ecdsa', revoked: 1 }]);
    expect(without.configuration.files['nginx.conf']).not.toContain('ssl_crl');
    const all = [without, one, other];
    for (const facts of [all.map(({ configuration }) => configuration.revision), all.map(cacheOf)]) {
      expect(new Set(facts).size).toBe(3);
    }
    expect(cacheOf(without)).toBe('shared:tls:10m');
  });
});
