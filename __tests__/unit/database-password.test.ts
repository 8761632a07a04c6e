import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

// The job that creates secrets, in folders of this machine, with a stand-in for the change of owners.
const root = temporaryDirectory('database-password-');
const file = (name: string) => join(root, 'database-secrets', name);
const password = (name: string) => readFileSync(file(name), 'utf8');
const forNodes = (name: string) => join(root, 'identity-server-secrets', name);

const MV = spawnSync('sh', ['-c', 'command -v mv'], { encoding: 'utf8' }).stdout.trim();

const revision = (number: number, database = '') => `${SMALLEST}[database]\npassword_revision = ${number}\n${database}`;
const EXTERNAL = 'host = "db.bank.example"\nmax_connections = 500\n';

function job(toml: string): { status: number | null; said: string } {
  const { script, environment } = topology(toml).jobs.secrets;
  // What the image must have is no question of this machine.
  const secrets = script.slice(script.indexOf('# Goes before the scripts that look for secrets'));
  const here = secrets.replace(/(?<![\w.$}])\/(database|identity-server)-secrets/g, (path) => `${root}${path}`);
  const { status, stderr } = spawnSync('sh', ['-c', here], {
    env: { PATH: `${root}:${process.env.PATH}`, ...environment },
    encoding: 'utf8',
  });
  return { status, said: stderr };
}

beforeEach(() => {
  spawnSync('rm', ['-rf', join(root, 'database-secrets'), join(root, 'identity-server-secrets')]);
  for (const folder of ['database-secrets', 'identity-server-secrets']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'chown'), '#!/bin/sh\n');
  chmodSync(join(root, 'chown'), 0o755);
});

test('the two logins alternate: their secrets, their roles, and what the nodes see of it', () => {
  const [first, second, third] = [1, 2, 3].map((number) => topology(revision(number)));
  expect(first?.database.logins.current).toEqual({ role: 'wso2', secret: 'DATABASE_PASSWORD' });
  expect(second?.database.logins).toMatchObject({
    base: 'wso2',
    current: { role: 'wso2_2', secret: 'DATABASE_PASSWORD_2' },
    other: { role: 'wso2', secret: 'DATABASE_PASSWORD' },
  });
  expect(third?.database.logins.current).toEqual(first?.database.logins.current);
  const toml = Object.values(second?.nodes[0]?.files ?? {}).join('\n');
  expect(toml).toContain('username = "wso2_2"');
  expect(toml).toContain('$env{DATABASE_PASSWORD_2}');
  expect(toml).not.toContain('$env{DATABASE_PASSWORD}');
  // The plan of the next revision replaces the nodes, also where their file were to stay the same.
  const logins = [first, second, third].map((derived) => derived?.nodes[0]?.environment.DATABASE_LOGIN);
  expect(logins).toEqual([undefined, 'wso2_2', 'wso2']);
});

test('a new revision leaves the password alone that nodes still work with', () => {
  writeFileSync(file('DATABASE_PASSWORD'), 'from before there were two');
  expect(job(revision(1)).status).toBe(0);
  expect(password('DATABASE_PASSWORD')).toBe('from before there were two');
  expect(job(revision(2)).status).toBe(0);
  expect(password('DATABASE_PASSWORD')).toBe('from before there were two');
  const second = password('DATABASE_PASSWORD_2');
  expect(second).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(readFileSync(forNodes('DATABASE_PASSWORD'), 'utf8')).toBe('from before there were two');
  expect(readFileSync(forNodes('DATABASE_PASSWORD_2'), 'utf8')).toBe(second);
  // Again, back, and forward once more: nothing new.
  for (const number of [2, 1, 2]) expect(job(revision(number)).status).toBe(0);
  expect([password('DATABASE_PASSWORD'), password('DATABASE_PASSWORD_2')]).toEqual([
    'from before there were two',
    second,
  ]);
  expect(job(revision(3)).status).toBe(0);
  expect(password('DATABASE_PASSWORD')).not.toBe('from before there were two');
  expect(password('DATABASE_PASSWORD_2')).toBe(second);
});

test('a run that is cut off while it makes a password is no change by hand: the next one goes on', () => {
  for (const number of [1, 2]) expect(job(revision(number)).status).toBe(0);
  for (const atFile of [1, 2, 3, 4]) {
    writeFileSync(
      join(root, 'mv'),
      `#!/bin/sh\ncase $2 in *checksums) ;; *) echo x >>"${root}/puts"; [ "$(wc -l <"${root}/puts")" -lt ${atFile} ] || exit 1 ;; esac\nexec ${MV} "$@"\n`,
    );
    chmodSync(join(root, 'mv'), 0o755);
    writeFileSync(join(root, 'puts'), '');
    expect(job(revision(3)).status).toBe(1);
    spawnSync('rm', [join(root, 'mv')]);
    expect(job(revision(3))).toEqual({ status: 0, said: '' });
    expect(readFileSync(forNodes('DATABASE_PASSWORD'), 'utf8')).toBe(password('DATABASE_PASSWORD'));
    expect(password('DATABASE_PASSWORD.revision')).toBe('3');
    // Back to where the next round begins.
    spawnSync('rm', ['-rf', join(root, 'database-secrets'), join(root, 'identity-server-secrets')]);
    for (const folder of ['database-secrets', 'identity-server-secrets']) mkdirSync(join(root, folder));
    for (const number of [1, 2]) expect(job(revision(number)).status).toBe(0);
  }
});

test('a secret of their own that is missing stops the job before it makes anything', () => {
  for (const number of [1, 2]) expect(job(revision(number)).status).toBe(0);
  const before = password('DATABASE_PASSWORD');
  const own = `${revision(3)}[identity_server.deployment_toml.own]\ntoken = "$env{OWN_TOKEN}"\n`;
  const { status, said } = job(own);
  expect([status, said]).toEqual([1, expect.stringContaining('NAME=OWN_TOKEN')]);
  expect(password('DATABASE_PASSWORD')).toBe(before);
  writeFileSync(forNodes('OWN_TOKEN'), 'a token of their own');
  expect(job(own)).toEqual({ status: 0, said: '' });
  expect(password('DATABASE_PASSWORD')).not.toBe(before);
});

test('a password whose login is locked is not handed to the nodes any more', () => {
  for (const number of [1, 2]) job(revision(number));
  spawnSync('rm', [file('DATABASE_PASSWORD')]);
  expect(job(revision(2)).status).toBe(0);
  expect(existsSync(forNodes('DATABASE_PASSWORD'))).toBe(false);
});

test('a revision that skips one is refused: a node may work with the password that would go', () => {
  for (const number of [1, 2]) job(revision(number));
  const { status, said } = job(revision(4));
  expect(status).toBe(1);
  expect(said).toContain('password_revision is 4, and the last one was 2');
});

test('the password of an existing server is generated for no revision', () => {
  writeFileSync(file('DATABASE_ADMIN_PASSWORD'), 'theirs');
  writeFileSync(file('DATABASE_PASSWORD'), 'theirs');
  expect(job(revision(1, EXTERNAL)).status).toBe(0);
  const { status, said } = job(revision(2, EXTERNAL));
  expect(status).toBe(1);
  expect(said).toContain('make import-secret ENVIRONMENT=sandbox NAME=DATABASE_PASSWORD\n');
  writeFileSync(file('DATABASE_PASSWORD_2'), 'chosen');
  writeFileSync(file('DATABASE_PASSWORD_2.revision'), '2');
  expect(job(revision(2, EXTERNAL)).status).toBe(0);
  expect(readFileSync(forNodes('DATABASE_PASSWORD_2'), 'utf8')).toBe('chosen');
});

test('what was left half-written is no secret, and goes', () => {
  for (const name of ['.DATABASE_PASSWORD.new', 'DATABASE_PASSWORD.new']) writeFileSync(file(name), 'half');
  expect(job(revision(1)).status).toBe(0);
  expect(existsSync(file('.DATABASE_PASSWORD.new'))).toBe(false);
  expect(existsSync(file('DATABASE_PASSWORD.new'))).toBe(false);
});
