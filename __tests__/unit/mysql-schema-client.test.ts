import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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
