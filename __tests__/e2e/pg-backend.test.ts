import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommandError } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { placeOf } from '../support/places';
import { docker, eventually, removeEnvironment, Workspace } from '../support/workspace';

// State in a real PostgreSQL server: kept there and nowhere else, and locked while somebody applies. The foundation alone is
// applied; the other stacks' backends are initialised and planned with.
const workspace = new Workspace();
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, subnet: SUBNET } = placeOf('e2e-pg');
const FOUNDATION = `${NAME}-foundation`;
const SERVER = 'wso2-is-active-active-test-state';
const PASSWORD = randomBytes(12).toString('hex');
const APPLY = ['apply', '-auto-approve', '-input=false', '-no-color'];

async function sql(query: string): Promise<string> {
  return docker('exec', SERVER, 'psql', '--username', 'postgres', '--tuples-only', '--no-align', '--command', query);
}

async function removeServer(): Promise<void> {
  await docker('rm', '--force', '--volumes', SERVER).catch(() => '');
}

beforeAll(async () => {
  await removeServer();
  await removeEnvironment(NAME);
  const label = ['--label', 'wso2-is-active-active.test=1'];
  const variables = ['--env', `POSTGRES_PASSWORD=${PASSWORD}`];
  const published = ['--publish', '127.0.0.1::5432'];
  await docker(
    'run',
    '--detach',
    '--name',
    SERVER,
    ...label,
    ...variables,
    ...published,
    sandboxImageTags().postgresql,
  );
  // While it sets itself up it listens on no address.
  const ready = () => docker('exec', SERVER, 'pg_isready', '--host', '127.0.0.1').catch(() => '');
  await eventually('the state server is ready', 60, async () => (await ready()).includes('accepting connections'));
  const address = (await docker('port', SERVER, '5432/tcp')).split('\n')[0];
  process.env.PG_CONN_STR = `postgres://postgres:${PASSWORD}@${address}/postgres?sslmode=disable`;
  await workspace.configure(
    NAME,
    `network = { subnet = "${SUBNET}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
load_balancer = { hostname = "${HOSTNAME}", bind_address = "${ADDRESS}" }
state = { backend = "pg", settings = { schema_name = "terraform" } }
`,
  );
}, 300_000);

afterAll(async () => {
  delete process.env.PG_CONN_STR;
  await workspace.dispose();
  await removeServer();
}, 300_000);

test('every stack has a schema of its own on the server, and its state is empty at first', async () => {
  await workspace.make('plan', NAME);
  const schemas = (
    await sql("select schema_name from information_schema.schemata where schema_name like 'terraform%' order by 1")
  )
    .split('\n')
    .filter(Boolean);
  expect(schemas).toEqual(
    ['foundation', 'load_balancer', 'node_1', 'node_2'].map((layer) => `terraform_e2e_pg_${layer}`),
  );
  expect(await sql('select count(*) from terraform_e2e_pg_foundation.states')).toBe('0');
}, 300_000);

test('of two applies at once one waits for the other, and everything is made once', async () => {
  const results = await Promise.all([1, 2].map(() => workspace.terraform(FOUNDATION, ...APPLY, '-lock-timeout=120s')));
  const added = results.map(({ stdout }) => Number(/Resources: (\d+) added/.exec(stdout)?.[1])).sort((a, b) => a - b);
  expect(added).toEqual([0, expect.any(Number)]);
  expect(added[1]).toBeGreaterThan(10);
  const containers = await docker(
    'ps',
    '--all',
    '--quiet',
    '--filter',
    `label=wso2-is-active-active.environment=${NAME}`,
  );
  expect(containers.split('\n')).toHaveLength(6);
}, 400_000);

test('who does not want to wait is refused, and the one who applies is not disturbed', async () => {
  // Replacing the database takes long enough for the other to come in between.
  const first = workspace.terraform(FOUNDATION, ...APPLY, '-replace=docker_container.database');
  await eventually(
    'the state is locked',
    60,
    async () => (await sql("select count(*) from pg_locks where locktype = 'advisory'")) !== '0',
  );
  const second: unknown = await workspace
    .terraform(FOUNDATION, ...APPLY, '-lock-timeout=0s')
    .then(() => 'not refused')
    .catch((error) => error);
  expect(second).toBeInstanceOf(CommandError);
  expect((second as CommandError).lastLines.join('\n')).toContain('Error acquiring the state lock');
  await first;
  expect(await sql("select count(*) from pg_locks where locktype = 'advisory'")).toBe('0');
  await workspace.terraform(FOUNDATION, 'plan', '-detailed-exitcode', '-input=false', '-no-color');
}, 400_000);

test('the state is on the server and nowhere else', async () => {
  expect(await sql('select count(*) from terraform_e2e_pg_foundation.states')).toBe('1');
  expect(workspace.files('.').filter((file) => file.endsWith('.tfstate') && !file.includes('/.terraform/'))).toEqual(
    [],
  );
});

test('the password of the server is in no file', () => {
  for (const file of workspace.files('.')) expect([file, readFileSync(file).includes(PASSWORD)]).toEqual([file, false]);
});
