import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEnvironment } from '../../cli/command';
import { planAll } from '../../cli/planning';
import { runCommand } from '../../cli/setup/errors';
import { run } from '../../cli/setup/process';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport } from '../../review/report/report';
import { deriveTopology } from '../../topology/topology';
import { readPlanFixture } from '../support/plan-fixtures';
import { median, seconds } from './measure';

const RUNS = 7;

/**
 * How long plans and their reports take: rendering the report of eight nodes, and `make plan` of the environment that ENVIRONMENT names, which
 * must be up and unchanged, beside one `terraform plan` of the same resources in a single stack written by hand.
 *
 *     npx tsx __tests__/benchmarks/plan.ts
 */
runCommand(async () => {
  const rendering = renderings();
  row('report of 8 nodes, rendered', rendering * 1000, 'ms');

  const single = await singleStack();
  const make = () => run('make', ['--no-print-directory', '-f', join(__dirname, '..', '..', 'Makefile'), 'plan']);
  try {
    const ratios: number[] = [];
    for (let turn = 0; turn <= RUNS; turn++) {
      const [byHand, ours] = [await seconds(single.plan), await seconds(make)];
      // The first pair warms the file cache.
      if (turn > 0) ratios.push(ours / byHand);
      if (turn > 0)
        console.log(`| terraform plan, one stack: ${byHand.toFixed(1)} s | make plan: ${ours.toFixed(1)} s |`);
    }
    row('make plan : terraform plan, pair by pair, median', median(ratios), '');
  } finally {
    rmSync(single.directory, { recursive: true, force: true });
  }
});

/** Seconds of one rendering; the median. */
function renderings(): number {
  const fixture = readPlanFixture('oversize');
  const directory = mkdtempSync(join(tmpdir(), 'benchmark-'));
  writeFileSync(join(directory, 'bank.toml'), fixture.toml);
  const [environment] = loadEnvironments(directory);
  rmSync(directory, { recursive: true });
  if (environment === undefined) throw new Error('the plans have no configuration');
  const topology = deriveTopology(environment, readAssets(environment));
  const stacks = fixture.stacks.map((stack) => ({ ...stack, configuration: {}, sha256: '', configurationSha256: '' }));
  const times = Array.from({ length: 20 }, () => {
    const started = performance.now();
    renderMarkdown(buildReport({ topology, stacks }));
    return (performance.now() - started) / 1000;
  });
  return median(times);
}

/** The environment's resources in one stack with one state, as somebody would write it who does without layers. */
async function singleStack(): Promise<{ directory: string; plan: () => Promise<unknown> }> {
  const context = await openEnvironment();
  if ((await planAll(context)).length > 0)
    throw new Error('the environment is not up, or its configuration has changed');
  const directory = join('cdktf.out', 'stacks', 'by-hand');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const binary = context.variables.TERRAFORM_BINARY_NAME ?? 'terraform';
  const terraform = (cwd: string, ...args: string[]) => run(binary, args, { cwd, env: context.variables });

  const merged: Merged = { terraform: undefined, provider: {}, resource: {} };
  const resources: unknown[] = [];
  let state: Record<string, unknown> = {};
  for (const [index, runner] of context.stacks.entries()) {
    // Two stacks may give the same name to a resource.
    const renamed = (text: string) =>
      text.replace(/\b((?:docker|local)_\w+)\.([a-z][\w-]*)/g, (_, type, name) => `${type}.s${index}-${name}`);
    const configuration = JSON.parse(renamed(readFileSync(runner.configurationFile, 'utf8')));
    merged.terraform ??= { required_providers: configuration.terraform.required_providers, backend: { local: {} } };
    Object.assign(merged.provider, configuration.provider);
    for (const [type, named] of Object.entries<Record<string, unknown>>(configuration.resource)) {
      for (const [name, resource] of Object.entries(named)) {
        merged.resource[type] = { ...merged.resource[type], [`s${index}-${name}`]: resource };
      }
    }
    const { stdout } = await terraform(runner.directory, 'state', 'pull');
    state = JSON.parse(renamed(stdout));
    for (const resource of state.resources as { name: string }[]) {
      resources.push({ ...resource, name: `s${index}-${resource.name}` });
    }
  }
  writeFileSync(join(directory, 'main.tf.json'), JSON.stringify(merged));
  writeFileSync(join(directory, 'terraform.tfstate'), JSON.stringify({ ...state, resources }));
  await terraform(directory, 'init', '-input=false');
  const plan = () => terraform(directory, 'plan', '-input=false', '-detailed-exitcode', '-out=tfplan');
  await plan();
  return { directory, plan };
}

interface Merged {
  terraform: unknown;
  readonly provider: Record<string, unknown>;
  readonly resource: Record<string, Record<string, unknown>>;
}

function row(what: string, value: number, unit: string): void {
  console.log(`| ${what} | ${value.toFixed(2)} ${unit} |`);
}
