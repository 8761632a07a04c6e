import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, temporaryDirectory } from '../support/synth';

const SCRIPT = ['schema-version.sh', 'run-mysql-schema.sh']
  .map((name) => readFileSync(join(PROJECT, 'runtime', 'jobs', name), 'utf8'))
  .join('\n');
const MARIADB = 'mariadb from 11.8.3-MariaDB, client 15.2 for debian-linux-gnu';
const MYSQL = 'mysql  Ver 8.4.6 for Linux on x86_64 (MySQL Community Server - GPL)';

/** How the schema job first calls a client, in an image that has these, each with what it says of its version. */
function firstCall(clients: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory('schema-client-');
  const calls = join(folder, 'calls');
  mkdirSync(join(folder, 'bin'));
  for (const [name, version] of Object.entries(clients)) {
    const client = `#!/bin/sh\n[ "$1" != --version ] || { echo '${version}'; exit; }\necho "$0 $*" >>${calls}\necho 'Access denied' >&2\nexit 1\n`;
    writeFileSync(join(folder, 'bin', name), client, { mode: 0o755 });
  }
  // Nothing else, because the machine of the test may have a client.
  for (const program of ['cat', 'grep', 'mktemp']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(folder, 'bin', program));
  }
  writeFileSync(join(folder, 'DATABASE_ADMIN_PASSWORD'), 'secret');
  const { status, stderr } = spawnSync('/bin/sh', ['-c', SCRIPT.replaceAll('/database-secrets', folder)], {
    encoding: 'utf8',
    env: {
      PATH: join(folder, 'bin'),
      DATABASE_HOST: 'db',
      DATABASE_PORT: '3306',
      ADMIN_ROLE: 'root',
      ...environment,
    },
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('refuses the password of account root')]);
  return readFileSync(calls, 'utf8')
    .replace(join(folder, 'bin', '/'), '')
    .trim();
}

test.each([
  ['MySQL', 'off', { mysql: MYSQL }, 'mysql', '--ssl-mode=DISABLED --get-server-public-key'],
  ['MySQL', 'required', { mysql: MYSQL }, 'mysql', '--ssl-mode=REQUIRED'],
  ['MySQL', 'verified', { mysql: MYSQL }, 'mysql', '--ssl-mode=VERIFY_IDENTITY'],
  ['MariaDB from 11', 'off', { mariadb: MARIADB }, 'mariadb', '--skip-ssl'],
  ['MariaDB from 11', 'required', { mariadb: MARIADB }, 'mariadb', '--ssl --skip-ssl-verify-server-cert'],
  ['MariaDB from 11', 'verified', { mariadb: MARIADB }, 'mariadb', '--ssl --ssl-verify-server-cert'],
  ['MariaDB before 11', 'off', { mariadb: MARIADB, mysql: MARIADB }, 'mariadb', '--skip-ssl'],
])('an image of %s, TLS %s: its own client is called', (_, tls, clients, client, options) => {
  const call = firstCall(clients, { TLS: tls });
  expect(call).toMatch(new RegExp(`^${client} --no-defaults `));
  expect(call).toContain(` ${options} --host=db `);
});

test.each([
  ['mysql', MYSQL],
  ['mariadb', MARIADB],
])('%s is told of the authorities that the user has named', (client, version) => {
  const call = firstCall({ [client]: version }, { TLS: 'verified', AUTHORITIES: '/database-authorities.pem' });
  expect(call).toContain(' --ssl-ca=/database-authorities.pem ');
});

/** What the job tells a server of this version when it creates the login. */
function createdLogin(version: string, password: string): string {
  const folder = temporaryDirectory('schema-login-');
  const client = `#!/bin/sh
[ "$1" != --version ] || { echo '${MARIADB}'; exit; }
while IFS= read -r statement; do
  case $statement in
    *VERSION*) echo '${version}' ;;
    *max_connections*) echo 500 ;;
    *mysql.user*) echo 0 ;;
    'CREATE USER'*) printf '%s' "$statement" >'${folder}/created'; exit 1 ;;
  esac
done
`;
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'mariadb'), client, { mode: 0o755 });
  writeFileSync(join(folder, 'DATABASE_ADMIN_PASSWORD'), 'secret');
  writeFileSync(join(folder, 'DATABASE_PASSWORD'), password);
  spawnSync('/bin/sh', ['-c', SCRIPT.replaceAll('/database-secrets', folder)], {
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      ...{ DATABASE_HOST: 'db', DATABASE_PORT: '3306', ADMIN_ROLE: 'root', TLS: 'required', DATABASES: '' },
      ...{ RUNTIME_ROLE: 'wso2', OTHER_ROLE: 'wso2_2', RUNTIME_PASSWORD_FILE: 'DATABASE_PASSWORD', CONNECTIONS: '20' },
      ...{ OTHER_PASSWORD_FILE: 'DATABASE_PASSWORD_2', SCHEMA_VERSION: '7.1.0', ENVIRONMENT: 'bank' },
    },
  });
  return readFileSync(join(folder, 'created'), 'utf8');
}

test('MariaDB is given what it keeps of a password, MySQL the password', () => {
  expect(createdLogin('11.8.3-MariaDB-log', 'password')).toBe(
    "CREATE USER 'wso2'@'%' IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19';",
  );
  expect(createdLogin('8.4.6', 'pass\\word')).toBe("CREATE USER 'wso2'@'%' IDENTIFIED BY 'pass\\\\word';");
});

/** What the job says, and the server that it goes on with, where these servers are read-only (1), take writes (0) or do not answer. */
function amongServers(readOnly: Readonly<Record<string, '0' | '1'>>, standbys: string) {
  const folder = temporaryDirectory('schema-servers-');
  const cases = Object.entries(readOnly).map(([host, value]) => `*--host=${host}\\ --port=1*) answer=${value} ;;`);
  const client = `#!/bin/sh
[ "$1" != --version ] || { echo '${MARIADB}'; exit; }
case "$*" in ${cases.join(' ')} *) echo 'no route' >&2; exit 1 ;; esac
while IFS= read -r statement; do
  case $statement in
    *read_only*) echo "$answer" ;;
    *max_connections*) echo "$*" >'${folder}/asked'; exit 1 ;;
  esac
done
`;
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'mariadb'), client, { mode: 0o755 });
  writeFileSync(join(folder, 'DATABASE_ADMIN_PASSWORD'), 'secret');
  const { stderr } = spawnSync('/bin/sh', ['-c', SCRIPT.replaceAll('/database-secrets', folder)], {
    encoding: 'utf8',
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      ...{ DATABASE_HOST: 'a,b,::3', DATABASE_PORT: '1,1,1', DATABASE_SERVERS: 'a:1 b:1 [::3]:1', STANDBYS: standbys },
      ...{ ADMIN_ROLE: 'root', TLS: 'required', DATABASES: '', CONNECTIONS: '20', WAIT_SECONDS: '0' },
      ...{ SCHEMA_VERSION: '7.1.0', ENVIRONMENT: 'bank' },
    },
  });
  const asked = existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8') : '';
  return { stderr, host: /--host=(\S+)/.exec(asked)?.[1] };
}

describe('of several servers', () => {
  test('the job works with the one that takes writes, wherever it stands', () => {
    expect(amongServers({ a: '1', b: '0' }, 'passed over').host).toBe('b');
    expect(amongServers({ a: '0', b: '1' }, 'passed over').host).toBe('a');
    expect(amongServers({ '::3': '0' }, 'passed over').host).toBe('::3');
  });

  test('where none takes writes, it says which answer and which do not', () => {
    const { host, stderr } = amongServers({ a: '1' }, 'passed over');
    expect(host).toBeUndefined();
    expect(stderr).toContain('no database server answers at a:1 b:1 [::3]:1');
    expect(stderr).toContain('a:1 answers, but is read-only');
    expect(stderr).toContain('no route');
  });

  test('one that is read-only is refused for a driver that would use it', () => {
    const { host, stderr } = amongServers({ a: '0', b: '1' }, 'refused');
    expect(host).toBeUndefined();
    expect(stderr).toContain('database.hosts: b:1 takes no writes');
    expect(stderr).toContain('MySQL Routers');
    expect(amongServers({ a: '0', b: '0' }, 'refused').host).toBe('a');
  });
});
