import { readFileSync } from 'node:fs';
import { Client } from '../support/client';
import { FirstRelease } from '../support/first-release';
import { type LoadRequest, underLoad } from '../support/load';
import { placeOf } from '../support/places';
import { docker, inspect, psql, Workspace } from '../support/workspace';

// An environment that the first release made is carried over by today's "make up", under load.
const { name: NAME, hostname, bindAddress, subnet } = placeOf('e2e-first-release');
const NODES = [`${NAME}-node-1`, `${NAME}-node-2`] as const;
const KEYSTORE = '/home/wso2carbon/wso2-config-volume/repository/resources/security/wso2carbon.p12';
const TOML = `network = { subnet = "${subnet}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
`;
const MIX: LoadRequest[] = [
  { method: 'GET', path: (id) => `/probe/echo?id=${id}` },
  { method: 'POST', path: (id) => `/probe/write?key=${NAME}&id=${id}` },
  { method: 'GET', path: () => '/probe/session' },
];

const workspace = new Workspace();
let release: FirstRelease;

beforeAll(async () => {
  release = await FirstRelease.checkOut();
  await workspace.configure(NAME, TOML);
  await release.make('up', NAME, workspace.directory);
}, 900_000);

afterAll(async () => {
  await workspace.dispose();
  release.dispose();
}, 300_000);

/** The signing certificate and the administrator's password, as a node has them, and who is in the user store. */
async function identity(node: string) {
  const open = `keytool -exportcert -rfc -alias wso2carbon -keystore ${KEYSTORE} -storepass:file /run/identity-server-secrets/KEYSTORE_PASSWORD`;
  const certificate = await docker('exec', node, 'sh', '-c', open);
  const password = await docker('exec', node, 'cat', '/run/identity-server-secrets/ADMIN_PASSWORD');
  const users = await psql(`${NAME}-database`, 'wso2_user', 'SELECT um_user_id, um_user_name FROM um_user ORDER BY 1');
  return { certificate, password, users };
}

test('it is carried over with the same users and the same signing key, and no request fails', async () => {
  const before = await identity(NODES[0]);
  expect(before.certificate).toContain('BEGIN CERTIFICATE');
  expect(before.users).toContain('admin');
  const containers = await Promise.all(NODES.map(inspect));
  const database = await inspect(`${NAME}-database`);
  const balancer = await inspect(`${NAME}-load-balancer`);
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');

  const { report } = await underLoad(
    { address: bindAddress, hostname, ca, name: 'carried-over', clients: 6, pause: 25, requests: MIX },
    () => workspace.make('up', NAME),
  );
  console.log(`carried over: ${report.sent} requests, ${report.failed.length} failed`);
  expect(report.failed).toEqual([]);
  expect(report.sent).toBeGreaterThan(1_000);
  const rows = await psql(`${NAME}-database`, 'wso2_user', 'SELECT pw_id FROM probe_writes');
  const stored = new Set(rows.split('\n'));
  const written = report.requests.filter(({ kind, failure }) => kind === 'POST' && failure === undefined);
  expect(written.length).toBeGreaterThan(100);
  expect(written.filter(({ id }) => !stored.has(id))).toEqual([]);

  for (const [index, node] of NODES.entries()) {
    expect((await inspect(node)).Id).not.toBe(containers[index]?.Id);
    expect(await identity(node)).toEqual(before);
  }
  expect((await inspect(`${NAME}-database`)).Id).toBe(database.Id);
  expect((await inspect(`${NAME}-load-balancer`)).Id).toBe(balancer.Id);
  expect(readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8')).toBe(ca);
}, 600_000);

test('afterwards it is an environment like any other: nothing to change, and every client is served', async () => {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
  expect((await workspace.make('status', NAME)).stdout).toContain('load-balancer');
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  const client = new Client({ address: bindAddress, hostname, ca, keepAlive: false });
  expect((await client.get('/probe/session')).status).toBe(200);
  client.close();
}, 300_000);
