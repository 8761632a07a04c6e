import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authoritiesPem, type CertificateAuthority, readAuthorities } from '../../environment/authorities';
import { authorityFixture as fixture, temporaryDirectory } from '../support/synth';

// What is wrong with a file is in the snapshots of __tests__/invalid.

function file(text: string): string {
  const path = join(temporaryDirectory('authorities-'), 'ca.pem');
  writeFileSync(path, text);
  return path;
}

function read(text: string): readonly CertificateAuthority[] {
  const content = readAuthorities(file(text));
  if ('problems' in content) throw new Error(content.problems.join('\n'));
  return content.authorities;
}

test('every certificate of a bundle is taken, in order, with its subject', () => {
  const authorities = read(fixture('issuing') + fixture('root') + fixture('other-root'));
  expect(authorities.map(({ subject }) => subject)).toEqual([
    'O=Test Directory, CN=Test Issuing CA',
    'O=Test Directory, CN=Test Root CA',
    'O=Other Directory, CN=Other Root CA',
  ]);
  expect(authorities.map(({ pem }) => new X509Certificate(pem).fingerprint256)).toEqual(
    (['issuing', 'root', 'other-root'] as const).map((name) => new X509Certificate(fixture(name)).fingerprint256),
  );
});

test('nothing but the certificates leaves the file, and line ends do not matter', () => {
  const commented = `Bag Attributes\r\n    friendlyName: hunter2\r\n${fixture('root').replaceAll('\n', '\r\n')}hunter2\r\n`;
  expect(read(commented)).toEqual(read(fixture('root')));
  expect(authoritiesPem(read(commented))).toBe(`# O=Test Directory, CN=Test Root CA\n${fixture('root')}`);
});

test('an expired authority is no mistake of the configuration: it was none yesterday', () => {
  expect(read(fixture('expired-root')).map(({ subject }) => subject)).toEqual(['CN=Expired Root CA']);
});

test('a folder in place of the file is a problem, not a crash', () => {
  expect(readAuthorities(temporaryDirectory())).toEqual({ problems: ['the file cannot be read (EISDIR)'] });
});
