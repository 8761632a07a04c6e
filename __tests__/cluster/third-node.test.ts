import { readFileSync } from 'node:fs';
import type { Report } from '../../review/report/report';
import { Client } from '../support/client';
import { ClusterClients } from '../support/cluster-clients';
import { ClusterEnvironment } from '../support/cluster-environment';
import { placeOf } from '../support/places';
import { eventually } from '../support/workspace';

// A node more and one less under load. All share what the database container takes, so the others are replaced, one by one; nothing of the third is
// left.

const NAME = 'cluster-nodes';
const THIRD = `${NAME}-node-3`;
const environment = new ClusterEnvironment(NAME, { http: 30_192, https: 30_592 });
const { workspace, kubectl } = environment;
const { hostname, bindAddress: address } = placeOf(NAME);
const clients = new ClusterClients(environment);
/** Browsers with a session, by the node that has it. */
const browsers = new Map<string, Client>();

interface Session {
  readonly node: string;
  readonly counter: number;
}

async function session(browser: Client): Promise<Session> {
  return JSON.parse((await browser.get('/probe/session')).body) as Session;
}

/** Opens browsers until each node has the session of one. */
async function openBrowsers(nodes: number): Promise<void> {
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  await eventually('each node has a session', 60, async () => {
    const browser = new Client({ address, hostname, ca, cookies: true, keepAlive: false });
    const { node } = await session(browser);
    if (!browsers.has(node)) browsers.set(node, browser);
    return browsers.size === nodes;
  });
}

/** What the cluster or this folder has of node 3. */
async function left(): Promise<string[]> {
  const objects = (await environment.everything()).filter((name) => name.includes('node-3'));
  const states = workspace.files('state').filter((file) => {
    const isThird = file.includes(THIRD);
    return isThird && (JSON.parse(readFileSync(file, 'utf8')).resources ?? []).length > 0 && !file.endsWith('.backup');
  });
  return [...objects, ...states];
}

async function rotating(): Promise<string[]> {
  const { components } = await environment.status();
  return components.filter(({ rotation }) => rotation === 'in').map(({ component }) => component);
}

function report(): Report {
  return JSON.parse(readFileSync(workspace.path('build', 'plan', NAME, 'plan.json'), 'utf8')) as Report;
}

async function budget(): Promise<string> {
  return kubectl('get', 'poddisruptionbudget', '--output', 'jsonpath={.items[*].spec.minAvailable}');
}

jest.setTimeout(600_000);

beforeAll(async () => {
  await environment.prepare();
  await workspace.make('up', NAME);
  await environment.untilHealthy();
}, 1_200_000);

afterAll(async () => {
  clients.close();
  for (const browser of browsers.values()) browser.close();
  await environment.dispose();
}, 120_000);

test('a third node is added without a failed request, and then two must stay where one had to', async () => {
  expect(await budget()).toBe('1 1');
  await environment.configure({ nodes: 3 });
  await clients.expectNoFailure('added', async () => {
    await workspace.make('up', NAME);
  });
  expect(await rotating()).toEqual(['node-1', 'node-2', 'node-3']);
  expect((await budget()).split(' ').sort()).toEqual(['1', '2']);
  expect(await left()).not.toEqual([]);
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
});

test('it is taken away without a failed request: whoever had a session there goes on with another, and nothing of it is left', async () => {
  await environment.configure({ nodes: 2 });
  const { stdout } = await workspace.make('plan', NAME);
  expect(stdout).toContain(THIRD);
  const { digest, stacks } = report();
  expect(stacks.filter(({ changes }) => changes).map(({ name }) => name)).toContain(THIRD);
  await clients.expectNoFailure('removed', async () => {
    await openBrowsers(3);
    await workspace.make('apply', NAME, { PLAN: digest });
    for (const browser of browsers.values()) {
      const { node } = await session(browser);
      expect([`${NAME}-node-1`, `${NAME}-node-2`, 'node-1', 'node-2']).toContain(node);
      expect(await session(browser)).toMatchObject({ node, counter: 2 });
    }
  });
  expect(await rotating()).toEqual(['node-1', 'node-2']);
  expect(Object.keys(await environment.nodePods()).sort()).toEqual(['node-1', 'node-2']);
  // What the cluster makes beside a Service goes a moment after it.
  await eventually('nothing of it is left', 30, async () => (await left()).length === 0);
  expect(await budget()).toBe('1 1');
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
});
