import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

const suppressions = (...rules: string[]) =>
  `policy.suppressions = [${rules.map((rule) => `{ rule = "${rule}", reason = "a test of the secrets" }`).join(', ')}]\n`;
const PROTECTED = `protected = true\n${suppressions('local-state', 'image-pinned')}`;
const ACCELERATOR = SMALLEST.replace(
  '"sandbox"',
  `"wso2is-7.1.0-financial-services"\nimage = "bank/is@sha256:${'0'.repeat(64)}"`,
);
const KEY_BYTES = 32;

const required = (toml: string) => topology(toml).jobs.secrets.environment.REQUIRED_SECRETS?.split(' ').sort();

/** Stands for the image, of which this machine has only a shell. */
const THIS_IMAGE = { PATH: process.env.PATH, IMAGE_PROGRAMS: 'sh', IMAGE_ENTRYPOINT: '/bin/sh', IMAGE_TEMPLATE: '' };

/** Runs what a protected environment's job does first, on these secrets. */
function job(secrets: Readonly<Record<string, string>>): { status: number | null; lines: string[] } {
  const { script, environment } = topology(`${PROTECTED}${ACCELERATOR}`).jobs.secrets;
  const [check = ''] = script.split('# Creates the secrets');
  const root = temporaryDirectory('secrets-');
  for (const volume of ['database-secrets', 'identity-server-secrets']) mkdirSync(join(root, volume));
  for (const [name, value] of Object.entries(secrets)) {
    const volume = name.startsWith('DATABASE_') ? 'database-secrets' : 'identity-server-secrets';
    writeFileSync(join(root, volume, name), value);
  }
  const here = check.replace(/\/(database|identity-server)-secrets/g, (path) => `${root}${path}`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', here], {
    env: { ...environment, ...THIS_IMAGE },
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  return { status, lines: stderr.split('\n').filter((line) => line !== '') };
}

const GOOD = {
  DATABASE_ADMIN_PASSWORD: 'any "thing" & more',
  DATABASE_PASSWORD: 'p$ss',
  ADMIN_PASSWORD: 'chosen-by-a-vault',
  KEYSTORE_PASSWORD: 'chosen-by-a-vault',
  ENCRYPTION_KEY: 'af'.repeat(KEY_BYTES),
  APP_PASSWORD: 'chosen-by-a-vault',
  CONSENT_PORTAL_CLIENT_ID: 'consent.portal.1',
  CONSENT_PORTAL_CLIENT_SECRET: 'chosen-by-a-vault',
};

test('a protected environment requires every secret that its servers read', () => {
  expect(required(`${PROTECTED}${ACCELERATOR}`)).toEqual(Object.keys(GOOD).sort());
});

test('with schemas that others create, nobody needs the administrator of the database', () => {
  const external = '[database]\nhost = "db.bank.example"\nmax_connections = 2000\nschema = "manual"\n';
  expect(required(`${PROTECTED}${ACCELERATOR}${external}`)).not.toContain('DATABASE_ADMIN_PASSWORD');
});

test('others generate what is missing, and so does a protected one that says why', () => {
  const plain = topology(SMALLEST).jobs.secrets;
  expect(plain.environment).not.toHaveProperty('REQUIRED_SECRETS');
  const accepted = `protected = true\n${suppressions('local-state', 'image-pinned', 'secrets-supplied')}`;
  expect(topology(`${accepted}${SMALLEST}`).jobs.secrets).toEqual(plain);
});

test('the job names every secret that is missing, with the command that supplies it, and stops', () => {
  const { DATABASE_PASSWORD, ...others } = GOOD;
  expect(job(others)).toEqual({
    status: 1,
    lines: [
      'DATABASE_PASSWORD is missing, and a protected environment generates none; supply it with: make import-secret ENVIRONMENT=sandbox NAME=DATABASE_PASSWORD',
    ],
  });
  expect(job({}).lines).toHaveLength(Object.keys(GOOD).length);
});

test('the job goes on when all of them are there', () => {
  expect(job(GOOD)).toEqual({ status: 0, lines: [] });
});

test.each([
  'AF'.repeat(KEY_BYTES),
  '0Af'.repeat(16),
  'af'.repeat(16),
  'the-very-key-of-a-migrated-bank!',
  'sixteen_of_7.0.0',
])('the encryption key %s of a system that is brought here is taken', (key) => {
  expect(job({ ...GOOD, ENCRYPTION_KEY: key })).toEqual({ status: 0, lines: [] });
});

test.each([
  ['ADMIN_PASSWORD', 'admin', '12 to 30'],
  ['ADMIN_PASSWORD', 'longer & in no XML', '12 to 30'],
  ['KEYSTORE_PASSWORD', 'two lines\nof text, no', '12 to 30'],
  ['APP_PASSWORD', 'x'.repeat(31), '12 to 30'],
  ['ENCRYPTION_KEY', 'af'.repeat(31), '16, 24 or 32 characters without blanks, "&", "<", "$" and "\\", or 48 or 64'],
  ['ENCRYPTION_KEY', `${'af'.repeat(31)}ag`, '16, 24 or 32 characters'],
  ['ENCRYPTION_KEY', 'the very key of a migrated bank!', '16, 24 or 32 characters'],
  ['ENCRYPTION_KEY', 'the&very&key&of&a&migrated&bank!', '16, 24 or 32 characters'],
  ['ENCRYPTION_KEY', 'the$very$key$of$a$migrated$bank!', '16, 24 or 32 characters'],
  ['ENCRYPTION_KEY', 'the\\very\\key\\of\\a\\migrated\\bank', '16, 24 or 32 characters'],
])('a value of %s that the server could not use is refused, and not shown', (name, value, rule) => {
  const { status, lines } = job({ ...GOOD, [name]: value });
  expect([status, lines.length]).toEqual([1, 1]);
  expect(lines[0]).toContain(`${name} must be ${rule}`);
  expect(lines[0]).not.toContain(value);
});
