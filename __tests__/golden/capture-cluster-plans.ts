import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../../cli/cluster/kubectl';
import { run } from '../../cli/setup/process';
import { ensureProviders, KUBERNETES_PROVIDERS } from '../../cli/setup/providers';
import { ensureTerraform, terraformVariables } from '../../cli/setup/terraform';
import { OUTPUT_DIRECTORY, TerraformStackRunner } from '../../cli/terraform';
import { synthesize } from '../../constructs/synthesize';
import { hasChanges } from '../../review/plan/planned-stack';
import { loadTopologies } from '../../topology/load-topologies';
import type { Topology } from '../../topology/topology';
import { reduced, writePlanFixture } from './write-fixture';

/**
 * Makes the plans of an environment in a cluster from which the golden reports are rendered: by the real provider, on the cluster of
 * `make cluster`, in a namespace that lets no pod start. Plans do not depend on pods, so nothing waits for them. Takes four minutes:
 *
 *     eval "$(make -s cluster)" && npx tsx __tests__/golden/capture-cluster-plans.ts
 */

const NAMESPACE = 'golden-plans';
/** The canary of the case "kubernetes-secret": it is in the plans, and must be in no report. */
const CANARY = 'canary-7f3a1c';
const DOCUMENT = `platform = { kind = "kubernetes", context = "wso2-kube", namespace = "${NAMESPACE}", publish = "node-port", shared_storage_class = "shared" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
load_balancer = { hostname = "is.bank.test", http_port = 31080, https_port = 31443 }
`;

interface Work {
  readonly topology: Topology;
  readonly runners: readonly TerraformStackRunner[];
}

async function open(toml: string, binary: string, env: NodeJS.ProcessEnv): Promise<Work> {
  mkdirSync('config', { recursive: true });
  writeFileSync(join('config', 'bank.toml'), toml);
  const [topology] = loadTopologies({ only: 'bank' }) as [Topology];
  synthesize([topology], OUTPUT_DIRECTORY);
  return { topology, runners: topology.stacks.map((stack) => new TerraformStackRunner(stack, binary, env)) };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'golden-plans-'));
  const terraform = await ensureTerraform();
  const { binary } = terraform;
  const env = { ...(await ensureProviders(terraform, KUBERNETES_PROVIDERS)), ...terraformVariables(terraform) };
  process.chdir(folder);
  const capture = async (name: string, toml: string, { destroy = false, careless = false } = {}) => {
    const { runners } = await open(toml, binary, env);
    if (careless) addSecrets(runners);
    const stacks = [];
    for (const runner of destroy ? [...runners].reverse() : runners) {
      await runner.init();
      await runner.plan(destroy);
      // As Terraform says it: how it is read is what the reports show.
      const shown = (await run(binary, ['show', '-json', 'tfplan'], { cwd: runner.directory, env })).stdout;
      // What the provider adds for people repeats the object.
      const plan = JSON.parse(shown, (key, value) => (key === 'yaml_body_parsed' ? undefined : value));
      const text = hasChanges(plan) ? await runner.planText() : '';
      stacks.push({ name: runner.stack.name, plan: reduced(plan), text });
    }
    writePlanFixture(name, { toml, ...(destroy && { destroy }), stacks });
    return runners;
  };
  const withServer = (line: string) => DOCUMENT.replace(', memory_mb', `, ${line}, memory_mb`);
  try {
    await kubectl(['create', 'namespace', NAMESPACE]);
    await kubectl(['--namespace', NAMESPACE, 'create', 'quota', 'no-pods', '--hard=pods=0']);
    const first = await capture('kubernetes-first-create', DOCUMENT);
    for (const runner of first) await applyWithoutWaiting(runner);
    await capture('kubernetes-nothing-to-do', DOCUMENT);
    const toml = 'deployment_toml = { transport = { https = { properties = { maxThreads = 300 } } } }';
    await capture('kubernetes-rolling-configuration', withServer(toml));
    await capture('kubernetes-image', withServer('image = "bank/identity-server:2"'));
    await capture('kubernetes-load-balancer', DOCUMENT.replace('http_port', 'affinity = "none", http_port'));
    await capture('kubernetes-secret', DOCUMENT, { careless: true });
    await capture('kubernetes-destroy', DOCUMENT, { destroy: true });
    const inNamespace = (...args: string[]) => kubectl(['--namespace', NAMESPACE, ...args]);
    await inNamespace('set', 'image', 'deployment/bank-node-1', 'identity-server=bank/identity-server:other');
    await inNamespace('delete', 'secret', 'bank-certificate-authority');
    await capture('kubernetes-drift', DOCUMENT);
  } finally {
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nothing would become ready. That it was not waited for is forgotten, or every later plan would tell it as a change. */
async function applyWithoutWaiting(runner: TerraformStackRunner): Promise<void> {
  const [file, waits] = [runner.configurationFile, 'wait_for_rollout'];
  const text = readFileSync(file, 'utf8');
  const json = JSON.parse(text);
  for (const each of Object.values<Record<string, unknown>>(json.resource.kubectl_manifest)) each[waits] = false;
  writeFileSync(file, JSON.stringify(json));
  await runner.plan();
  await runner.apply({ quiet: true });
  writeFileSync(file, text);
  const state = join('state', 'bank', `${runner.stack.name}.tfstate`);
  writeFileSync(state, readFileSync(state, 'utf8').replaceAll(`"${waits}": false`, `"${waits}": true`));
}

/** A variable in a file, and a value in a Secret, as a careless author would write them. */
function addSecrets(runners: readonly TerraformStackRunner[]): void {
  const edit = (layer: string, change: (json: { variable?: object; resource: Resources }) => void) => {
    const file = runners.find(({ stack }) => stack.layer === layer)?.configurationFile as string;
    const json = JSON.parse(readFileSync(file, 'utf8'));
    change(json);
    writeFileSync(file, JSON.stringify(json));
  };
  edit('node', (json) => {
    json.variable = { password: { type: 'string', sensitive: true } };
    const { files } = json.resource.kubectl_manifest;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
    const careless = '"data":{"secret.conf":"password = ${var.password}",';
    if (files) files.yaml_body = files.yaml_body.replace('"data":{', careless);
  });
  edit('foundation', ({ resource }) => {
    const { keystores } = resource.kubectl_manifest;
    if (keystores) keystores.yaml_body = keystores.yaml_body.replace('{', `{"stringData":{"password":"${CANARY}-2"},`);
  });
  process.env.TF_VAR_password = CANARY;
}

interface Resources {
  readonly kubectl_manifest: Record<string, { yaml_body: string }>;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
