import { generateKeyPairSync } from 'node:crypto';
import { brokenRule, knownSecrets, requireKnownSecret } from '../../cli/secret-values';
import { SMALLEST, topology } from '../support/synth';

const ACCELERATOR = SMALLEST.replace('"sandbox"', '"wso2is-7.1.0-financial-services"\nimage = "bank/is:1"');
const OWN = SMALLEST.replace(
  '[load_balancer]',
  'deployment_toml = { output_adapter = { email = { password = "$env{SMTP_PASSWORD}" } } }\n[load_balancer]',
);
const KEY_BYTES = 32;

test('an environment knows the secrets that it reads, and those of the load balancer', () => {
  expect(knownSecrets(topology(SMALLEST))).toEqual([
    'ADMIN_PASSWORD',
    'DATABASE_ADMIN_PASSWORD',
    'DATABASE_PASSWORD',
    'KEYSTORE_PASSWORD',
    'LOAD_BALANCER_CERTIFICATE',
    'LOAD_BALANCER_PRIVATE_KEY',
  ]);
  const accelerator = knownSecrets(topology(ACCELERATOR));
  expect(accelerator).toEqual(expect.arrayContaining(['APP_PASSWORD', 'ENCRYPTION_KEY']));
  expect(accelerator).not.toContain('APP_PASSWORD_HASH');
});

test("one of the user's own is known as soon as the configuration refers to it", () => {
  expect(() => requireKnownSecret('SMTP_PASSWORD', topology(SMALLEST))).toThrow('has no secret "SMTP_PASSWORD"');
  expect(() => requireKnownSecret('SMTP_PASSWORD', topology(OWN))).not.toThrow();
});

test('a misspelt name is answered with the nearest one, and nothing of it reaches the terminal raw', () => {
  expect(() => requireKnownSecret('ADMIN_PASWORD', topology(SMALLEST))).toThrow('did you mean ADMIN_PASSWORD?');
  expect(() => requireKnownSecret('\u001b[2JADMIN', topology(SMALLEST))).toThrow('"?[2JADMIN"');
});

test.each([
  ['ADMIN_PASSWORD', 'chosen-by-a-vault'],
  ['KEYSTORE_PASSWORD', 'x'.repeat(30)],
  ['ENCRYPTION_KEY', 'af'.repeat(KEY_BYTES)],
  ['ENCRYPTION_KEY', 'AF'.repeat(KEY_BYTES)],
  ['ENCRYPTION_KEY', '0Af'.repeat(16)],
  ['ENCRYPTION_KEY', 'the-very-key-of-a-migrated-bank!'],
  ['ENCRYPTION_KEY', 'sixteen_of_7.0.0'],
  ['OLD_ENCRYPTION_KEY', 'af'.repeat(KEY_BYTES)],
  ['DATABASE_PASSWORD', 'a $trange "value" & <more>'],
  ['SMTP_PASSWORD', 'written &amp; escaped'],
])('a value of %s that the server can use is taken', (name, value) => {
  expect(brokenRule(name, value, KEY_BYTES)).toBeUndefined();
});

test.each([
  ['ADMIN_PASSWORD', '', 'standard input held no value'],
  ['ADMIN_PASSWORD', 'admin', '12 to 30'],
  ['APP_PASSWORD', 'longer & in no XML', '12 to 30'],
  ['DATABASE_PASSWORD', 'two lines\nof text', 'one line'],
  ['SMTP_PASSWORD', 'a & b', 'XML'],
  ['SMTP_PASSWORD', 'escape\u001b[2J', 'control characters'],
  ['ENCRYPTION_KEY', 'af'.repeat(31), '64 hexadecimal digits'],
  ['ENCRYPTION_KEY', `${'af'.repeat(31)}ag`, '64 hexadecimal digits'],
  ['ENCRYPTION_KEY', 'the very key of a migrated bank!', 'without blanks'],
  ['ENCRYPTION_KEY', 'the&very&key&of&a&migrated&bank!', 'without blanks'],
  ['ENCRYPTION_KEY', 'üüüüüüüüüüüüüüüü', '16, 24 or 32 characters'],
  ['OLD_ENCRYPTION_KEY', 'short', '16, 24 or 32 characters'],
  ['LOAD_BALANCER_CERTIFICATE', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'PEM'],
  ['LOAD_BALANCER_PRIVATE_KEY', 'no key', 'PEM'],
])('a value of %s that it could not use is refused, and not shown', (name, value, rule) => {
  const broken = brokenRule(name, value, KEY_BYTES);
  expect(broken).toContain(rule);
  if (value !== '') expect(broken).not.toContain(value);
});

test('7.0 takes a key as it is, and decodes none', () => {
  for (const key of ['sixteen_of_7.0.0', 'af'.repeat(16)])
    expect(brokenRule('ENCRYPTION_KEY', key, 16)).toBeUndefined();
  expect(brokenRule('ENCRYPTION_KEY', 'af'.repeat(32), 16)).toBe(
    'must be 16, 24 or 32 characters without blanks, "&", "<", "$" and "\\"',
  );
});

test('a private key belongs to the key alone, without a passphrase', () => {
  const pem = (options: { cipher?: string; passphrase?: string }) =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...options },
    }).privateKey;
  expect(brokenRule('LOAD_BALANCER_PRIVATE_KEY', pem({}), KEY_BYTES)).toBeUndefined();
  const locked = pem({ cipher: 'aes-256-cbc', passphrase: 'secret' });
  expect(brokenRule('LOAD_BALANCER_PRIVATE_KEY', locked, KEY_BYTES)).toContain('without a passphrase');
  expect(brokenRule('LOAD_BALANCER_CERTIFICATE', pem({}), KEY_BYTES)).toContain('certificates');
});
