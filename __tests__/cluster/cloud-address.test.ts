import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { ADDRESSES, MACHINES, machineNamed } from '../../cli/cluster/layout';
import { run } from '../../cli/setup/process';
import { pause } from '../chaos/fault';
import { Client } from '../support/client';
import { ClusterEnvironment } from '../support/cluster-environment';
import { placeOf } from '../support/places';
import { eventually } from '../support/workspace';

// A Service of type LoadBalancer. The cluster has nobody who gives it an address, so the test does what a cloud does: it says which address it is,
// leads that to a machine that takes clients, and keeps the Service until it has cleaned up.

const NAME = 'cluster-cloud';
const SERVICE = `${NAME}-load-balancer`;
const { hostname } = placeOf(NAME);
/** Nobody else has them in the network of the cluster's machines. */
const [ADDRESS, ANOTHER] = ['201', '202'].map((last) => machineNamed('machine-1').address.replace(/\d+$/, last)) as [
  string,
  string,
];
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
/** As long as a command waits for an address. */
const PATIENCE_MS = 180_000;

const environment = new ClusterEnvironment(NAME, { http: 80, https: 443 });
const { workspace, kubectl } = environment;
const routes = new Set<string>();

/** Says at which address the Service is. */
async function give(ingress: { readonly ip: string } | { readonly hostname: string }): Promise<void> {
  const patch = JSON.stringify({ status: { loadBalancer: { ingress: [ingress] } } });
  await kubectl('patch', 'service', SERVICE, '--subresource=status', '--type=merge', '--patch', patch);
}

/** Has an address lead to a machine. The machine does the rest, as for a cloud that leaves the clients' addresses as they are. */
async function lead(address: string, machine: string): Promise<void> {
  await run('ip', ['route', 'replace', `${address}/32`, 'via', machine]);
  routes.add(address);
}

/** Addresses of the machines that say, where a cloud asks, that they take clients. */
async function machinesThatTakeClients(): Promise<string[]> {
  const port = await kubectl('get', 'service', SERVICE, '--output', 'jsonpath={.spec.healthCheckNodePort}');
  const asked = MACHINES.map(
    ({ address }) =>
      new Promise<string[]>((done) => {
        const request = get({ host: address, port, path: '/healthz', timeout: 5000 }, (answer) => {
          answer.resume();
          done(answer.statusCode === 200 ? [address] : []);
        });
        request.on('error', () => done([]));
      }),
  );
  return (await Promise.all(asked)).flat();
}

async function machinesWithBalancer(): Promise<string[]> {
  const { components } = await environment.status();
  const names = components.filter(({ component }) => component === 'load-balancer').map(({ machine }) => machine);
  return MACHINES.filter(({ name }) => names.includes(name)).map(({ address }) => address);
}

async function expectNothingToChange(): Promise<void> {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}

jest.setTimeout(600_000);

beforeAll(async () => {
  await environment.prepare();
  await environment.configure({ publish: 'load-balancer' });
}, 1_200_000);

afterAll(async () => {
  for (const address of routes) await run('ip', ['route', 'del', `${address}/32`]);
  await environment.dispose();
}, 120_000);

test('without an address make up creates everything, waits three minutes for one, and says what is missing', async () => {
  const running = workspace.begin('up', NAME);
  await eventually('it asks as a client does', 500, async () => running.said.stderr.includes('Ask as a client does …'));
  const since = Date.now();
  const { exitCode, stderr } = await running.ended;
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('the cluster has given the Service no address')]);
  expect(stderr).toContain(`When the cause is gone: make up ENVIRONMENT=${NAME}`);
  expect(Date.now() - since).toBeGreaterThan(PATIENCE_MS - 10_000);
  expect((await environment.status()).published).toMatchObject({ served: false, addresses: [] });
});

test('with an address that comes while it waits, make up ends when a client is served there; the address is no drift', async () => {
  const [machine = ''] = await machinesWithBalancer();
  const running = workspace.begin('up', NAME);
  await eventually('it asks as a client does', 120, async () => running.said.stderr.includes('Ask as a client does …'));
  await pause(5000);
  await give({ ip: ADDRESS });
  // Something is told the address before it leads anywhere.
  await pause(5000);
  await lead(ADDRESS, machine);
  expect([(await running.ended).exitCode, running.said.stderr]).toEqual([0, expect.not.stringContaining('failed')]);
  expect((await environment.status()).published).toMatchObject({ served: true, addresses: [`${ADDRESS}:443`] });
  await expectNothingToChange();
});

test('a cloud learns from each machine whether it takes clients, and nodes see the address of a client', async () => {
  expect(await machinesThatTakeClients()).toEqual(await machinesWithBalancer());
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  const client = new Client({ address: ADDRESS, hostname, ca, keepAlive: false });
  const { remoteAddr } = JSON.parse((await client.get('/probe/echo')).body);
  expect(remoteAddr).toBe(ADDRESSES.host);
});

test('another address is found without a change, and a name that this machine does not know is told', async () => {
  const [, machine = ''] = await machinesWithBalancer();
  await lead(ANOTHER, machine);
  await give({ ip: ANOTHER });
  expect((await environment.status()).published).toMatchObject({ served: true, addresses: [`${ANOTHER}:443`] });
  await give({ hostname: 'is.cloud.test' });
  const { stdout, stderr } = await workspace.make('up', NAME);
  expect(stdout).toContain('Nothing to change.');
  expect(`${stdout}${stderr}`).toMatch(/is served inside the cluster, at .*is\.cloud\.test/s);
  await expectNothingToChange();
});

test('make down waits until the cloud has cleaned up, and then nothing is left', async () => {
  await kubectl('patch', 'service', SERVICE, '--patch', JSON.stringify({ metadata: { finalizers: [FINALIZER] } }));
  const running = workspace.begin('down', NAME);
  const removing = async () => running.said.stderr.includes(`Remove what is left of ${NAME} …`);
  try {
    await eventually('all but the Service is destroyed', 400, removing);
    await pause(5000);
    expect(await kubectl('get', 'service', SERVICE, '--output', 'name')).toContain(SERVICE);
  } finally {
    // Else nobody could remove the namespace.
    const patch = JSON.stringify([{ op: 'remove', path: '/metadata/finalizers' }]);
    await kubectl('patch', 'service', SERVICE, '--type=json', '--patch', patch);
  }
  const { exitCode } = await running.ended;
  expect([exitCode, running.said.stderr]).toEqual([0, expect.not.stringContaining('did not go')]);
  expect(await kubectl('get', 'services,deployments,secrets', '--output', 'name')).toBe('');
});
