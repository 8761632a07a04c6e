import { readFileSync } from 'node:fs';
import { DATABASE_ENGINES } from '../../catalogue/database-engines';
import { run } from '../../cli/setup/process';
import { Client } from '../support/client';
import { placeOf } from '../support/places';
import { docker, Workspace } from '../support/workspace';

// The whole environment on MariaDB with its own driver, which is built into the sandbox's image.
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, subnet: SUBNET } = placeOf('e2e-mariadb');
const NODES = [`${NAME}-node-1`, `${NAME}-node-2`];
const workspace = new Workspace();
let client: Client;

beforeAll(async () => {
  await workspace.configure(
    NAME,
    `[network]
subnet = "${SUBNET}"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512
[database]
engine = "mariadb"
[load_balancer]
hostname = "${HOSTNAME}"
bind_address = "${ADDRESS}"
`,
  );
  await workspace.make('up', NAME);
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  client = new Client({ address: ADDRESS, hostname: HOSTNAME, ca });
}, 900_000);

afterAll(async () => {
  client?.close();
  await workspace.dispose();
}, 300_000);

test('both nodes are in rotation', async () => {
  const { stdout } = await workspace.make('status', NAME);
  for (const node of ['node-1', 'node-2']) expect(stdout).toMatch(new RegExp(`${node} +running +healthy +yes`));
}, 300_000);

test('what one node writes the other reads: a user added through the pair logs in on both', async () => {
  const added = await client.post('/probe/user?name=maria&password=Correct-Horse_1', '');
  expect([added.status, added.body]).toEqual([200, expect.any(String)]);
  for (const node of NODES) {
    const url = 'https://localhost:9446/probe/authenticate?name=maria&password=Correct-Horse_1';
    const answer = await docker('exec', node, 'curl', '--silent', '--insecure', '--request', 'POST', url);
    expect(JSON.parse(answer)).toMatchObject({ authenticated: true });
  }
});

test('a second plan is empty', async () => {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}, 300_000);

test("the nodes have MariaDB's driver beside PostgreSQL's, and the server its options", async () => {
  const { driverVersion } = DATABASE_ENGINES.mariadb;
  for (const node of NODES) {
    const jars = await docker('exec', node, 'sh', '-c', 'ls "$WSO2_SERVER_HOME"/repository/components/lib');
    expect(jars).toContain(`mariadb-java-client-${driverVersion}.jar`);
  }
  const password = await docker(
    'exec',
    `${NAME}-database`,
    'sh',
    '-c',
    'cat /run/database-secrets/DATABASE_ADMIN_PASSWORD',
  );
  const options = await docker(
    ...['exec', '--env', `MYSQL_PWD=${password}`, `${NAME}-database`, 'mariadb', '--batch', '--skip-column-names'],
    ...['--user=root', '--execute', 'SELECT @@innodb_snapshot_isolation, @@character_set_server'],
  );
  expect(options).toBe('0\tlatin1');
});

test('no health check is in the log as a refused login', async () => {
  const { stdout, stderr } = await run('docker', ['logs', `${NAME}-database`]);
  expect(`${stdout}${stderr}`).toContain('ready for connections');
  expect(`${stdout}${stderr}`).not.toContain('Access denied');
});
