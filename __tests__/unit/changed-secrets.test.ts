import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPARE } from '../../cli/installed-files';
import { irreplaceable, lostText } from '../../cli/lost-files';
import { NOTE } from '../../cli/secret-volumes';
import { temporaryDirectory, topology } from '../support/synth';

// A secret that somebody changes inside its volume: what the job makes of it, in folders of this machine, and what a plan says before.
const root = temporaryDirectory('changed-secrets-');
const derived = topology(
  `[identity_server]
distribution = "wso2is-7.1.0"
[identity_server.deployment_toml.own]
token = "$env{OWN_TOKEN}"
[load_balancer]
hostname = "is.bank.example"
`,
  'bank',
);
const DATABASE = 'database-secrets';
const SERVER = 'identity-server-secrets';
const AWKWARD = 'a\\$b&amp;<"c">\'d';

const path = (...parts: string[]) => join(root, ...parts);
const read = (...parts: string[]) => readFileSync(path(...parts), 'utf8');

function job(): { status: number | null; said: string } {
  const { script, environment } = derived.jobs.secrets;
  // What the image must have is no question of this machine.
  const secrets = script.slice(script.indexOf('# Goes before the scripts that look for secrets'));
  const here = secrets.replace(/(?<![\w.$}])\/(database|identity-server)-secrets/g, (found) => `${root}${found}`);
  const { status, stderr } = spawnSync('sh', ['-c', here], {
    env: { PATH: `${root}:${process.env.PATH}`, ...environment },
    encoding: 'utf8',
  });
  return { status, said: stderr };
}

/** What a look into the volumes finds. */
function found(): { purpose: string; file: string }[] {
  const { stdout } = spawnSync('sh', ['-c', COMPARE.replace('/volumes/*', `${root}/*-secrets`)], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [purpose = '', file = ''] = line.split(' ');
    return file === '' ? [] : [{ purpose, file }];
  });
}

beforeEach(() => {
  for (const folder of [DATABASE, SERVER]) {
    rmSync(path(folder), { recursive: true, force: true });
    mkdirSync(path(folder));
  }
  writeFileSync(path('chown'), '#!/bin/sh\n');
  chmodSync(path('chown'), 0o755);
  writeFileSync(path(DATABASE, 'DATABASE_PASSWORD'), AWKWARD);
  writeFileSync(path(SERVER, 'OWN_TOKEN'), 'a token of their own');
  expect(job()).toEqual({ status: 0, said: '' });
  expect(found()).toEqual([]);
});

const FILES = [
  [DATABASE, 'DATABASE_ADMIN_PASSWORD', 'lost'],
  [DATABASE, 'DATABASE_PASSWORD', 'repaired'],
  [SERVER, 'DATABASE_PASSWORD', 'repaired'],
  [SERVER, 'ADMIN_PASSWORD', 'lost'],
  [SERVER, 'KEYSTORE_PASSWORD', 'lost'],
  [SERVER, 'ENCRYPTION_KEY', 'lost'],
  [SERVER, 'APP_PASSWORD', 'lost'],
  [SERVER, 'APP_PASSWORD_HASH', 'repaired'],
  [SERVER, 'OWN_TOKEN', 'lost'],
] as const;

test('every secret is among them', () => {
  const secrets = (folder: string) => readdirSync(path(folder)).filter((name) => /^[A-Z_]+$/.test(name));
  for (const folder of [DATABASE, SERVER]) {
    const named = FILES.filter(([where]) => where === folder).map(([, name]) => name as string);
    expect(named.sort()).toEqual(secrets(folder).sort());
  }
});

describe.each(FILES)('%s/%s', (folder, name, outcome) => {
  test.each(['changed', 'removed'])(`${outcome} after it was %s by hand`, (how) => {
    const before = read(folder, name);
    if (how === 'removed') rmSync(path(folder, name));
    else {
      chmodSync(path(folder, name), 0o600);
      writeFileSync(path(folder, name), 'by-somebody');
    }
    expect(found()).toEqual([{ purpose: folder, file: name }]);
    const lost = irreplaceable(derived, found());
    expect(lost.map(({ file }) => file)).toEqual(outcome === 'lost' ? [name] : []);
    const { status, said } = job();
    if (outcome === 'repaired') {
      expect([status, said, read(folder, name)]).toEqual([0, '', before]);
      expect(found()).toEqual([]);
      return;
    }
    const way = `tar -xOf keys.tar ./bank/${folder}/${name} | make import-secret ENVIRONMENT=bank NAME=${name}`;
    expect(status).toBe(1);
    for (const text of [said, lostText(`bank-${folder}`, lost)]) {
      expect(text).toContain(`${name} in the volume bank-${folder} was changed or removed by hand`);
      expect(text).toContain(way);
    }
    // No new one in its place, no value in any message, and nothing else touched.
    expect(existsSync(path(folder, name))).toBe(how === 'changed');
    expect(said).not.toMatch(/by-somebody|[0-9a-f]{64}/);
    expect(found()).toEqual([{ purpose: folder, file: name }]);

    // What is imported counts as installed.
    writeFileSync(path(folder, name), before);
    expect(job()).toEqual({ status: 0, said: '' });
  });
});

test('a password of the database whose copies are both changed is lost', () => {
  for (const folder of [DATABASE, SERVER]) rmSync(path(folder, 'DATABASE_PASSWORD'));
  expect(irreplaceable(derived, found())).toMatchObject([{ purpose: DATABASE, file: 'DATABASE_PASSWORD' }]);
  const { status, said } = job();
  expect([status, said]).toEqual([1, expect.stringContaining('NAME=DATABASE_PASSWORD')]);
});

test('a secret to which nothing refers any more may go', () => {
  const name = 'FORMER_TOKEN';
  writeFileSync(path(SERVER, name), 'a former one');
  expect(job().status).toBe(0);
  rmSync(path(SERVER, name));
  expect(irreplaceable(derived, found())).toEqual([]);
  expect(job()).toEqual({ status: 0, said: '' });
});

test('the list is nobody’s secret, and what is stored changes its own line alone', () => {
  expect(read(SERVER, 'checksums')).not.toMatch(/\.new|checksums/);
  chmodSync(path(SERVER, 'OWN_TOKEN'), 0o600);
  for (const name of ['OWN_TOKEN', 'KEYSTORE_PASSWORD']) {
    chmodSync(path(SERVER, name), 0o600);
    writeFileSync(path(SERVER, name), 'another');
  }
  chmodSync(path(SERVER), 0o700);
  const noted = spawnSync('sh', ['-euc', `${NOTE}cd '${path(SERVER)}'; note OWN_TOKEN`], { encoding: 'utf8' });
  expect(noted).toMatchObject({ status: 0, stderr: '' });
  expect(found()).toEqual([{ purpose: SERVER, file: 'KEYSTORE_PASSWORD' }]);
  rmSync(path(SERVER, 'OWN_TOKEN'));
  spawnSync('sh', ['-euc', `${NOTE}cd '${path(SERVER)}'; note OWN_TOKEN`]);
  expect(read(SERVER, 'checksums')).not.toContain('OWN_TOKEN');
});

test('what is stored as it was leaves the list as the job wrote it, byte for byte', () => {
  const before = read(SERVER, 'checksums');
  chmodSync(path(SERVER), 0o700);
  const [first = ''] = /[A-Z_]+$/m.exec(before) ?? [];
  expect(before.indexOf(first)).toBeLessThan(before.lastIndexOf('./'));
  const noted = spawnSync('sh', ['-euc', `${NOTE}cd '${path(SERVER)}'; note ${first}`], { encoding: 'utf8' });
  expect(noted).toMatchObject({ status: 0, stderr: '' });
  expect(read(SERVER, 'checksums')).toBe(before);
});
