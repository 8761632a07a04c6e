import { readFileSync } from 'node:fs';
import { Client } from '../support/client';
import { docker, Workspace } from '../support/workspace';

// The whole environment on the dialect of MySQL, for which MariaDB stands in, with the driver built into the nodes' image.
const NAME = 'e2e-mysql';
const HOSTNAME = 'is.e2e-mysql.test';
const ADDRESS = '127.0.9.31';
const workspace = new Workspace();

beforeAll(async () => {
  await workspace.configure(
    NAME,
    `[network]
subnet = "172.31.200.192/26"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512
build = { driver = "com.mysql:mysql-connector-j:9.5.0" }
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
}, 120_000);
