import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { download } from '../../cli/setup/maven';
import { sandboxImageTags } from '../../images/tags';
import { Client } from '../support/client';
import { placeOf } from '../support/places';
import { docker, Workspace } from '../support/workspace';
import { zip } from '../support/zip';

// The whole environment on the dialect of MySQL, for which MariaDB stands in, with a driver that lies beside the configuration.
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, network: NETWORK } = placeOf('e2e-mysql');
const DRIVER = 'drivers/mysql-connector-j-9.5.0.jar';
const workspace = new Workspace();
const jar = workspace.path('config', DRIVER);

beforeAll(async () => {
  mkdirSync(dirname(jar), { recursive: true });
  copyFileSync(await download('com.mysql:mysql-connector-j:9.5.0:jar'), jar);
  await workspace.configure(
    NAME,
    // The smallest subnet that is allowed.
    `[network]
subnet = "${NETWORK}.192/26"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512
driver_jar = "${DRIVER}"
[database]
engine = "mysql"
[load_balancer]
hostname = "${HOSTNAME}"
bind_address = "${ADDRESS}"
`,
  );
  await workspace.make('up', NAME);
}, 900_000);

afterAll(() => workspace.dispose(), 300_000);

test('the administrator that node 1 created logs in through the load balancer', async () => {
  const password = await docker('exec', `${NAME}-node-1`, 'cat', '/run/identity-server-secrets/ADMIN_PASSWORD');
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  const client = new Client({ address: ADDRESS, hostname: HOSTNAME, ca });
  const envelope = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://authentication.services.core.carbon.wso2.org"><soapenv:Body><a:login><a:username>admin</a:username><a:password>${password}</a:password><a:remoteAddress>127.0.0.1</a:remoteAddress></a:login></soapenv:Body></soapenv:Envelope>`;
  const headers = { 'content-type': 'text/xml', soapaction: 'urn:login' };
  const reply = await client.post('/services/AuthenticationAdmin', envelope, headers);
  client.close();
  expect(reply.body).toMatch(/return>true</);
});

test('a second plan is empty', async () => {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}, 300_000);

test('every node runs the image as it is, with the driver in its libraries', async () => {
  const image = await docker('image', 'inspect', '--format', '{{.Id}}', sandboxImageTags().identityServer);
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  for (const node of [`${NAME}-node-1`, `${NAME}-node-2`]) {
    expect(await docker('inspect', '--format', '{{.Image}}', node)).toBe(image);
    const library = '"$WSO2_SERVER_HOME"/repository/components/lib/mysql-connector-j-9.5.0.jar';
    expect(await docker('exec', node, 'sh', '-c', `sha256sum ${library}`)).toContain(hash);
  }
});

test('another jar of the same name is a change of every node, which the report shows', async () => {
  writeFileSync(jar, zip({ 'com/mysql/cj/jdbc/Driver.class': 'another' }));
  await workspace.make('plan', NAME);
  const report = readFileSync(workspace.path('build', 'plan', NAME, 'plan.md'), 'utf8');
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  expect(report.split(`SHA-256 ${hash}`).length - 1).toBeGreaterThanOrEqual(1);
  const { stacks } = JSON.parse(readFileSync(workspace.path('build', 'plan', NAME, 'plan.json'), 'utf8'));
  expect(stacks.map(({ changes }: { changes: boolean }) => changes)).toEqual([false, true, true, false]);
}, 300_000);
