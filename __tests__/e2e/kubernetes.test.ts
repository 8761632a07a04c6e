import { existsSync } from 'node:fs';
import { powerOff, powerOn } from '../../cli/cluster/faults';
import { MACHINES, type MachineName } from '../../cli/cluster/layout';
import type { RunResult } from '../../cli/setup/process';
import { pause } from '../chaos/fault';
import { canariesOf, filesWith, otherObjects, textsWith } from '../support/canaries';
import { ClusterClients } from '../support/cluster-clients';
import { ClusterEnvironment, EMPTY_NAMESPACE } from '../support/cluster-environment';

// The short form of __tests__/cluster, which `make cluster-test` runs whole: one life of an environment on a real cluster of three machines.

const NAME = 'e2e-kubernetes';
const [FIRST, SECOND] = [`${NAME}-node-1`, `${NAME}-node-2`];
const DARK_SECONDS = 20;
/** Until what stands before the machines has noticed; the fault suite, alone on its machine, allows 5. */
const NOTICED_SECONDS = 10;

const environment = new ClusterEnvironment(NAME, { http: 30_193, https: 30_593 });
const { workspace, kubectl } = environment;
const clients = new ClusterClients(environment);
const said: string[] = [];

async function make(target: string): Promise<RunResult> {
  const result = await workspace.make(target, NAME);
  said.push(result.stdout, result.stderr);
  return result;
}

async function machineOf(component: string): Promise<MachineName> {
  const { components } = await environment.status();
  const machine = components.find((each) => each.component === component)?.machine;
  const found = MACHINES.find(({ name }) => name === machine);
  if (found === undefined) throw new Error(`${component} is on ${machine}`);
  return found.name;
}

// Beside another file everything takes twice as long.
jest.setTimeout(600_000);

// Where nobody has built the cluster's programs before, that is done here.
beforeAll(() => environment.prepare(), 1_800_000);

afterAll(async () => {
  clients.close();
  await environment.dispose();
}, 120_000);

test('make up creates the pair from nothing, each node on a machine of its own, and the second plan is empty', async () => {
  await make('up');
  await environment.untilHealthy();
  expect(await machineOf('node-1')).not.toBe(await machineOf('node-2'));
  expect((await make('plan')).stdout).toContain('Nothing to change.');
});

test('a change is applied as it was planned, one node after the other, and no request fails', async () => {
  await environment.configure({ heapMb: 400 });
  expect((await make('plan')).stdout).toContain('rolling, no interruption expected');
  const before = await environment.nodePods();
  await clients.expectNoFailure('change', async () => {
    await make('up');
  });
  const after = await environment.nodePods();
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect(Object.values(after).filter((uid) => Object.values(before).includes(uid))).toEqual([]);
  for (const node of [FIRST, SECOND])
    expect(await kubectl('get', 'deployment', node, '-o', 'yaml')).toContain('-Xmx400m');
});

test('a machine loses power: clients are served by the others, and all is well when it is back', async () => {
  const machine = await machineOf('node-1');
  try {
    const seconds = await clients.failingSeconds('power', async () => {
      await powerOff(machine);
      await pause(1000 * DARK_SECONDS);
    });
    expect(seconds).toBeLessThan(NOTICED_SECONDS);
  } finally {
    await powerOn(machine);
  }
  await environment.untilHealthy();
});

test('no value of a Secret is in a file of the checkout, another object, or what the commands have said', async () => {
  const { items } = JSON.parse(await kubectl('get', 'secrets', '--output', 'json'));
  const canaries = canariesOf(items);
  expect(canaries.length).toBeGreaterThan(3);
  expect(textsWith(canaries, { ...(await otherObjects(kubectl)), commands: said.join('\n') })).toEqual([]);
  expect(await filesWith(canaries, [workspace.directory])).toEqual([]);
});

test('make down leaves nothing in the namespace, and no state', async () => {
  await make('down');
  expect(await environment.left()).toEqual(EMPTY_NAMESPACE);
  expect(existsSync(workspace.path('state', NAME))).toBe(false);
});
