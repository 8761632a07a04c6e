import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import type { Report } from '../../review/report/report';
import { underLoad } from '../support/load';
import { type Place, placeOf } from '../support/places';
import { PROTECTED } from '../support/protected';
import { docker, inspect, removeEnvironment, Workspace, waitUntilHealthy } from '../support/workspace';

// What is applied is what was planned and read: plan, report, apply of exactly that plan, and everything that must be refused.
const workspace = new Workspace();
const HERE = placeOf('e2e-plan');
const NAME = HERE.name;
const configuration = ({ hostname, bindAddress, subnet }: Place, ports = '') => `network = { subnet = "${subnet}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384, cpus = 2 }
load_balancer = { hostname = "${hostname}", bind_address = "${bindAddress}"${ports} }
`;
// What it does, only root may: mount, and listen on a port below 1024.
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;
const TOML = configuration(HERE);
const REPORT = `build/plan/${NAME}`;
const STACKS = ['foundation', 'node-1', 'node-2', 'load-balancer'].map((layer) => `${NAME}-${layer}`);

function report(): Report {
  return JSON.parse(readFileSync(workspace.path(REPORT, 'plan.json'), 'utf8')) as Report;
}

async function containers(): Promise<string[]> {
  const filter = `label=wso2-is-active-active.environment=${NAME}`;
  return (await docker('ps', '--all', '--no-trunc', '--quiet', '--filter', filter)).split('\n').sort();
}

/** Ids of the containers that serve. */
async function servers(): Promise<string[]> {
  const names = ['database', 'node-1', 'node-2', 'load-balancer'].map((name) => `${NAME}-${name}`);
  return Promise.all(names.map(async (name) => (await inspect(name)).Id));
}

/** All that the environment has on the engine, and whether any of it was started again. */
async function onEngine(): Promise<string[]> {
  const filter = ['--filter', `label=wso2-is-active-active.environment=${NAME}`];
  const ids = (await containers()).filter((id) => id !== '');
  const format = '{{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.RestartCount}}';
  return [
    ...(ids.length > 0 ? (await docker('inspect', '--format', format, ...ids)).split('\n') : []),
    ...(await docker('volume', 'ls', '--quiet', ...filter)).split('\n'),
    ...(await docker('network', 'ls', '--quiet', '--no-trunc', ...filter)).split('\n'),
  ].filter((line) => line !== '');
}

async function refusal(variables: NodeJS.ProcessEnv = {}, environment = NAME): Promise<string> {
  const before = await containers();
  const result = await workspace.tryMake('apply', environment, variables);
  expect(result.exitCode).not.toBe(0);
  expect(await containers()).toEqual(before);
  return result.stderr;
}

/** Keeps the saved plans with their report, or brings them back, as a build server does between its jobs. */
function carry(action: 'keep' | 'restore', as: string): void {
  for (const folder of [...STACKS.map((stack) => `cdktf.out/stacks/${stack}/tfplan`), REPORT]) {
    const [from, to] = [workspace.path(folder), workspace.path('kept', as, folder)];
    if (action === 'keep') cpSync(from, to, { recursive: true });
    else cpSync(to, from, { recursive: true });
  }
}

beforeAll(async () => {
  await removeEnvironment(NAME);
  await workspace.configure(NAME, TOML);
});

afterAll(() => workspace.dispose(), 120_000);

test('without a plan there is nothing to apply', async () => {
  expect(await refusal()).toContain(
    `there is no plan of ${NAME}. Make and review one first: make plan ENVIRONMENT=${NAME}`,
  );
}, 180_000);

testAsRoot(
  'a first plan says what stands in the way on the Docker host, and creates nothing there',
  async () => {
    const taken = createServer().listen(443, HERE.bindAddress);
    await once(taken, 'listening');
    const { stdout } = await workspace.make('plan', NAME);
    taken.close();
    expect(stdout).toMatch(/WARNING {2}load_balancer.https_port: port 443 of \S+ is taken by \S+ \(process \d+\)/);
    expect(stdout).toContain(`Note  load_balancer.hostname: ${HERE.hostname} does not resolve on this machine`);
    expect(await onEngine()).toEqual([]);
  },
  60_000,
);

test('plan, report, apply of exactly that plan, and then there is nothing to change', async () => {
  const { stdout } = await workspace.make('plan', NAME);
  expect(report().foreseen?.filter(({ severity }) => severity === 'error') ?? []).toEqual([]);
  const { digest, counts, stacks } = report();
  expect(counts.create).toBeGreaterThan(20);
  expect(stacks.map(({ name, changes }) => [name, changes])).toEqual(STACKS.map((name) => [name, true]));
  expect(stdout).toContain(`make apply ENVIRONMENT=${NAME} PLAN=${digest.slice(0, 12)}`);
  expect(readFileSync(workspace.path(REPORT, 'plan.md'), 'utf8')).toContain(
    `make apply ENVIRONMENT=${NAME} PLAN=${digest}`,
  );
  carry('keep', 'first');

  await workspace.make('apply', NAME, { PLAN: digest });
  for (const name of ['database', 'node-1', 'node-2', 'load-balancer']) await waitUntilHealthy(`${NAME}-${name}`, 10);
  const limits = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}';
  for (const node of ['node-1', 'node-2']) {
    expect(await docker('inspect', '--format', limits, `${NAME}-${node}`)).toBe(`${1024 ** 3} ${2e9}`);
  }
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
  expect(report().drift).toEqual([]);
}, 400_000);

test('a plan from before is refused as stale, and takes nothing away', async () => {
  carry('keep', 'current');
  carry('restore', 'first');
  expect(await refusal()).toContain(`the plan of ${NAME}-foundation is stale`);
  carry('restore', 'current');
}, 180_000);

test('a plan that is not the one in the report is refused', async () => {
  appendFileSync(workspace.path('cdktf.out', 'stacks', `${NAME}-node-1`, 'tfplan'), 'x');
  expect(await refusal()).toContain(`the saved plan of ${NAME}-node-1 is not the one that the report shows`);
  rmSync(workspace.path('cdktf.out', 'stacks', `${NAME}-node-1`, 'tfplan'));
  expect(await refusal()).toContain(`there is no saved plan for ${NAME}-node-1`);
  carry('restore', 'current');
  const file = workspace.path(REPORT, 'plan.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...report(), revision: 'of somebody else' }));
  expect(await refusal()).toContain('is not as "make plan" wrote it');
  writeFileSync(file, text);
}, 180_000);

test('a plan that is not the approved one is refused', async () => {
  expect(await refusal({ PLAN: '0'.repeat(64) })).toContain('the approved plan is 0000');
  expect(await refusal({ PLAN: report().digest.slice(0, 6) })).toContain('PLAN needs at least 12 digits');
}, 180_000);

test('a configuration that has changed since the plan is refused, and not applied by the way', async () => {
  await workspace.configure(NAME, TOML.replace('heap_mb = 384', 'heap_mb = 400'));
  const message = await refusal();
  expect(message).toContain('the configuration has changed since the plan was made');
  expect(message).toContain(`${NAME}-node-1, ${NAME}-node-2`);
  const configuration = workspace.path('cdktf.out', 'stacks', `${NAME}-node-1`, 'cdk.tf.json');
  expect(readFileSync(configuration, 'utf8')).toContain('-Xmx384m');
  await workspace.configure(NAME, TOML);
}, 180_000);

test('the plan of another environment is refused', async () => {
  const elsewhere = placeOf('e2e-other');
  const other = elsewhere.name;
  await workspace.configure(other, configuration(elsewhere));
  cpSync(workspace.path(REPORT), workspace.path('build', 'plan', other), { recursive: true });
  expect(await refusal({}, other)).toContain(`is the plan of ${NAME}, not of ${other}`);
  rmSync(workspace.path('config', `${other}.toml`));
}, 180_000);

test('what was done by hand is reported and repaired', async () => {
  await docker('stop', `${NAME}-database`);
  await docker('update', '--memory', '1500m', '--memory-swap', '1500m', `${NAME}-node-2`);
  const configuration = `${NAME}-load-balancer-configuration`;
  const asRoot = ['run', '--rm', '--user', '0', '--volume', `${configuration}:/volume`, '--entrypoint', 'sh'];
  await docker(...asRoot, sandboxImageTags().nginx, '-c', 'echo "# by hand" >> /volume/current/nginx.conf');
  const untouched = await onEngine();
  const status = await workspace.tryMake('status', NAME);
  expect(status.stderr).toMatch(
    /^files: revisions\/\w+\/nginx.conf in the volume \S+: changed or removed by hand; "make up/m,
  );
  await workspace.make('plan', NAME);
  expect(await onEngine()).toEqual(untouched);
  const { drift, availability } = report();
  expect(Object.fromEntries(drift.map(({ name, found }) => [name, found]))).toEqual({
    [`${NAME}-database`]: 'it is stopped',
    [`${NAME}-node-2`]: 'memory: 1024 → 1500; memory_swap: 1024 → 1500',
    [configuration]: expect.stringMatching(/^changed by hand: revisions\/\w+\/nginx.conf$/),
  });
  expect(availability.text).toContain(`${NAME}-database is stopped; the apply ends that interruption`);
  const before = await servers();

  await workspace.make('apply', NAME);
  await waitUntilHealthy(`${NAME}-database`, 60);
  expect(await servers()).toEqual(before);
  expect(await docker('inspect', '--format', '{{.HostConfig.Memory}}', `${NAME}-node-2`)).toBe(
    String(1024 * 1024 * 1024),
  );
  expect((await inspect(`${NAME}-node-2`)).RestartCount).toBe(0);
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
}, 400_000);

testAsRoot(
  'on a disk that is about to be full nothing begins, the state stays whole, and status still answers',
  async () => {
    const state = workspace.path('state');
    const states = () => workspace.files('state').map((file) => [file, readFileSync(file, 'utf8')]);
    const before = await Promise.all([states(), onEngine()]);
    cpSync(state, workspace.path('kept', 'state'), { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', state]);
    try {
      cpSync(workspace.path('kept', 'state'), state, { recursive: true });
      for (const target of ['plan', 'up', 'rotate-secret']) {
        const { exitCode, stderr } = await workspace.tryMake(target, NAME, { NAME: 'DATABASE_PASSWORD' });
        expect([target, exitCode]).not.toEqual([target, 0]);
        expect(stderr).toMatch(/the disk with \S+state has \d+ MiB left, and 32 must be free/);
      }
      await workspace.make('status', NAME);
      expect(await Promise.all([states(), onEngine()])).toEqual(before);
    } finally {
      await run('umount', [state]);
    }
  },
  60_000,
);

test('who comes second hears who is at work, and touches nothing', async () => {
  const before = await containers();
  const holder = `${NAME}-at-work`;
  const label = 'wso2-is-active-active.at-work=alice@laptop, process 1: make up';
  const image = sandboxImageTags().nginx;
  await docker('run', '--detach', '--rm', '--name', holder, '--label', label, '--entrypoint', 'sleep', image, '120');
  for (const command of ['up', 'plan', 'apply', 'adopt', 'upgrade', 'down']) {
    const { stderr, exitCode } = await workspace.tryMake(command, NAME);
    expect([command, exitCode]).not.toEqual([command, 0]);
    expect(stderr).toContain(`somebody is at work on ${NAME} (alice@laptop, process 1: make up, since 20`);
  }
  await docker('rm', '--force', holder);
  expect(await containers()).toEqual(before);
}, 180_000);

test('a lost state under load: the plan says who serves, up refuses, adopt takes it back, and no request fails', async () => {
  const before = await containers();
  const ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  const load = { address: HERE.bindAddress, hostname: HERE.hostname, ca, clients: 4, pause: 25, name: 'lost' };
  const requests = [
    { method: 'GET' as const, path: () => '/probe/session' },
    { method: 'POST' as const, path: (id: string) => `/probe/write?key=lost&id=${id}` },
  ];
  const { report: answers } = await underLoad({ ...load, requests }, async () => {
    renameSync(workspace.path('state', NAME), workspace.path('lost-state'));
    const planned = await workspace.tryMake('plan', NAME);
    expect(planned.exitCode).not.toBe(0);
    const { lost, availability } = report();
    expect(lost?.map(({ stack }) => stack)).toEqual(STACKS);
    expect(availability.text).toContain('what serves today goes on');
    expect(await refusal()).toContain(`make adopt ENVIRONMENT=${NAME}`);
    const refused = await workspace.tryMake('up', NAME);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(`${NAME} runs, but Terraform's state does not know it. Nothing was changed`);
    expect(await containers()).toEqual(before);

    expect((await workspace.make('adopt', NAME)).stdout).toContain('Nothing to change.');
    expect((await workspace.make('up', NAME)).stdout).toContain('Nothing to change.');
    expect((await workspace.make('adopt', NAME)).stdout).toContain('There is nothing to adopt');
  });
  expect(answers.failed).toEqual([]);
  expect(answers.sent).toBeGreaterThan(500);
  expect(await containers()).toEqual(before);
  expect(report().drift).toEqual([]);
}, 400_000);

test('a protected environment that breaks the policy is planned, reported and not applied', async () => {
  // Ports that no other environment has: on every address, the usual ones would collide with whatever runs beside this.
  const open = configuration({ ...HERE, bindAddress: '0.0.0.0' }, ', http_port = 8080, https_port = 8443');
  await workspace.configure(NAME, `protected = true\n${open}`);
  const unfit = await workspace.tryMake('plan', NAME);
  for (const key of ['state.backend: "local"', 'identity_server.image: is missing']) {
    expect(unfit.stderr).toContain(key);
  }

  await workspace.configure(NAME, `${PROTECTED}${open}`);
  const checked = await workspace.tryMake('plan', NAME, { CHECK: '1' });
  expect(checked.exitCode).not.toBe(0);
  expect(report().findings.map(({ rule }) => rule)).toEqual(['administration-paths']);
  expect(report().suppressed.map(({ rule }) => rule)).toEqual(['local-state', 'image-pinned', 'secrets-supplied']);
  expect(await refusal()).toContain('is protected: only a plan that was approved is applied');
  expect(await refusal({ PLAN: report().digest })).toContain('is protected and breaks the policy; nothing was applied');

  expect((await workspace.tryMake('plan', NAME, { DESTROY: '1' })).exitCode).not.toBe(0);
  expect(report().refusals).toContainEqual({
    stack: `${NAME}-foundation`,
    message: expect.stringContaining('prevent_destroy'),
  });
  expect(await refusal({ PLAN: report().digest })).toContain(`${NAME} is protected`);
  await workspace.configure(NAME, TOML);
}, 180_000);

test('destroying is planned and read like any other change, and applied only by name', async () => {
  await workspace.configure(NAME, TOML);
  const { stdout } = await workspace.make('plan', NAME, { DESTROY: '1' });
  expect(stdout).toContain(`DANGER  destroy ${NAME}-foundation/database/data`);
  const { destroy, digest, availability, stacks } = report();
  expect(destroy).toBe(true);
  expect(availability.level).toBe('end');
  expect(stacks.map(({ name }) => name)).toEqual([
    `${NAME}-load-balancer`,
    `${NAME}-node-1`,
    `${NAME}-node-2`,
    `${NAME}-foundation`,
  ]);
  expect(await refusal()).toContain(`the saved plan destroys ${NAME} with all its data`);

  await workspace.make('apply', NAME, { PLAN: digest });
  const filter = ['--quiet', '--filter', `label=wso2-is-active-active.environment=${NAME}`];
  for (const kind of ['container', 'network', 'volume']) {
    expect(await docker(kind, 'ls', ...(kind === 'container' ? ['--all'] : []), ...filter)).toBe('');
  }
  expect(existsSync(workspace.path('state', NAME))).toBe(false);
}, 400_000);
