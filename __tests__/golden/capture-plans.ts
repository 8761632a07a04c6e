import { readFileSync, writeFileSync } from 'node:fs';
import { type CommandContext, openEnvironment } from '../../cli/command';
import { planAll } from '../../cli/planning';
import { applyAll } from '../../cli/rollout';
import { run } from '../../cli/setup/process';
import { teardownLayers } from '../../cli/teardown';
import type { Attributes } from '../../review/plan/plan-json';
import { hasChanges } from '../../review/plan/planned-stack';
import { placeOf } from '../support/places';
import { PROTECTED } from '../support/protected';
import { Workspace } from '../support/workspace';
import { reduced, writePlanFixture } from './write-fixture';

/**
 * Makes the plans from which the golden reports are rendered: real plans of a real environment on the Docker Engine, by the real
 * provider. Takes a few minutes; run it when what the provider plans has changed:
 *
 *     npx tsx __tests__/golden/capture-plans.ts
 */

const { name: NAME, hostname, bindAddress, subnet } = placeOf('bank');
const BASE = {
  network: `{ subnet = "${subnet}" }`,
  identity_server: 'distribution = "sandbox", memory_mb = 1024, heap_mb = 384',
  load_balancer: `hostname = "${hostname}", bind_address = "${bindAddress}"`,
};

/** The canary of the case "secret": it is in the plans, and must be in no report. */
const CANARY = 'canary-7f3a1c';

interface Settings {
  readonly before?: string;
  readonly server?: string;
  readonly balancer?: string;
  readonly after?: string;
}

function toml({ before = '', server = '', balancer = '', after = '' }: Settings = {}): string {
  return `${before}network = ${BASE.network}
identity_server = { ${BASE.identity_server}${server} }
load_balancer = { ${BASE.load_balancer}${balancer} }
${after}`;
}

async function open(workspace: Workspace, text: string): Promise<CommandContext> {
  await workspace.configure(NAME, text);
  process.env.ENVIRONMENT = NAME;
  process.chdir(workspace.directory);
  return openEnvironment();
}

async function plan(workspace: Workspace, name: string, text: string, prepare?: (context: CommandContext) => void) {
  const context = await open(workspace, text);
  prepare?.(context);
  await planAll(context);
  await save(name, text, context);
}

async function save(name: string, text: string, context: CommandContext, destroy?: true): Promise<void> {
  const runners = destroy ? teardownLayers(context.stacks).flat() : context.stacks;
  const stacks = await Promise.all(
    runners.map(async (runner) => {
      const json = await runner.planJson();
      const shown = hasChanges(json) ? await runner.planText() : '';
      return { name: runner.stack.name, plan: reduced(json), text: shown, refusal: runner.refusal };
    }),
  );
  writePlanFixture(name, { toml: text, ...(destroy && { destroy }), stacks });
}

/** Adds a sensitive variable to the first node's stack, and uses it as a careless author would. */
function addSecret({ stacks }: CommandContext): void {
  const file = stacks.find(({ stack }) => stack.layer === 'node')?.configurationFile as string;
  const json = JSON.parse(readFileSync(file, 'utf8'));
  json.variable = { password: { type: 'string', sensitive: true } };
  const [container] = Object.values<Attributes>(json.resource.docker_container) as unknown as {
    env: string[];
    upload: { file: string; content: string }[];
    labels: { label: string; value: string }[];
  }[];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
  const reference = '${var.password}';
  container?.env.push(`PASSWORD=${reference}`);
  container?.upload.push({ file: '/secret.conf', content: `user = admin\npassword = ${reference}\n` });
  container?.labels.push({ label: 'also', value: reference });
  writeFileSync(file, JSON.stringify(json, null, 2));
  process.env.TF_VAR_password = CANARY;
}

async function main(): Promise<void> {
  const workspace = new Workspace();
  const empty = new Workspace();
  const docker = (...args: string[]) => run('docker', args);
  try {
    await plan(empty, 'first-create', toml());
    await plan(empty, 'oversize', toml({ server: ', nodes = 8' }));

    const context = await open(workspace, toml());
    await applyAll(context, await planAll(context));
    await plan(workspace, 'nothing-to-do', toml());
    const configuration = ', deployment_toml = { transport = { https = { properties = { maxThreads = 300 } } } }';
    await plan(workspace, 'rolling-configuration', toml({ server: configuration }));
    await plan(workspace, 'image', toml({ server: `, image = "${NAME}/identity-server:2"` }));
    await plan(workspace, 'load-balancer-configuration', toml({ balancer: ', affinity = "none"' }));
    await plan(workspace, 'load-balancer-replaced', toml({ balancer: ', memory_mb = 2048, https_port = 8443' }));
    await plan(
      workspace,
      'protected-database-replaced',
      toml({ before: PROTECTED, after: `database = { image = "${NAME}/postgresql:18" }\n` }),
    );
    await plan(workspace, 'network-replaced', toml().replace(subnet, placeOf('bank-elsewhere').subnet));
    await plan(workspace, 'secret', toml(), addSecret);
    delete process.env.TF_VAR_password;

    const external = 'database = { host = "db.bank.test", max_connections = 500 }\n';
    await plan(workspace, 'database-external', toml({ before: PROTECTED, after: external }));

    const enough = 'database = { max_connections = 500 }\n';
    const more = await open(workspace, toml({ server: ', nodes = 3', after: enough }));
    await applyAll(more, await planAll(more));
    await plan(workspace, 'node-leaves', toml({ after: enough }));
    const fewer = await open(workspace, toml());
    await applyAll(fewer, await planAll(fewer));

    await docker('update', '--memory', '2g', '--memory-swap', '2g', `${NAME}-node-1`);
    await docker('stop', `${NAME}-database`);
    await docker('rm', '--force', '--volumes', `${NAME}-node-2`);
    await plan(workspace, 'drift', toml());

    const destroyed = await open(workspace, toml());
    await planAll(destroyed, { destroy: true });
    await save('destroy', toml(), destroyed, true);
  } finally {
    process.chdir('/');
    await workspace.dispose();
    await empty.dispose();
  }
}

void main();
