import { readFileSync } from 'node:fs';
import { sandboxImageTags } from '../../images/tags';
import { seconds } from '../benchmarks/statistics';
import { Client } from '../support/client';
import { type LoadReport, type LoadRequest, underLoad } from '../support/load';
import { shownOf, signingOf } from '../support/node-stores';
import { placeOf } from '../support/places';
import { docker, eventually, inspect, psql, Workspace } from '../support/workspace';

// Changes of a running pair, each under load from clients that never retry; half of them keep cookies.
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, subnet: SUBNET } = placeOf('e2e-roll');
const CONTAINERS = [`${NAME}-node-1`, `${NAME}-node-2`] as const;
const CHANGED_IMAGE = 'wso2-is-active-active/e2e-changed:1';
const BROKEN_IMAGE = 'wso2-is-active-active/e2e-broken:1';

const workspace = new Workspace();
let ca: string;
const written: string[] = [];
/** Beside what else changes, three of the rolls rotate the signing key, a step each. */
let signingKeys: readonly number[] = [1];
const signingCertificates = new Map<string, string>();

interface Settings {
  heapMb?: number;
  image?: string;
  readTimeout?: number;
  startTimeout?: number;
  nodes?: number;
  /** Setting of node 1 alone. */
  firstNodeThreads?: number;
}

async function configure(settings: Settings = {}): Promise<void> {
  const { heapMb = 384, image, readTimeout = 60, startTimeout = 240, nodes = 2, firstNodeThreads } = settings;
  await workspace.configure(
    NAME,
    `network = { subnet = "${SUBNET}" }
# With a limit of its own, another number of nodes leaves the pools of the others as they are.
database = { max_connections = 400 }
[identity_server]
distribution = "sandbox"
nodes = ${nodes}
memory_mb = 1280
heap_mb = ${heapMb}
start_timeout_seconds = ${startTimeout}
signing_keys = [${signingKeys.join(', ')}]
${image === undefined ? '' : `image = "${image}"`}
${
  firstNodeThreads === undefined
    ? ''
    : `node_overrides = [{ node = 1, deployment_toml = { transport = { https = { properties = { maxThreads = ${firstNodeThreads} } } } } }]`
}
[load_balancer]
hostname = "${HOSTNAME}"
bind_address = "${ADDRESS}"
read_timeout_seconds = ${readTimeout}
`,
  );
}

const MIX: LoadRequest[] = [
  { method: 'GET', path: (id) => `/probe/echo?id=${id}` },
  { method: 'POST', path: (id) => `/probe/write?key=${NAME}&id=${id}` },
  { method: 'GET', path: () => '/probe/session' },
  { method: 'POST', path: (id) => `/probe/slow?ms=150&id=${id}` },
];

async function load<T>(
  name: string,
  clients: number,
  work: () => Promise<T>,
): Promise<{ report: LoadReport; result: T }> {
  const run = await underLoad(
    { address: ADDRESS, hostname: HOSTNAME, ca, name, clients, pause: 25, requests: MIX },
    work,
  );
  const { sent, failed, slowest } = run.report;
  console.log(`${name}: ${sent} requests, ${failed.length} failed, slowest ${Math.round(slowest.milliseconds)} ms`);
  return run;
}

function browser(cookies = false): Client {
  return new Client({ address: ADDRESS, hostname: HOSTNAME, ca, cookies, keepAlive: false });
}

/** Both nodes publish these keys, sign with the first, and have the certificates that they always had. */
async function expectSigning(...keys: number[]): Promise<void> {
  const alias = (key: number) => (key === 1 ? 'wso2carbon' : `wso2carbon-${key}`);
  const [one, two] = (await Promise.all(CONTAINERS.map(signingOf))).map(shownOf);
  expect(one).toEqual(two);
  expect(one?.alias).toBe(alias(keys[0] as number));
  expect(Object.keys(one?.certificates ?? {})).toEqual(keys.map(alias).sort());
  for (const [name, certificate] of Object.entries(one?.certificates ?? {})) {
    expect([name, certificate]).toEqual([name, signingCertificates.get(name) ?? certificate]);
    signingCertificates.set(name, certificate);
  }
}

beforeAll(async () => {
  await configure();
  await workspace.make('up', NAME);
  ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  const { identityServer } = sandboxImageTags();
  await workspace.buildImage(CHANGED_IMAGE, `FROM ${identityServer}\nLABEL changed=yes\n`);
  // Starts, answers nothing and says why: what a bad image looks like from outside.
  await workspace.buildImage(
    BROKEN_IMAGE,
    `FROM ${identityServer}\nRUN printf '#!/bin/sh\\necho broken on purpose; sleep 600\\n' > /home/wso2carbon/docker-entrypoint.sh\n`,
  );
}, 600_000);

afterAll(async () => {
  await workspace.dispose();
  await docker('image', 'rm', '--force', CHANGED_IMAGE, BROKEN_IMAGE);
}, 300_000);

test('a rolling configuration change, which brings a second signing key, loses no request of at least 10,000', async () => {
  const before = await Promise.all(CONTAINERS.map(inspect));
  // As a console writes them, as the server's user.
  const inHome = (node: string, command: string) =>
    docker('exec', node, 'sh', '-c', `cd "$WSO2_SERVER_HOME/repository"; ${command}`);
  const [first, second] = CONTAINERS as [string, string];
  await inHome(
    first,
    'echo ldap >deployment/server/userstores/BANK.xml; mkdir tenants/1; echo tenant >tenants/1/marker',
  );
  const shared = 'cat deployment/server/userstores/BANK.xml tenants/1/marker';
  expect(await inHome(second, shared)).toBe('ldap\ntenant');
  await expectSigning(1);
  signingKeys = [1, 2];
  await configure({ heapMb: 400 });
  const { report } = await load('configuration', 24, async () => {
    await workspace.make('up', NAME);
  });
  for (const [index, container] of CONTAINERS.entries())
    expect((await inspect(container)).Id).not.toBe(before[index]?.Id);
  for (const container of CONTAINERS) expect(await inHome(container, shared)).toBe('ldap\ntenant');
  await expectSigning(1, 2);
  expect(report.failed).toEqual([]);
  expect(report.sent).toBeGreaterThanOrEqual(10_000);
  written.push(...report.succeeded);
}, 400_000);

test('a rolling image change, from which that key signs, loses no request of at least 10,000', async () => {
  signingKeys = [2, 1];
  await configure({ heapMb: 400, image: CHANGED_IMAGE });
  const { report } = await load('image', 24, async () => {
    await workspace.make('up', NAME);
  });
  await expectSigning(2, 1);
  expect(report.failed).toEqual([]);
  expect(report.sent).toBeGreaterThanOrEqual(10_000);
  written.push(...report.succeeded);
}, 400_000);

test('five load balancer configuration changes lose no request, and the container stays', async () => {
  const before = await inspect(`${NAME}-load-balancer`);
  const { report } = await load('reload', 12, async () => {
    for (const readTimeout of [50, 40, 30, 20, 60]) {
      await configure({ heapMb: 400, image: CHANGED_IMAGE, readTimeout });
      await workspace.make('up', NAME);
    }
  });
  expect((await inspect(`${NAME}-load-balancer`)).Id).toBe(before.Id);
  expect(report.failed).toEqual([]);
  written.push(...report.succeeded);
}, 400_000);

test('a third node comes and goes, as a plan that says so, and nothing is lost', async () => {
  const third = `${NAME}-node-3`;
  const started = performance.now();
  const { report } = await load('nodes', 6, async () => {
    await configure({ heapMb: 400, image: CHANGED_IMAGE, nodes: 3 });
    await workspace.make('up', NAME);
    // On a busy machine a node that has just started misses a check now and then.
    await eventually('all is well', 60, async () => (await workspace.tryMake('status', NAME)).exitCode === 0);

    await configure({ heapMb: 400, image: CHANGED_IMAGE });
    const { stdout } = await workspace.make('plan', NAME);
    expect(stdout).toContain(`rolling, no interruption expected: ${third} is drained first`);
    expect((await inspect(third)).State.Running).toBe(true);
    await workspace.make('apply', NAME);
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${third}`)).toBe('');
  });
  expect(report.failed).toEqual([]);
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
  console.log(`a third node: ${Math.round((performance.now() - started) / 1000)} s`);
  written.push(...report.succeeded);
}, 400_000);

test('docker stop drains first: nothing is lost, and a session moves to the other node', async () => {
  const client = browser(true);
  const home = JSON.parse((await client.get('/probe/session')).body).node as string;
  const { report } = await load('stop', 12, async () => {
    await docker('stop', '--time', '90', `${NAME}-${home}`);
    const moved = JSON.parse((await client.get('/probe/session')).body);
    expect(moved.node).not.toBe(home);
    expect(client.cookie('ISROUTE')).toBe(moved.node);
    expect(JSON.parse((await client.get('/probe/session')).body)).toMatchObject({ node: moved.node, counter: 2 });
    await docker('start', `${NAME}-${home}`);
    await eventually(
      `${home} is back`,
      120,
      async () => (await inspect(`${NAME}-${home}`)).State.Health?.Status === 'healthy',
    );
  });
  expect(report.failed).toEqual([]);
  written.push(...report.succeeded);
}, 300_000);

test('a node that never becomes healthy stops the roll; the other keeps serving; going back repairs it', async () => {
  const second = await inspect(CONTAINERS[1]);
  await configure({ heapMb: 400, image: BROKEN_IMAGE, startTimeout: 30 });
  const { report, result } = await load('broken', 12, () => workspace.tryMake('up', NAME));
  expect(result.exitCode).not.toBe(0);
  expect(result.stderr).toContain('broken on purpose');
  expect(result.stderr).toContain(`The roll stops here; ${NAME}-node-2 keep`);
  expect(report.failed).toEqual([]);
  expect((await inspect(CONTAINERS[1])).Id).toBe(second.Id);

  await configure({ heapMb: 400, image: CHANGED_IMAGE });
  await workspace.make('up', NAME);
  expect((await inspect(CONTAINERS[1])).State.StartedAt).toBe(second.State.StartedAt);
  await workspace.make('status', NAME);
}, 400_000);

test('a node that is down is repaired first, in a roll that removes the first key, and for none is the only one that serves taken away', async () => {
  const [first, second] = CONTAINERS;
  const changed = { heapMb: 400, image: CHANGED_IMAGE, firstNodeThreads: 300 };
  await configure(changed);
  const before = await inspect(first);
  await docker('pause', second);
  await eventually(
    `${second} is out of rotation`,
    30,
    async () => (await workspace.tryMake('status', NAME)).exitCode !== 0,
  );
  const refused = await workspace.tryMake('up', NAME);
  await docker('unpause', second);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(`${first} is the only node that serves: going on would be an outage`);
  expect((await inspect(first)).Id).toBe(before.Id);

  await docker('stop', '--time', '90', second);
  signingKeys = [2];
  await configure({ ...changed, heapMb: 384 });
  const { report, result } = await load('repair', 6, () => workspace.make('up', NAME));
  const said = `${result.stdout}${result.stderr}`;
  expect(said.indexOf(`Apply ${second}`)).toBeGreaterThan(0);
  expect(said.indexOf(`Apply ${first}`)).toBeGreaterThan(said.indexOf(`Apply ${second}`));
  await expectSigning(2);
  expect(report.failed).toEqual([]);
  written.push(...report.succeeded);
}, 400_000);

test('everything that was acknowledged is written, once', async () => {
  const client = browser();
  const count = JSON.parse((await client.get(`/probe/count?key=${NAME}`)).body);
  client.close();
  expect(count.duplicates).toEqual([]);
  const acknowledged = written.filter(isWrite);
  expect(acknowledged.length).toBeGreaterThan(5000);
  const rows = (await psql(`${NAME}-database`, 'wso2_user', 'SELECT pw_id FROM probe_writes')).split('\n');
  const stored = new Set(rows);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
}, 180_000);

test('make down ends what serves when the requests that are under way are answered', async () => {
  const clients = Array.from({ length: 6 }, () => browser());
  // Longer than it takes to plan, so that the load balancer is told to stop while they wait.
  const answers = Promise.all(clients.map((client, id) => client.post(`/probe/slow?ms=15000&id=last-${id}`)));
  const [replies, took] = await Promise.all([answers, seconds(() => workspace.make('down', NAME))]);
  expect(replies.map(({ status }) => status)).toEqual(clients.map(() => 200));
  // Otherwise they were answered before anything ended.
  expect(took).toBeGreaterThan(15);
  for (const client of clients) client.close();
}, 180_000);

/** Ids are <load>-<client>-<turn>; the mix rotates by client and turn. */
function isWrite(id: string): boolean {
  const [client = 0, turn = 0] = id.split('-').slice(-2).map(Number);
  return (client + turn) % MIX.length === 1;
}
