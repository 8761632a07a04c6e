import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RESTORE } from '../../cli/backup-secrets';
import { temporaryDirectory } from '../support/synth';

// The script of "make restore" with folders of the test's own in the place of the container's.
const VOLUMES = [
  'certificate-authority',
  'identity-server-secrets',
  'database-secrets',
  'load-balancer-certificates',
  'shared-files',
];

/** An archive as "make backup" makes it, after something was done to its files; the list of checksums fits, as an attacker would see to. */
function archive(change: (folder: string) => void = () => undefined, options: readonly string[] = []): string {
  const root = temporaryDirectory('archive-');
  const bank = join(root, 'bank');
  for (const volume of VOLUMES) {
    mkdirSync(join(bank, volume), { recursive: true });
    writeFileSync(join(bank, volume, 'file'), `content of ${volume}`);
  }
  change(bank);
  const list = 'find . -type f ! -name ".*" ! -name SHA256SUMS -exec sha256sum {} + >SHA256SUMS';
  spawnSync('sh', ['-c', list], { cwd: bank });
  const file = join(root, 'keys.tar');
  spawnSync('tar', ['-cf', file, ...options, '-C', root, 'bank']);
  return file;
}

/** @param prepare what is in the volumes before */
function restore(file: string, prepare: (volumes: string) => void = () => undefined) {
  const [work, volumes] = [temporaryDirectory('restore-'), temporaryDirectory('volumes-')];
  for (const volume of VOLUMES) mkdirSync(join(volumes, volume));
  prepare(volumes);
  const content = readFileSync(file);
  const script = RESTORE.replaceAll('/tmp', work).replaceAll('/volumes', volumes);
  const { status, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    input: `${createHash('sha256').update(content).digest('hex')}\n${content.toString('base64')}`,
    env: { PATH: process.env.PATH, ENVIRONMENT: 'bank' },
    timeout: 20_000,
  });
  const found = VOLUMES.flatMap((volume) => readdirSync(join(volumes, volume)).map((name) => join(volume, name)));
  return { status, stderr, work, volumes, found };
}

test('an archive of "make backup" fills the volumes', () => {
  const { status, stderr, found } = restore(archive());
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(found).toEqual(VOLUMES.map((volume) => join(volume, 'file')));
});

const elsewhere = () => join(temporaryDirectory('elsewhere-'), 'file');

test.each<[string, (folder: string) => void, ...string[]]>([
  ['a link to a file', (bank) => symlinkSync('/etc/shadow', join(bank, 'identity-server-secrets', 'ADMIN_PASSWORD'))],
  ['a link to a folder', (bank) => symlinkSync('/proc/self', join(bank, 'shared-files', 'tenants'))],
  ['a relative link', (bank) => symlinkSync('../certificate-authority/file', join(bank, 'shared-files', 'key'))],
  ['a link that leads to nothing', (bank) => symlinkSync('nothing', join(bank, 'shared-files', 'x'))],
  [
    'a second name of a file',
    (bank) => spawnSync('ln', [join(bank, 'shared-files/file'), join(bank, 'shared-files/x')]),
  ],
  ['a pipe', (bank) => spawnSync('mkfifo', [join(bank, 'identity-server-secrets', 'ADMIN_PASSWORD')])],
  [
    'a way out of its folder',
    (bank) => writeFileSync(join(bank, 'shared-files', 'out'), 'x'),
    '--transform=s,shared-files/out,../../out,',
  ],
  ['a path of the whole machine', () => undefined, '-P', '--transform=s,^bank/shared-files/file,/bank/file,'],
])('an archive with %s is refused whole, and nothing of it is unpacked', (_, change, ...options) => {
  const { status, stderr, work, found } = restore(archive(change, options));
  expect(stderr).toContain('the archive holds what no backup holds, and nothing of it was unpacked');
  expect({ status, found }).toEqual({ status: 3, found: [] });
  expect(readdirSync(join(work, 'archived'))).toEqual([]);
});

describe('where the authority’s volume is still there', () => {
  const work = temporaryDirectory('authorities-');
  const pem = (key: string, subject: string) =>
    execFileSync('openssl', ['req', '-x509', '-key', join(work, key), '-subj', subject], { encoding: 'utf8' });
  for (const key of ['one', 'other']) {
    execFileSync('openssl', ['genpkey', '-quiet', '-algorithm', 'ED25519', '-out', join(work, key)]);
  }
  const before = pem('one', '/CN=ours');
  const there = (content: string) => {
    const file = archive((bank) => writeFileSync(join(bank, 'certificate-authority', 'ca.crt'), before));
    return restore(file, (volumes) => writeFileSync(join(volumes, 'certificate-authority', 'ca.crt'), content));
  };

  test('and its certificate was issued again since, with the same key, the rest is restored', () => {
    const again = pem('one', '/CN=ours');
    expect(again).not.toBe(before);
    const { status, found } = there(again);
    expect(status).toBe(0);
    expect(found).toEqual(expect.arrayContaining(['certificate-authority/ca.crt', 'shared-files/file']));
  });

  test.each([
    ['of another key', pem('other', '/CN=ours')],
    ['damaged', 'damaged'],
  ])('and its certificate is %s, nothing is', (_, content) => {
    const { status, stderr, found } = there(content);
    expect({ status, stderr, found }).toEqual({
      status: 4,
      stderr: 'certificate-authority\n',
      found: ['certificate-authority/ca.crt'],
    });
  });
});

test('an archive with a device is refused', () => {
  const file = archive();
  // The type of an entry is a byte at 156 of its header, and its checksum stands in the eight from 148 on.
  const bytes = readFileSync(file);
  const header = bytes.lastIndexOf('bank/shared-files/file\0');
  bytes.write('3', header + 156);
  bytes.fill(' ', header + 148, header + 156);
  const sum = bytes.subarray(header, header + 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + 148);
  writeFileSync(file, bytes);
  expect(restore(file)).toMatchObject({ status: 3, found: [], stderr: expect.stringContaining('no backup holds') });
});

test('an archive that is damaged, or lacks its end, is refused', () => {
  const file = archive();
  const whole = readFileSync(file);
  const bytes = Buffer.from(whole);
  bytes.write('X', bytes.lastIndexOf('content of shared-files'));
  writeFileSync(file, bytes);
  expect(restore(file)).toMatchObject({ status: 3, found: [], stderr: expect.stringContaining('is damaged') });
  writeFileSync(file, whole.subarray(0, whole.lastIndexOf('content of')));
  expect(restore(file)).toMatchObject({ status: 3, found: [], stderr: expect.stringContaining('its end is missing') });
});

test('a list that names files elsewhere is refused', () => {
  const outside = elsewhere();
  writeFileSync(outside, 'x');
  const file = archive();
  const root = temporaryDirectory('archive-');
  spawnSync('tar', ['-xf', file, '-C', root]);
  const list = join(root, 'bank', 'SHA256SUMS');
  const sum = createHash('sha256').update('x').digest('hex');
  writeFileSync(list, `${readFileSync(list, 'utf8')}${sum}  ${outside}\n`);
  spawnSync('tar', ['-cf', file, '-C', root, 'bank']);
  const { status, stderr, found } = restore(file);
  expect(stderr).toContain('the archive holds other files than its list names');
  expect({ status, found, outside: existsSync(dirname(outside)) }).toEqual({ status: 3, found: [], outside: true });
});
