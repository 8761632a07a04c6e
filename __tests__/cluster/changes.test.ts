import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { unzipSync } from 'fflate';
import type { RunResult } from '../../cli/setup/process';
import type { Report } from '../../review/report/report';
import { LABEL_PREFIX } from '../../topology/names';
import { pause } from '../chaos/fault';
import { canariesOf, filesWith, otherObjects, textsWith } from '../support/canaries';
import { ClusterClients } from '../support/cluster-clients';
import { ClusterEnvironment, EMPTY_NAMESPACE } from '../support/cluster-environment';
import { killTree } from '../support/process-tree';
import { temporaryDirectory } from '../support/synth';
import { eventually } from '../support/workspace';

// An environment's life on a real cluster: created, changed, interrupted, changed by hand, robbed of its keys, rotated, destroyed.

const NAME = 'cluster-changes';
const [FIRST, SECOND] = [`${NAME}-node-1`, `${NAME}-node-2`];
const STACKS = [`${NAME}-foundation`, FIRST, SECOND, `${NAME}-load-balancer`];
const [AUTHORITY, SECRETS] = [`${NAME}-certificate-authority`, `${NAME}-identity-server-secrets`];
const ROTATED = 'Rotated-Canary-1618';
/** A command that was heard of in these seconds is not taken for one that was killed. */
const FRESH_SECONDS = 15;

const environment = new ClusterEnvironment(NAME, { http: 30_187, https: 30_587 });
const { workspace, kubectl } = environment;
const keys = temporaryDirectory('keys-');
const clients = new ClusterClients(environment);
/** All that the commands have printed. */
const said: string[] = [];
/** What was ever in a Secret. */
const canaries = new Set<string>();

function heard<T extends RunResult>(result: T): T {
  said.push(result.stdout, result.stderr);
  return result;
}

async function make(target: string, variables: NodeJS.ProcessEnv = {}, input?: string): Promise<RunResult> {
  return heard(await workspace.make(target, NAME, variables, input));
}

/** What a command says that must fail. */
async function failure(target: string, variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const { exitCode, stderr } = heard(await workspace.tryMake(target, NAME, variables));
  expect([target, exitCode]).not.toEqual([target, 0]);
  return stderr;
}

/** What a command says that must fail and change nothing. */
async function refusal(target: string, variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const before = await environment.versions();
  const text = await failure(target, variables);
  expect(await environment.versions()).toEqual(before);
  return text;
}

function report(): Report {
  return JSON.parse(readFileSync(workspace.path('build', 'plan', NAME, 'plan.json'), 'utf8')) as Report;
}

async function expectNothingToChange(): Promise<void> {
  expect((await make('plan')).stdout).toContain('Nothing to change.');
  expect(report().drift).toEqual([]);
}

/** Drift of the next plan: names, and what was found. */
async function drift(): Promise<Record<string, string>> {
  await make('plan');
  return Object.fromEntries(report().drift.map(({ name, found }) => [name ?? '', found]));
}

async function psql(database: string, statement: string): Promise<string[]> {
  const options = ['-XAtq', '-h', '/var/run/postgresql', '-U', 'postgres', '-d', database, '-c', statement];
  return (await kubectl('exec', `${NAME}-database-0`, '--', 'psql', ...options)).split('\n').filter(Boolean);
}

async function noteSecrets(): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'secrets', '--output', 'json'));
  for (const canary of canariesOf(items)) canaries.add(canary);
}

jest.setTimeout(600_000);

beforeAll(() => environment.prepare(), 1_200_000);

afterAll(async () => {
  clients.close();
  await environment.dispose();
}, 120_000);

test('make up creates the pair from nothing, and the second plan is empty', async () => {
  await eventually('the namespace is empty', 10, async () =>
    isDeepStrictEqual(await environment.everything(), EMPTY_NAMESPACE),
  );
  await make('up');
  await environment.untilHealthy();
  await expectNothingToChange();
  await noteSecrets();
});

test('a change is applied as it was approved, one node after the other, and no request fails; any other plan is refused', async () => {
  await environment.configure({ heapMb: 400 });
  expect((await make('plan')).stdout).toContain('rolling, no interruption expected');
  const { digest, stacks, counts } = report();
  expect(stacks.filter(({ changes }) => changes).map(({ name }) => name)).toEqual([FIRST, SECOND]);
  expect(counts).toMatchObject({ destroy: 0 });
  expect(await refusal('apply', { PLAN: '0'.repeat(64) })).toContain('the approved plan is 0000');
  await environment.configure({ heapMb: 416 });
  expect(await refusal('apply', { PLAN: digest })).toContain('the configuration has changed since the plan was made');
  await environment.configure({ heapMb: 400 });

  const before = await environment.nodePods();
  await clients.expectNoFailure('change', async () => {
    await make('apply', { PLAN: digest });
  });
  for (const uid of Object.values(await environment.nodePods())) expect(Object.values(before)).not.toContain(uid);
  const [first, second] = await Promise.all([deploymentOf(FIRST), deploymentOf(SECOND)]);
  for (const { spec } of [first, second]) expect(spec).toContain('-Xmx400m');
  expect(second.appliedAt - (await startedAt('node-1'))).toBeGreaterThanOrEqual(1000 * second.minReadySeconds);

  expect(await refusal('apply', { PLAN: digest })).toContain(`the plan of ${FIRST} is stale`);
});

test('make up is killed in the middle of a roll, while a second one is refused; the next one goes on, and no request fails', async () => {
  await environment.configure({ heapMb: 384 });
  const before = await environment.nodePods();
  await clients.expectNoFailure('killed', async () => {
    const killed = workspace.begin('up', NAME);
    await eventually('node 1 has another pod', 240, async () => {
      const uid = (await environment.nodePods())['node-1'];
      return uid !== undefined && uid !== before['node-1'];
    });
    for (const target of ['up', 'plan']) {
      expect(await failure(target)).toMatch(
        /somebody is at work on cluster-changes \(\S+@\S+, process \d+ \(\w+\): make up, since 20.*Nothing was changed/,
      );
    }
    expect(killTree(killed.pid)).toBeGreaterThan(0);
    expect(heard(await killed.ended).exitCode).not.toBe(0);
    const half = await environment.nodePods();
    expect(half['node-2']).toBe(before['node-2']);

    await pause(1000 * FRESH_SECONDS);
    const { stdout, stderr } = await make('up');
    expect(`${stdout}${stderr}`).toContain('was at work and may have been killed');
    const after = await environment.nodePods();
    expect(after['node-1']).toBe(half['node-1']);
    expect(after['node-2']).not.toBe(before['node-2']);
  });
  await expectNothingToChange();
});

test('a variable that somebody has set in a node is drift in the plan; make up takes it back, and no request fails', async () => {
  await clients.expectNoFailure('variable', async () => {
    await kubectl('set', 'env', `deployment/${SECOND}`, 'BY_HAND=yes');
    expect(await drift()).toEqual({
      [SECOND]: expect.stringMatching(/^changed in the cluster; .*env\.BY_HAND: added$/),
    });
    await make('up');
  });
  expect((await deploymentOf(SECOND)).spec).not.toContain('BY_HAND');
  await expectNothingToChange();
});

test('a NetworkPolicy that somebody has deleted is drift in the plan, and make up puts it back', async () => {
  const policy = `${NAME}-to-node`;
  await kubectl('delete', 'networkpolicy', policy);
  expect(await drift()).toEqual({ [policy]: 'it is gone' });
  await make('up');
  expect(await kubectl('get', 'networkpolicies', '--output', 'name')).toContain(`/${policy}\n`);
  await expectNothingToChange();
});

test('Secrets that nobody can make again and that somebody has deleted stop make up; a backup brings them back', async () => {
  const archive = join(keys, 'keys.tar');
  heard(await environment.makeInShell('backup', `>'${archive}'`));
  const [before, pods] = [await environment.digests(), await environment.nodePods()];
  await kubectl('delete', 'secret', AUTHORITY, SECRETS);
  const refused = await refusal('up');
  expect(refused).toContain('Nothing was changed: an empty object would take the place of what nobody can make again.');
  for (const secret of [AUTHORITY, SECRETS]) expect(refused).toContain(`${secret} is gone: `);
  expect(refused).toContain(`make restore ENVIRONMENT=${NAME} < archive`);

  const restored = heard(await environment.makeInShell('restore', `<'${archive}'`));
  for (const secret of [AUTHORITY, SECRETS]) expect(restored.stdout).toContain(`${secret} is restored`);
  await make('up');
  // The stores are made again of the same keys.
  const after = await environment.digests();
  for (const secret of [AUTHORITY, SECRETS]) expect(after[secret]).toBe(before[secret]);
  expect(await environment.nodePods()).toEqual(pods);
  await expectNothingToChange();
});

test('both passwords are rotated without a failed request, and the old login is locked', async () => {
  await clients.expectNoFailure('rotation', async () => {
    await make('rotate-secret', { NAME: 'ADMIN_PASSWORD' }, ROTATED);
    await make('rotate-secret', { NAME: 'DATABASE_PASSWORD' });
  });
  expect(await environment.stored(SECRETS, 'ADMIN_PASSWORD')).toBe(ROTATED);
  expect((await make('credentials')).stdout).toContain(`${FIRST} accepts it.`);
  const logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname ~ '^wso2'";
  expect(await psql('postgres', logins)).toEqual(['wso2_2']);
  await expectNothingToChange();
});

test('every write that was acknowledged is there, once', async () => {
  const stored = await psql('wso2_user', `SELECT pw_id FROM probe_writes WHERE pw_key = '${NAME}'`);
  const distinct = new Set(stored);
  expect(distinct.size).toBe(stored.length);
  expect(clients.acknowledged.length).toBeGreaterThan(500);
  expect(clients.acknowledged.filter((id) => !distinct.has(id))).toEqual([]);
});

test('no value of a Secret is in a state, a saved plan, a report, another object, an event, or what the commands have said', async () => {
  await noteSecrets();
  const looked = [...canaries];
  const plans = STACKS.map((stack) => [`saved plan of ${stack}`, savedPlan(stack)] as const);
  for (const [, text] of plans) expect(text).toContain('kubectl_manifest');
  const texts = { ...Object.fromEntries(plans), ...(await otherObjects(kubectl)), commands: said.join('\n') };
  expect(textsWith(looked, texts)).toEqual([]);
  expect(await filesWith(looked, [workspace.directory])).toEqual([]);
  // Whoever finds nothing must be able to find something.
  expect(looked).toContain(ROTATED);
  expect(await filesWith(looked, [keys])).toEqual([join(keys, 'keys.tar')]);
});

test('make down leaves nothing in the namespace, and no state', async () => {
  await make('down');
  expect(await environment.left()).toEqual(EMPTY_NAMESPACE);
  expect(existsSync(workspace.path('state', NAME))).toBe(false);
  expect(textsWith([...canaries], { commands: said.join('\n') })).toEqual([]);
});

interface NodeDeployment {
  readonly metadata: {
    readonly managedFields: readonly { readonly manager: string; readonly operation: string; readonly time: string }[];
  };
  readonly spec: { readonly minReadySeconds: number };
}

/** What a node is made of, when that was applied last, and how long it must be ready to count. */
async function deploymentOf(node: string) {
  const text = await kubectl('get', 'deployment', node, '--show-managed-fields', '--output', 'json');
  const { metadata, spec } = JSON.parse(text) as NodeDeployment;
  const applied = metadata.managedFields.filter(({ operation }) => operation === 'Apply');
  return {
    spec: JSON.stringify(spec),
    appliedAt: Math.max(...applied.map(({ time }) => Date.parse(time))),
    minReadySeconds: spec.minReadySeconds,
  };
}

/** When the server in a node's pod was started. */
async function startedAt(component: string): Promise<number> {
  const path = 'jsonpath={.items[0].status.containerStatuses[0].state.running.startedAt}';
  const selector = `${LABEL_PREFIX}.component=${component}`;
  return Date.parse(await kubectl('get', 'pods', '--selector', selector, '--output', path));
}

/** The saved plan of a stack, with everything that is packed in it. */
function savedPlan(stack: string): string {
  const entries = unzipSync(readFileSync(workspace.path('cdktf.out', 'stacks', stack, 'tfplan')));
  return Object.values(entries)
    .map((content) => Buffer.from(content).toString('latin1'))
    .join('\n');
}
