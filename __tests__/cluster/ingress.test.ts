import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { loadImages } from '../../cli/cluster/images';
import { machineNamed } from '../../cli/cluster/layout';
import type { Published } from '../../cli/published/published';
import { run } from '../../cli/setup/process';
import { podsOf } from '../chaos/cluster/pods';
import { mix, pause } from '../chaos/fault';
import { Client } from '../support/client';
import { ClusterEnvironment, EMPTY_NAMESPACE } from '../support/cluster-environment';
import { Ingress } from '../support/ingress';
import { underLoad } from '../support/load';
import { opensConnection } from '../support/opens-connection';
import { placeOf } from '../support/places';

// The pair behind an ingress of somebody else, in a namespace of its own, which passes TLS through by its name.

const NAME = 'cluster-ingress';
const SERVICE = `${NAME}-load-balancer`;
const { hostname } = placeOf(NAME);
const machine = machineNamed('machine-1').address;
/** Nobody else has it in the network of the cluster's machines. */
const ADDRESS = machine.replace(/\d+$/, '203');
/** What nobody but the environment itself reaches: a node's HTTPS, a load balancer's control, the database. */
const [NODE_PORT, CONTROL_PORT, DATABASE_PORT] = [9446, 9080, 5432];
const WAY = { hostname, service: `${SERVICE}.${NAME}`, port: 443 };

const environment = new ClusterEnvironment(NAME, { http: 80, https: 443 });
const { workspace, kubectl } = environment;
const ingress = new Ingress({ namespace: `${NAME}-outside`, address: ADDRESS });
const path = process.env.PATH;
let image = '';
/** Ids of the writes that clients were told are done. */
const acknowledged: string[] = [];

/** From here on the name leads to the ingress, for what is run by make alone: its own /etc/hosts has it. */
function tellTheName(): void {
  const [hosts, bin] = [workspace.path('hosts'), workspace.path('bin')];
  writeFileSync(hosts, `${readFileSync('/etc/hosts', 'utf8')}\n${ADDRESS} ${hostname}\n`);
  mkdirSync(bin);
  const inside = `mount --bind ${hosts} /etc/hosts && export PATH="$0" && exec make "$@"`;
  writeFileSync(`${bin}/make`, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' '${path}' "$@"\n`);
  chmodSync(`${bin}/make`, 0o755);
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
}

async function published(): Promise<Published> {
  const { stdout } = await environment.makeInShell('status JSON=1', '|| true');
  return (JSON.parse(stdout) as { published: Published }).published;
}

async function expectNothingToChange(): Promise<void> {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}

function clientProps() {
  return { address: ADDRESS, hostname, ca: readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8') };
}

async function podIds(kind: 'node' | 'load-balancer'): Promise<string[]> {
  const pods = await podsOf(NAME, NAME);
  return pods.filter(({ component, leaving }) => component.startsWith(kind) && !leaving).map(({ uid }) => uid);
}

/** Rolls out a configuration while clients come through the ingress, of whose requests none may fail. They never retry. */
async function expectNoFailure(name: string): Promise<void> {
  const load = { ...clientProps(), name: `${NAME}-${name}`, clients: 6, pause: 30, requests: mix(NAME) };
  const { report } = await underLoad(load, async () => {
    await pause(3000);
    await workspace.make('up', NAME);
    await environment.untilHealthy();
    await pause(3000);
  });
  const { sent, failed, slowest, requests } = report;
  console.log(`${name}: ${sent} requests, ${failed.length} failed, the slowest ${slowest.milliseconds.toFixed(0)} ms`);
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(500);
  for (const { kind, id } of requests) if (kind === 'write') acknowledged.push(id);
}

jest.setTimeout(600_000);

beforeAll(async () => {
  await environment.prepare({ publish: 'cluster-ip' });
  image = await ingress.image(workspace);
  await loadImages([image]);
}, 1_200_000);

afterAll(async () => {
  process.env.PATH = path;
  await run('ip', ['route', 'del', `${ADDRESS}/32`]).catch(() => undefined);
  await ingress.close();
  await environment.dispose();
}, 120_000);

test('before there is an ingress make up ends when a client is served inside the cluster, and says so', async () => {
  const { stdout, stderr } = await workspace.make('up', NAME);
  const said = `${stdout}${stderr}`;
  expect(said).toContain(`A client of https://${hostname} is served inside the cluster, at 10.232.`);
  expect(said).toContain(`${hostname} does not resolve on this machine`);
  await expectNothingToChange();
});

test('an ingress that ends TLS, or speaks the PROXY protocol, is told', async () => {
  await run('ip', ['route', 'replace', `${ADDRESS}/32`, 'via', machine]);
  tellTheName();
  await ingress.open(image, { ...WAY, hostname: 'another.test' });
  const { exitCode, stderr } = await workspace.tryMake('up', NAME);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`not for ${hostname}`)]);
  expect(stderr).toContain(
    `Your ingress stands between: it must pass TLS for ${hostname} through to port 443 of the Service ${SERVICE}.`,
  );
  await ingress.lead(image, { ...WAY, proxyProtocol: true });
  expect(await published()).toMatchObject({
    served: false,
    reason: expect.stringContaining(`no TLS connection for ${hostname} comes about at ${ADDRESS}:443`),
  });
});

test('one that passes TLS through is where make up and make status ask; nodes see its address', async () => {
  await ingress.lead(image, WAY);
  const { stdout, stderr } = await workspace.make('up', NAME);
  expect(`${stdout}${stderr}`).not.toContain('inside the cluster');
  expect(await published()).toMatchObject({ served: true, addresses: [`${ADDRESS}:443`], askedFrom: 'this machine' });
  await expectNothingToChange();
  const client = new Client({ ...clientProps(), keepAlive: false });
  const { remoteAddr } = JSON.parse((await client.get('/probe/echo')).body);
  expect(await ingress.addresses()).toContain(remoteAddr);
});

test('a limit by the clients’ addresses is refused, as all have that of the ingress', async () => {
  await environment.configure({ publish: 'cluster-ip', balancer: '[load_balancer.rate_limit]' });
  const { exitCode, stderr } = await workspace.tryMake('plan', NAME);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining(
      'load_balancer.rate_limit: counts by the address of a client; with platform.publish = "cluster-ip"',
    ),
  ]);
});

test('the ingress reaches the load balancers from its namespace, and nothing else', async () => {
  const pods = await podsOf(NAME, NAME);
  const addressOf = (component: string) => pods.find((pod) => pod.component === component)?.address ?? '';
  const [node, balancer] = [addressOf('node-1'), addressOf('load-balancer')];
  const database = await kubectl('get', 'pod', `${NAME}-database-0`, '--output', 'jsonpath={.status.podIP}');
  expect(await ingress.connects(balancer, 443)).toBe(true);
  // Each of these is there, for whom it is meant.
  const ways: [string, string, number][] = [
    [SERVICE, node, NODE_PORT],
    [`${NAME}-node-1`, balancer, CONTROL_PORT],
    [`${NAME}-node-1`, database, DATABASE_PORT],
  ];
  for (const [own, address, port] of ways) {
    const opened = [
      await opensConnection(kubectl, `deployment/${own}`, address, port),
      await ingress.connects(address, port),
    ];
    expect([own, port, ...opened]).toEqual([own, port, true, false]);
  }
});

test('load balancers are replaced one after the other, and no request through the ingress fails', async () => {
  await environment.configure({ publish: 'cluster-ip', balancer: 'read_timeout_seconds = 61' });
  const before = await podIds('load-balancer');
  await expectNoFailure('load-balancers');
  const after = await podIds('load-balancer');
  expect(after).toHaveLength(2);
  for (const uid of after) expect(before).not.toContain(uid);
  await expectNothingToChange();
});

test('nodes are replaced for a new configuration, and no request through the ingress fails', async () => {
  await environment.configure({ publish: 'cluster-ip', heapMb: 480, balancer: 'read_timeout_seconds = 61' });
  const before = await podIds('node');
  await expectNoFailure('nodes');
  for (const uid of await podIds('node')) expect(before).not.toContain(uid);
});

test('every write that was acknowledged is there, once', async () => {
  const statement = `SELECT pw_id FROM probe_writes WHERE pw_key = '${NAME}'`;
  const options = ['-XAtq', '-h', '/var/run/postgresql', '-U', 'postgres', '-d', 'wso2_user', '-c', statement];
  const stored = (await kubectl('exec', `${NAME}-database-0`, '--', 'psql', ...options)).split('\n').filter(Boolean);
  expect(acknowledged.length).toBeGreaterThan(500);
  expect(stored.sort()).toEqual(acknowledged.sort());
});

test('make down leaves nothing, and the ingress as it was', async () => {
  await workspace.make('down', NAME);
  expect(await environment.left()).toEqual(EMPTY_NAMESPACE);
  expect(await ingress.addresses()).toHaveLength(2);
});
