import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { parse } from 'smol-toml';
import { STORAGE_CLASS } from '../../cli/cluster/manifests';
import { canariesOf, filesWith, otherObjects, textsWith } from '../support/canaries';
import { type AccountKubeconfig, kubeconfigOf } from '../support/cluster-accounts';
import { ClusterEnvironment, EMPTY_NAMESPACE } from '../support/cluster-environment';
import { hostileText } from '../support/hostile-pull-request';
import { placeOf } from '../support/places';
import { StateServer } from '../support/state-server';
import { WorkflowRunner } from '../support/workflow-runner';

// The workflow files on a cluster, step by step, with remote state and an account for each purpose that may do just that.

const NAME = 'cluster-workflows';
const STACKS = ['foundation', 'node-1', 'node-2', 'load-balancer'].map((layer) => `${NAME}-${layer}`);
const [, FIRST = '', SECOND = '', BALANCER = ''] = STACKS;
const ACCOUNTS = ['review', 'plan', 'apply'] as const;

const environment = new ClusterEnvironment(NAME, { http: 30_188, https: 30_588 });
const { kubectl } = environment;
const state = new StateServer();
// The cluster is known by what connect.sh has put down, and by nothing else.
const runner = new WorkflowRunner({ KUBECONFIG: undefined });
let kubeconfigs: Record<(typeof ACCOUNTS)[number], AccountKubeconfig>;
let configuration: (heapMb: number, more?: string) => string;
/** What the pull request proposes, and `main` has after its merge. */
let merged = '';
/** All that the jobs have printed. */
const said: string[] = [];
/** What was ever in a Secret. */
const canaries = new Set<string>();

const context = (account: (typeof ACCOUNTS)[number], ref = 'main') => ({
  ref,
  github: { event: { pull_request: { number: 7, base: { ref: 'main' } } }, token: 'none' },
  matrix: { environment: NAME },
  secrets: {
    KUBECONFIG: kubeconfigs[account].text,
    ...(account !== 'review' && { PLAN_PASSPHRASE: 'a passphrase of the tests' }),
  },
});

/** Runs a job, after which no kubeconfig is left on the runner, however it ended. */
async function job(workflow: string, name: string, given: Readonly<Record<string, unknown>>) {
  try {
    const result = await runner.job(workflow, name, given);
    said.push(result.log);
    return result;
  } catch (error) {
    said.push(String(error));
    throw error;
  } finally {
    const tokens = Object.values(kubeconfigs).map(({ token }) => token);
    expect(await filesWith(tokens, [runner.directory])).toEqual([]);
  }
}

/** What a job says that must fail and change nothing. */
async function refusal(workflow: string, name: string, given: Readonly<Record<string, unknown>>): Promise<string> {
  const before = await environment.versions();
  const failed = await job(workflow, name, given).then(
    () => 'it did not fail',
    (error: unknown) => String(error),
  );
  expect(await environment.versions()).toEqual(before);
  return failed;
}

const plan = () =>
  job('apply-environment.yml', 'plan', { ...context('plan'), inputs: { environment: NAME }, vars: {} });
const apply = (planned: Awaited<ReturnType<typeof plan>>, vars: Readonly<Record<string, string>> = {}) =>
  job('apply-environment.yml', 'apply', {
    ...context('apply'),
    inputs: { environment: NAME },
    vars,
    needs: { plan: planned },
  });

async function noteSecrets(): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'secrets', '--output', 'json'));
  for (const canary of canariesOf(items)) canaries.add(canary);
}

jest.setTimeout(900_000);

beforeAll(async () => {
  await environment.prepare();
  const address = await state.start();
  configuration = (heapMb, more = '') => `[platform]
kind = "kubernetes"
context = "wso2-kube"
publish = "node-port"
storage_gib = 1
shared_storage_class = "${STORAGE_CLASS}"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = ${heapMb}
${more}
[load_balancer]
hostname = "${placeOf(NAME).hostname}"
http_port = ${environment.ports.http}
https_port = ${environment.ports.https}
[state]
backend = "http"
settings = { address = "${address}" }
`;
  await runner.createOrigin();
  await runner.commit(NAME, 'main', configuration(448));
  // As whoever runs the cluster does it.
  await environment.workspace.make('manifests', NAME);
  await kubectl('apply', '--filename', environment.workspace.path('build', NAME, 'accounts.yaml'));
  const made = ACCOUNTS.map(async (account) => [account, await kubeconfigOf(`${NAME}-${account}`, kubectl)]);
  kubeconfigs = Object.fromEntries(await Promise.all(made));
}, 1_200_000);

afterAll(async () => {
  await environment.dispose();
  await state.stop();
  runner.dispose();
}, 600_000);

test('main deploys the environment from nothing, by accounts of the namespace alone; the second plan is empty', async () => {
  const { outputs } = await job('apply.yml', 'select', context('plan'));
  expect(JSON.parse(outputs.environments as string)).toContain(NAME);
  const first = await plan();
  expect(first.log).toContain('Note  platform.context: whoever made this plan may only read in the namespace');
  expect(Number(first.outputs.changes)).toBeGreaterThan(20);
  expect(Object.keys(await environment.versions()).filter((name) => name.startsWith('Deployment'))).toEqual([]);
  await apply(first, { ACCEPTANCE: 'yes' });
  expect(state.contents).toHaveLength(STACKS.length);
  await environment.untilHealthy();
  expect((await plan()).outputs.changes).toBe('0');
  await noteSecrets();
});

test('after it, the acceptance suite has found every promise held that applies to the Carbon server', () => {
  const report = runner.artifact(`acceptance-${NAME}`, 'acceptance', NAME, 'report.json');
  const { results } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly results: readonly { readonly id: string; readonly outcome: string }[];
  };
  const ids = (outcome: string) => results.filter((result) => result.outcome === outcome).map(({ id }) => id);
  expect(ids('held')).toEqual(['P2', 'P3', 'N3', 'N7', 'N8', 'A3']);
  expect([...ids('broken'), ...ids('unclear')]).toEqual([]);
});

test('a pull request is planned by an account that reads and changes nothing; after its merge the nodes are changed one by one, and its text is text', async () => {
  const texts = hostileText(join(runner.directory, 'canary-of-texts'));
  const lines = Object.entries(texts).map(([name, text]) => `${name} = ${JSON.stringify(text)}`);
  const more = `[identity_server.deployment_toml.hostile]\n${lines.join('\n')}`;
  merged = configuration(400, more);
  await runner.commit(NAME, 'larger', merged);
  const proposed = context('review', 'merge');
  expect((await job('plan.yml', 'select', proposed)).outputs).toEqual({ environments: `["${NAME}"]` });
  const before = await environment.versions();
  const planned = await job('plan.yml', 'plan', proposed);
  expect(await environment.versions()).toEqual(before);
  expect(planned.obeyed.filter((line) => line.includes('add-mask'))).toEqual([]);
  await job('plan.yml', 'comment', proposed);
  const [comment, ...others] = await runner.takeRequests();
  expect(others).toEqual([]);
  expect(comment?.body).toMatch(new RegExp(`^<!-- wso2-is-active-active plan ${NAME} -->\n`));
  for (const word of [FIRST, SECOND, 'jsonencode(terraform.workspace)']) {
    expect(comment?.body).toContain(word);
  }

  await runner.git('merge', '--quiet', '--no-ff', '--message', 'merged', 'larger');
  const pods = await environment.nodePods();
  await apply(await plan());
  for (const uid of Object.values(await environment.nodePods())) expect(Object.values(pods)).not.toContain(uid);
  for (const node of [FIRST, SECOND]) {
    const file = '/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml';
    expect(parse(await kubectl('exec', `deployment/${node}`, '--', 'cat', file)).hostile).toEqual(texts);
  }
  await environment.untilHealthy();
});

test('a plan of another configuration than that of main is refused', async () => {
  await runner.commit(NAME, 'main', configuration(448));
  const stale = await plan();
  await runner.commit(NAME, 'main', merged);
  expect(
    await refusal('apply-environment.yml', 'apply', {
      ...context('apply'),
      inputs: { environment: NAME },
      needs: { plan: stale },
    }),
  ).toContain('the configuration has changed since the plan was made');
});

test('a state that somebody else has locked stops the plan, and nothing changes', async () => {
  state.hold(FIRST, 'lock-of-another-run');
  const failed = await refusal('apply-environment.yml', 'plan', { ...context('plan'), inputs: { environment: NAME } });
  state.release(FIRST);
  expect(failed).toContain('already locked: ID=lock-of-another-run');
});

test('a kubeconfig of another context, and an apply by an account that only plans, are one message each', async () => {
  const other = await kubeconfigOf(`${NAME}-plan`, kubectl, 'payments');
  const inputs = { environment: NAME };
  const given = context('plan');
  const wrong = { ...given, inputs, secrets: { ...given.secrets, KUBECONFIG: other.text } };
  expect(await refusal('apply-environment.yml', 'plan', wrong)).toMatch(
    /there is no context wso2-kube in \S+, which has payments;/,
  );
  expect(await filesWith([other.token], [runner.directory])).toEqual([]);
  const planned = await plan();
  expect(
    await refusal('apply-environment.yml', 'apply', { ...context('plan'), inputs, needs: { plan: planned } }),
  ).toContain('platform.context: the user of the context wso2-kube may not');
});

test('the night finds the environment as configured, and opens issues when somebody has changed it by hand and nobody is served', async () => {
  const clean = await job('drift.yml', 'drift', context('plan'));
  expect(await runner.takeRequests()).toEqual([]);
  expect(clean.log).toContain(`${NAME} is as configured`);
  expect(clean.log).toContain(`${NAME} serves, as a client sees it`);
  await kubectl('delete', 'networkpolicy', `${NAME}-to-node`);
  await kubectl('scale', 'deployment', BALANCER, '--replicas=0');
  await kubectl(
    'wait',
    'pods',
    '--for=delete',
    '--timeout=120s',
    `--selector=wso2-is-active-active.component=load-balancer`,
  );
  await job('drift.yml', 'drift', context('plan'));
  const issues = (await runner.takeRequests()).filter(({ args }) =>
    args.includes('--method POST repos/bank/identity/issues '),
  );
  const [drift, status] = ['Drift', 'Status'].map((title) =>
    issues.find(({ args }) => args.includes(`title=${title}:`)),
  );
  for (const name of [BALANCER, `${NAME}-to-node`]) expect(drift?.body).toContain(name);
  expect(status?.body).toContain('no machine has a load balancer');
  await apply(await plan());
  await environment.untilHealthy();
});

test('a state that was lost is made again by the next run: no pod is replaced', async () => {
  const pods = await environment.nodePods();
  state.lose();
  const planned = await plan();
  expect(planned.log).toContain('that its state does not know are there already');
  await apply(planned);
  expect(await environment.nodePods()).toEqual(pods);
  expect(state.contents).toHaveLength(STACKS.length);
  expect((await plan()).outputs.changes).toBe('0');
});

test('no token and no value of a Secret is in a state, a saved plan, an artifact, another object or what the jobs have said', async () => {
  await noteSecrets();
  const looked = [...canaries, ...Object.values(kubeconfigs).map(({ token }) => token)];
  const plans = savedPlans();
  for (const text of Object.values(plans)) expect(text).toContain('kubectl_manifest');
  expect(Object.keys(plans).length).toBeGreaterThan(STACKS.length);
  const states = Object.fromEntries(state.contents.map((text, index) => [`state ${index}`, text]));
  const texts = { ...plans, ...states, ...(await otherObjects(kubectl)), jobs: said.join('\n') };
  expect(textsWith(looked, texts)).toEqual([]);
  expect(await filesWith(looked, [runner.directory])).toEqual([]);
});

test('teardown destroys everything but the accounts, after the name was typed', async () => {
  const inputs = { environment: NAME, confirmation: 'something else', recreate: false };
  const given = { ...context('apply'), inputs };
  await expect(job('teardown.yml', 'confirm', given)).rejects.toThrow('nothing was destroyed');
  const confirmed = { ...given, inputs: { ...inputs, confirmation: NAME } };
  await job('teardown.yml', 'confirm', confirmed);
  await job('teardown.yml', 'teardown', confirmed);
  const accounts = ACCOUNTS.flatMap((account) =>
    ['role.rbac.authorization.k8s.io', 'rolebinding.rbac.authorization.k8s.io', 'serviceaccount'].map(
      (kind) => `${kind}/${NAME}-${account}`,
    ),
  );
  const expected = [...accounts, ...EMPTY_NAMESPACE].sort();
  expect(await environment.left(expected)).toEqual(expected);
  expect(state.contents.filter((text) => text.includes('kubectl_manifest'))).toEqual([]);
});

/** Every saved plan of every job, with what is packed in it. */
function savedPlans(): Record<string, string> {
  const files = (readdirSync(runner.directory, { recursive: true }) as string[]).filter(
    (file) => file.endsWith('/tfplan') && !file.includes('node_modules'),
  );
  return Object.fromEntries(
    files.map((file) => {
      const entries = unzipSync(readFileSync(join(runner.directory, file)));
      const contents = Object.values(entries).map((content) => Buffer.from(content).toString('latin1'));
      return [`saved plan ${file}`, contents.join('\n')];
    }),
  );
}
