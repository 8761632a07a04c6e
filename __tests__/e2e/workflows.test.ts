import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { run } from '../../cli/setup/process';
import { hostileCode, hostileText, PROPOSED, writeProposed, writeTargetBranch } from '../support/hostile-pull-request';
import { placeOf } from '../support/places';
import { StateServer } from '../support/state-server';
import { WorkflowRunner } from '../support/workflow-runner';
import { docker, removeEnvironment, terraformHere, waitUntilHealthy } from '../support/workspace';

// The workflow files, step by step: a pull request, its merge, a night, the end.
const { name: ENVIRONMENT, hostname: HOSTNAME, bindAddress: ADDRESS, subnet: SUBNET } = placeOf('e2e-pipeline');
const state = new StateServer();
let runner: WorkflowRunner;
let configuration: (memoryMb: number) => string;

const pullRequest = (ref: string) => ({
  ref,
  github: { event: { pull_request: { number: 7, base: { ref: 'main' } } }, token: 'none' },
  matrix: { environment: ENVIRONMENT },
});
const onMain = {
  ref: 'main',
  github: { token: 'none' },
  matrix: { environment: ENVIRONMENT },
  secrets: { PLAN_PASSPHRASE: 'a passphrase of the tests' },
};

beforeAll(async () => {
  const { variables } = await terraformHere();
  runner = new WorkflowRunner(variables);
  const address = await state.start();
  configuration = (memoryMb) => `[network]
subnet = "${SUBNET}"
[identity_server]
distribution = "sandbox"
memory_mb = 1024
heap_mb = 384
[load_balancer]
hostname = "${HOSTNAME}"
bind_address = "${ADDRESS}"
memory_mb = ${memoryMb}
[state]
backend = "http"
settings = { address = "${address}" }
`;
  await runner.createOrigin();
  await commit('main', configuration(1792));
}, 900_000);

afterAll(async () => {
  await removeEnvironment(ENVIRONMENT);
  await state.stop();
  runner.dispose();
}, 300_000);

const commit = (branch: string, toml: string) => runner.commit(ENVIRONMENT, branch, toml);

/** What apply.yml does with one environment; reviewers say yes. @param vars of its GitHub environment. @returns the outputs of its plan */
async function apply(vars: Record<string, string> = {}): Promise<Record<string, string>> {
  const context = { ...onMain, vars, inputs: { environment: ENVIRONMENT } };
  const plan = await runner.job('apply-environment.yml', 'plan', context);
  await runner.job('apply-environment.yml', 'apply', { ...context, needs: { plan } });
  return plan.outputs;
}

test('main deploys the environments with remote state, and applies the plan of that run', async () => {
  const { outputs } = await runner.job('apply.yml', 'select', onMain);
  expect(JSON.parse(outputs.environments as string)).toContain(ENVIRONMENT);
  const { digest, changes } = await apply({ ACCEPTANCE: 'yes' });
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(Number(changes)).toBeGreaterThan(10);
  for (const name of ['node-1', 'node-2', 'load-balancer']) await waitUntilHealthy(`${ENVIRONMENT}-${name}`, 60);
}, 600_000);

test('after it, the acceptance suite has said which of its checks apply to the Carbon server, and those hold', () => {
  const report = runner.artifact(`acceptance-${ENVIRONMENT}`, 'acceptance', ENVIRONMENT, 'report.json');
  const { results } = JSON.parse(readFileSync(report, 'utf8')) as {
    results: readonly { id: string; outcome: string; detail?: string }[];
  };
  const ids = (outcome: string) => results.filter((result) => result.outcome === outcome).map(({ id }) => id);
  expect(ids('held')).toEqual(['P2', 'P3', 'N3', 'N7', 'N8', 'A3']);
  expect([...ids('broken'), ...ids('unclear')]).toEqual([]);
  const reasons = new Set(results.map(({ detail }) => detail).filter(Boolean));
  expect([...reasons].sort()).toEqual([
    "no OpenID Connect: the sandbox's Carbon server has none of it",
    "no REST management: the sandbox's Carbon server has none of it",
    'the load balancer asks nobody for a certificate',
  ]);
});

test('a pull request gets one comment with the plan of its configuration', async () => {
  await commit('larger', configuration(2048));
  const context = pullRequest('merge');
  const { outputs } = await runner.job('plan.yml', 'select', context);
  expect(JSON.parse(outputs.environments as string)).toEqual([ENVIRONMENT]);
  await runner.job('plan.yml', 'plan', context);
  expect(await runner.takeRequests()).toEqual([]);
  await runner.job('plan.yml', 'comment', context);
  const [comment, ...others] = await runner.takeRequests();
  expect(others).toEqual([]);
  expect(comment?.args).toContain('repos/bank/identity/issues/7/comments');
  expect(comment?.body).toMatch(new RegExp(`^<!-- wso2-is-active-active plan ${ENVIRONMENT} -->\n`));
  expect(comment?.body).toContain('docker_container.load-balancer');
}, 300_000);

test('what a hostile pull request writes into the server’s configuration runs nowhere: not in its plan, not in the apply after its merge', async () => {
  const canary = join(runner.directory, 'canary-of-texts');
  const texts = hostileText(canary);
  const lines = Object.entries(texts).map(([name, text]) => `${name} = ${JSON.stringify(text)}`);
  await commit(
    'texts',
    configuration(1792).replace(
      '[load_balancer]',
      `[identity_server.deployment_toml.hostile]\n${lines.join('\n')}\n[load_balancer]`,
    ),
  );
  const context = pullRequest('merge');
  expect((await runner.job('plan.yml', 'select', context)).outputs).toEqual({ environments: `["${ENVIRONMENT}"]` });
  const planned = await runner.job('plan.yml', 'plan', context);
  await runner.job('plan.yml', 'comment', context);
  const [comment] = await runner.takeRequests();
  // Reviewers see what was written, and nothing that it would have become.
  for (const word of ['jsonencode(terraform.workspace)', 'touch', '{{ 7 * 7 }}']) expect(comment?.body).toContain(word);
  expect(planned.obeyed.filter((line) => line.includes('add-mask'))).toEqual([]);

  await runner.git('merge', '--quiet', '--no-ff', '--message', 'merged', 'texts');
  const { digest } = await apply();
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(existsSync(canary)).toBe(false);
  for (const node of ['node-1', 'node-2']) {
    const container = `${ENVIRONMENT}-${node}`;
    await waitUntilHealthy(container, 60);
    expect(await docker('exec', container, 'sh', '-c', `ls ${canary} 2>&1 || true`)).toContain('No such file');
    const toml = await docker(
      ...['exec', container, 'cat', '/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml'],
    );
    expect(parse(toml).hostile).toEqual(texts);
  }
}, 600_000);

describe('a hostile pull request', () => {
  const onBank = (ref: string) => ({ ref, github: { event: { pull_request: { number: 8, base: { ref: 'bank' } } } } });
  let canary: string;
  let workspace: string;

  /** The merge commit that GitHub makes of a pull request into the branch `bank`, under the name of the pull request's branch. */
  async function merge(branch: string, change: (checkout: string) => void): Promise<string> {
    await runner.git('checkout', '--quiet', '-B', branch, 'bank');
    change(runner.origin);
    await runner.git('add', '--all');
    await runner.git('commit', '--quiet', '--message', branch);
    await runner.git('checkout', '--quiet', '-B', `${branch}-merge`, 'bank');
    await runner.git('merge', '--quiet', '--no-ff', '--message', 'merge', branch);
    await runner.git('checkout', '--quiet', '--force', 'main');
    return `${branch}-merge`;
  }

  /** Nothing of it is planned, runs, is in the checkout that has the credentials, or gives GitHub an order. */
  async function requireRefused(ref: string): Promise<string> {
    const selected = await runner.job('plan.yml', 'select', onBank(ref), workspace);
    workspace = selected.workspace;
    expect(selected.outputs).toEqual({ environments: '[]' });
    expect(selected.obeyed).toEqual([]);
    expect(existsSync(canary)).toBe(false);
    expect((await run('git', ['-C', workspace, 'status', '--porcelain'])).stdout).toBe('');
    return selected.log;
  }

  beforeAll(async () => {
    canary = join(runner.directory, 'canary');
    await runner.git('checkout', '--quiet', '-B', 'bank', 'main');
    writeTargetBranch(runner.origin);
    await runner.git('add', '--all');
    await runner.git('commit', '--quiet', '--message', 'the environments of a bank');
    await runner.git('checkout', '--quiet', 'main');
  }, 180_000);

  test('has no configuration planned that decides what is run, built or trusted', async () => {
    const log = await requireRefused(await merge('proposed', writeProposed));
    const refused = Object.keys(PROPOSED).map((name) => [
      name,
      log.split('\n').find((line) => line.startsWith(`\`${name}\``)),
    ]);
    expect(refused).toEqual(
      Object.entries(PROPOSED).map(([name, { refusal }]) => [name, expect.stringContaining(refusal)]),
    );
  }, 180_000);

  test('has nothing planned or run beside code, or what may be code', async () => {
    const kinds = hostileCode(canary);
    expect(kinds.length + Object.keys(PROPOSED).length).toBeGreaterThan(25);
    // The step names three files; a pull request each for all of them would take a minute.
    for (let first = 0; first < kinds.length; first += 3) {
      const some = kinds.slice(first, first + 3);
      const ref = await merge(`code-${first}`, (checkout) => {
        for (const { apply: change } of some) change(checkout);
      });
      const log = await requireRefused(ref);
      expect(log).toContain('is not planned here: the pull request also changes code (');
      for (const { attack, refusal } of some) expect([attack, log]).toEqual([attack, expect.stringContaining(refusal)]);
    }
  }, 180_000);
});

test('the night finds an environment as configured, and opens issues when somebody has changed it by hand and nobody is served', async () => {
  const clean = await runner.job('drift.yml', 'drift', onMain);
  // First, as an issue says what was found.
  expect(await runner.takeRequests()).toEqual([]);
  expect(clean.log).toContain(`${ENVIRONMENT} is as configured`);
  expect(clean.log).toContain(`${ENVIRONMENT} serves, as a client sees it`);
  await docker('rm', '--force', '--volumes', `${ENVIRONMENT}-load-balancer`);
  await runner.job('drift.yml', 'drift', onMain);
  const issues = (await runner.takeRequests()).filter(({ args }) =>
    args.includes('--method POST repos/bank/identity/issues '),
  );
  const [drift, status] = ['Drift', 'Status'].map((title) =>
    issues.find(({ args }) => args.includes(`title=${title}:`)),
  );
  expect(drift?.body).toContain('docker_container.load-balancer');
  expect(status?.body).toContain('nothing accepts connections at');
}, 300_000);

test('teardown destroys everything, after the name was typed', async () => {
  const inputs = { environment: ENVIRONMENT, confirmation: 'something else', recreate: false };
  await expect(runner.job('teardown.yml', 'confirm', { ...onMain, inputs })).rejects.toThrow('nothing was destroyed');
  const confirmed = { ...onMain, inputs: { ...inputs, confirmation: ENVIRONMENT } };
  await runner.job('teardown.yml', 'confirm', confirmed);
  await runner.job('teardown.yml', 'teardown', confirmed);
  const filter = `label=wso2-is-active-active.environment=${ENVIRONMENT}`;
  for (const kind of ['container', 'volume', 'network']) {
    const all = kind === 'container' ? ['--all'] : [];
    expect(await docker(kind, 'ls', '--quiet', ...all, '--filter', filter)).toBe('');
  }
}, 300_000);
