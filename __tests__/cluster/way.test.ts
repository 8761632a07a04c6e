import { writeFileSync } from 'node:fs';
import { KUBECONFIG } from '../../cli/cluster/cluster';
import { kubectl } from '../../cli/cluster/kubectl';
import { pause } from '../chaos/fault';
import { kubeconfigOf } from '../support/cluster-accounts';
import { ClusterClients } from '../support/cluster-clients';
import { ClusterEnvironment } from '../support/cluster-environment';
import { Way } from '../support/way';
import { eventually, type MakeResult } from '../support/workspace';

// The cluster goes away for whoever applies, or takes them no longer, in the middle of it; pods and their clients notice nothing.

const NAME = 'cluster-way';
const [FIRST, SECOND] = [`${NAME}-node-1`, `${NAME}-node-2`];
const [OPERATOR, COLLEAGUE] = ['operator', 'colleague'];
/** Silence first, as of a machine that has lost power; then refusals, as of one that starts again. */
const [FROZEN_SECONDS, CUT_SECONDS] = [15, 45];

const environment = new ClusterEnvironment(NAME, { http: 30_191, https: 30_591 });
const { workspace } = environment;
const clients = new ClusterClients(environment);
let way: Way;

/** Begins `make up` and does something as soon as Terraform begins with node 1. @returns how it ended */
async function upUntilFirstNode(work: () => Promise<unknown>): Promise<MakeResult> {
  const running = workspace.begin('up', NAME);
  await eventually('Terraform has begun with node 1', 240, async () =>
    running.said.stderr.includes(`Apply ${FIRST} …`),
  );
  await work();
  return running.ended;
}

/** What somebody reads whose command could not go on: one message. */
function expectOneMessage({ exitCode, stdout, stderr }: MakeResult, ...parts: readonly string[]): void {
  const text = stderr.slice(stderr.indexOf(`${FIRST} could not be applied`));
  expect([exitCode, stderr.split('could not be applied').length - 1]).toEqual([2, 1]);
  for (const part of parts) expect(text).toContain(part);
  expect(text).toContain('What the server has received is applied, the rest is as it was.');
  expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at .*:\d+:\d+|Unexpected error/);
}

async function refusal(target: string): Promise<string> {
  const { exitCode, stderr } = await workspace.tryMake(target, NAME);
  expect([target, exitCode]).not.toEqual([target, 0]);
  return stderr;
}

async function expectNothingToChange(): Promise<void> {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}

/** From here on every command is run by an account of the namespace, as `admin` in it. */
async function workAs(account: string): Promise<void> {
  await environment.kubectl('create', 'serviceaccount', account);
  await letIn(account);
  const { text } = await kubeconfigOf(account, environment.kubectl);
  process.env.KUBECONFIG = workspace.path(`${account}.kubeconfig`);
  writeFileSync(process.env.KUBECONFIG, text, { mode: 0o600 });
}

const letIn = (account: string) =>
  environment.kubectl('create', 'rolebinding', account, '--clusterrole=admin', `--serviceaccount=${NAME}:${account}`);

jest.setTimeout(600_000);

beforeAll(async () => {
  await environment.prepare();
  way = await Way.open(workspace.path('way.kubeconfig'));
  process.env.KUBECONFIG = workspace.path('way.kubeconfig');
  await workspace.make('up', NAME);
  await environment.untilHealthy();
}, 1_200_000);

afterAll(async () => {
  process.env.KUBECONFIG = KUBECONFIG;
  clients.close();
  await way.cut();
  await environment.dispose();
}, 120_000);

test('the API server goes away for a minute while a node starts: make up says so, waits, and goes on by itself', async () => {
  await environment.configure({ heapMb: 400 });
  const before = await environment.nodePods();
  await clients.expectNoFailure('silence', async () => {
    const running = workspace.begin('up', NAME);
    await eventually('Terraform has changed node 1', 240, async () =>
      running.said.stderr.includes(`Apply ${FIRST} done`),
    );
    way.freeze();
    await pause(1000 * FROZEN_SECONDS);
    await way.cut();
    way.thaw();
    await pause(1000 * CUT_SECONDS);
    expect((await environment.nodePods())['node-2']).toBe(before['node-2']);
    await way.mend();
    const { exitCode, stderr } = await running.ended;
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('the cluster does not answer: ')]);
  });
  for (const [node, uid] of Object.entries(await environment.nodePods())) expect(uid).not.toBe(before[node]);
  await expectNothingToChange();
});

test('it goes away as a node is applied: one message, the other node is not touched, and make up goes on when it is back', async () => {
  await environment.configure({ heapMb: 416 });
  const before = await environment.nodePods();
  await clients.expectNoFailure('gone', async () => {
    const ended = await upUntilFirstNode(() => way.cut());
    expectOneMessage(ended, 'went away in the middle of it', `"make up ENVIRONMENT=${NAME}" continues from here`);
    for (const target of ['up', 'plan'])
      expect(await refusal(target)).toMatch(/platform.context: .* cannot be reached: /);
    await way.mend();
    expect((await environment.nodePods())['node-2']).toBe(before['node-2']);
    await workspace.make('up', NAME);
  });
  for (const [node, uid] of Object.entries(await environment.nodePods())) expect(uid).not.toBe(before[node]);
  await expectNothingToChange();
});

test('a right is taken away as a node is applied: one message names it, and make up goes on when it is given again', async () => {
  await workAs(OPERATOR);
  await environment.configure({ heapMb: 432 });
  const before = await environment.nodePods();
  await clients.expectNoFailure('forbidden', async () => {
    const ended = await upUntilFirstNode(() => environment.kubectl('delete', 'rolebinding', OPERATOR));
    expectOneMessage(ended, 'forbidden: User ', 'ask whoever runs the cluster for a role');
    expect((await environment.nodePods())['node-2']).toBe(before['node-2']);
    expect(await refusal('up')).toMatch(/platform.namespace|platform.context: .* may not /);
    await letIn(OPERATOR);
    await workspace.make('up', NAME);
  });
  for (const [node, uid] of Object.entries(await environment.nodePods())) expect(uid).not.toBe(before[node]);
});

test('the login ends as a node is applied: one message says to log in again, and make up goes on by somebody else', async () => {
  await workAs(COLLEAGUE);
  await environment.configure({ heapMb: 448 });
  const before = await environment.nodePods();
  await clients.expectNoFailure('login', async () => {
    const ended = await upUntilFirstNode(() => environment.kubectl('delete', 'serviceaccount', COLLEAGUE));
    expectOneMessage(ended, 'log in to it again');
    expect((await environment.nodePods())['node-2']).toBe(before['node-2']);
    expect(await refusal('up')).toContain('does not take who the kubeconfig says you are');
    process.env.KUBECONFIG = KUBECONFIG;
    await workspace.make('up', NAME);
  });
  const after = await environment.nodePods();
  for (const node of ['node-1', 'node-2']) expect(after[node]).not.toBe(before[node]);
  await expectNothingToChange();
  expect(await kubectl(['get', 'deployment', SECOND, '--namespace', NAME, '--output', 'yaml'])).toContain('-Xmx448m');
});
