import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { remainingStacks } from '../../cli/retired-stacks';
import { synthesize } from '../../constructs/synthesize';
import type { PlannedStack } from '../../review/plan/planned-stack';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport, type ReportInput } from '../../review/report/report';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { type Json, readSynthesized, temporaryDirectory, topology } from '../support/synth';

// What an earlier configuration has left: nodes above today's number, a database container where the database is external now.
const TOML = `identity_server = { distribution = "sandbox", nodes = 3 }
load_balancer = { hostname = "is.bank.test" }
`;
const PG = 'state = { backend = "pg", settings = { schema_name = "terraform" } }\n';
const NO_CONTAINERS = { names: async () => [] };

function writeState(name: string, text: string): void {
  const file = join('state', 'bank', `${name}.tfstate`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('what is still there', () => {
  const before = process.cwd();
  beforeEach(() => process.chdir(temporaryDirectory()));
  afterEach(() => process.chdir(before));

  test('with local state: the stacks above today’s nodes whose state holds something', async () => {
    for (const name of ['bank-node-3', 'bank-node-4', 'bank-node-7', 'other-node-8']) {
      writeState(name, '{"version": 4, "resources": [{"type": "docker_container"}]}');
    }
    writeState('bank-node-5', '{"version": 4, "resources": []}');
    writeState('bank-node-6', '');
    expect(await remainingStacks(topology(TOML, 'bank'), NO_CONTAINERS)).toEqual(['bank-node-4', 'bank-node-7']);
  });

  test('with remote state: the stacks above today’s nodes that have a container on the engine', async () => {
    const names = async () => ['bank-node-1', 'bank-node-4', 'bank-database', 'bank-node-44'];
    expect(await remainingStacks(topology(TOML + PG, 'bank'), { names })).toEqual(['bank-node-4']);
  });

  test('nothing, where there never were more nodes', async () => {
    expect(await remainingStacks(topology(TOML, 'bank'), NO_CONTAINERS)).toEqual([]);
    expect(await remainingStacks(topology(TOML + PG, 'bank'), NO_CONTAINERS)).toEqual([]);
  });
});

test('eight nodes leave no place for retired ones', () => {
  const names = (nodes: number) =>
    topology(TOML.replace('nodes = 3', `nodes = ${nodes}`), 'bank').retired.stacks.map(({ name }) => name);
  expect(names(6)).toEqual(['bank-node-7', 'bank-node-8']);
  expect(names(8)).toEqual([]);
});

test('a retired stack is written with the backend and the provider that it had, and without resources', () => {
  const outdir = temporaryDirectory();
  const derived = topology(`${TOML + PG}engine = { host = "tcp://docker.bank.test:2376" }\n`, 'bank');
  synthesize([derived], outdir, ['bank-node-4']);
  const [current, retired] = readSynthesized(outdir, ['bank-node-3', 'bank-node-4']).stacks;
  expect(retired?.resources).toEqual([]);
  expect(retired?.json.provider).toEqual(current?.json.provider);
  expect(retired?.json.terraform.required_providers).toEqual(current?.json.terraform.required_providers);
  expect(retired?.json.terraform.backend).toEqual({ pg: { schema_name: 'terraform_bank_node_4' } });
});

describe('the report of a node that leaves', () => {
  function input(): ReportInput & { stacks: PlannedStack[] } {
    return structuredClone(reportInput(readPlanFixture('node-leaves'))) as Json;
  }

  test('its plan is part of what the digest names', () => {
    const [one, other] = [input(), input()];
    (other.stacks.at(-1) as Json).sha256 = 'f'.repeat(64);
    expect(buildReport(one).digest).not.toBe(buildReport(other).digest);
  });

  test('where nothing else is left to do, it is applied like any other plan', () => {
    const made = input();
    for (const { plan } of made.stacks.slice(0, -1)) {
      for (const { change } of plan.resource_changes as Json[]) change.actions = ['no-op'];
    }
    const report = buildReport(made);
    expect(report.stacks.filter(({ changes }) => changes).map(({ name }) => name)).toEqual(['bank-node-3']);
    expect(report.availability.level).toBe('rolling');
    expect(renderMarkdown(report)).toContain('make apply ENVIRONMENT=bank PLAN=');
  });
});
