import type { CommandContext } from '../../cli/command';
import type { TerraformStackRunner } from '../../cli/terraform';
import { lostStacks, requireKnown } from '../../cli/unknown-to-state';
import type { Plan } from '../../review/plan/plan-json';
import { topology } from '../support/synth';

// A lost state and an interrupted run look alike to Terraform: it wants to create what is there. What serves tells them apart.
type Found = Record<string, 'serving' | 'starting' | 'ended'>;

interface Given {
  /** Containers on the engine, without the environment's name. */
  readonly found: Found;
  readonly network?: boolean;
  /** Stacks whose plans create their containers; the others know theirs. */
  readonly creating: readonly string[];
  /** Ids in the states, by address. */
  readonly known?: Record<string, string>;
}

function given({ found, network = true, creating, known = {} }: Given) {
  const derived = topology(undefined, 'bank');
  const created = (type: string, name: string) => ({
    address: `${type}.${name}`,
    type,
    change: { actions: ['create'], before: null, after: { name } },
  });
  const resources: Record<string, Plan['resource_changes']> = {
    foundation: [
      created('docker_network', 'bank'),
      created('docker_volume', 'bank-database-data'),
      created('docker_container', 'bank-database'),
      created('docker_container', 'bank-keystores-job'),
    ],
    'node-1': [created('docker_container', 'bank-node-1')],
    'node-2': [created('docker_container', 'bank-node-2')],
    'load-balancer': [created('docker_container', 'bank-load-balancer')],
  };
  const runners = derived.stacks.map((stack) => {
    const short = stack.name.slice('bank-'.length);
    return {
      stack,
      planJson: async (): Promise<Plan> => ({
        format_version: '1.2',
        resource_changes: creating.includes(short) ? resources[short] : [],
      }),
      stateIds: async () => new Map(Object.entries(known)),
    } as unknown as TerraformStackRunner;
  });
  const engine = {
    names: async (kind: string) =>
      kind === 'network' ? (network ? ['bank'] : []) : Object.keys(found).map((name) => `bank-${name}`),
    containers: async () =>
      Object.entries(found).map(([name, state]) => ({
        name: `bank-${name}`,
        running: state !== 'ended',
        paused: false,
        exitCode: 0,
        health: state === 'serving' ? 'healthy' : 'starting',
      })),
    docker: async (_: string, action: string, ...rest: string[]) => {
      if (action !== 'inspect') throw new Error('no answer');
      return `id of ${rest.at(-1)}\n`;
    },
    exec: async () => {
      if (found['load-balancer'] !== 'serving') throw new Error('no answer');
      const nodes = Object.keys(found).filter((name) => name.startsWith('node-'));
      return JSON.stringify({
        nodes: nodes.map((name) => ({ name, rotation: found[name] === 'serving' ? 'in' : 'out' })),
      });
    },
  };
  return { context: { topology: derived, engine, stacks: runners } as unknown as CommandContext, runners };
}

async function lost(setting: Given): Promise<Record<string, string[]>> {
  const { context, runners } = given(setting);
  const stacks = await lostStacks(context, runners);
  return Object.fromEntries(
    stacks.map(({ runner, resources }) => [runner.stack.name, resources.map(({ name }) => name)]),
  );
}

const ALL = ['foundation', 'node-1', 'node-2', 'load-balancer'];
const PAIR: Found = {
  database: 'serving',
  'keystores-job': 'ended',
  'node-1': 'serving',
  'node-2': 'starting',
  'load-balancer': 'serving',
};

test('a pair that serves, and states that know nothing: everything that is there is unknown', async () => {
  expect(await lost({ found: PAIR, creating: ALL })).toEqual({
    'bank-foundation': ['bank', 'bank-database', 'bank-keystores-job'],
    'bank-node-1': ['bank-node-1'],
    'bank-node-2': ['bank-node-2'],
    'bank-load-balancer': ['bank-load-balancer'],
  });
});

test.each<[string, Given]>([
  ['nothing is there', { found: {}, network: false, creating: ALL }],
  ['only a network was made', { found: {}, creating: ALL }],
  ['a job was cut off', { found: { 'keystores-job': 'starting' }, creating: ALL }],
  ['the first node is being created', { found: { ...PAIR, 'node-1': 'starting' }, creating: ['node-1'] }],
  [
    'everything was stopped',
    { found: { database: 'ended', 'node-1': 'ended', 'load-balancer': 'ended' }, creating: ALL },
  ],
  [
    'nobody can reach the first node yet',
    { found: { database: 'serving', 'node-1': 'serving' }, creating: ['node-1', 'node-2', 'load-balancer'] },
  ],
  ['the states know all of it', { found: PAIR, creating: [] }],
  [
    'a roll was cut off, and the new node takes traffic by now',
    { found: PAIR, creating: ['node-1'], known: { 'docker_image.identity-server-image': 'sha256:1' } },
  ],
  [
    'the first creation was cut off while the database started',
    { found: { database: 'starting' }, creating: ALL, known: { 'docker_volume.database-data': 'bank-database-data' } },
  ],
])('%s: nothing is lost', async (_, setting) => {
  expect(await lost(setting)).toEqual({});
});

test.each<[string, Given, string]>([
  ['the database', { found: { database: 'starting' }, creating: ALL }, 'bank-foundation'],
  ['the load balancer', { found: PAIR, creating: ['load-balancer'] }, 'bank-load-balancer'],
  ['a node that takes traffic', { found: PAIR, creating: ['node-1'] }, 'bank-node-1'],
])('%s alone is no leftover', async (_, setting, stack) => {
  expect(Object.keys(await lost(setting))).toEqual([stack]);
});

test('the refusal names what was found and both ways back', async () => {
  const { context, runners } = given({ found: PAIR, creating: ALL });
  const refusal = expect(requireKnown(context, runners)).rejects;
  await refusal.toThrow(`bank runs, but Terraform's state does not know it. Nothing was changed`);
  await expect(requireKnown(context, runners)).rejects.toThrow(
    'bank-foundation: network bank, bank-database, bank-keystores-job',
  );
  await expect(requireKnown(context, runners)).rejects.toThrow('make adopt ENVIRONMENT=bank');
});

test('a plan from before the state knew them is stale, not lost', async () => {
  const known = { 'docker_container.bank-node-1': 'id of bank-node-1' };
  const { context, runners } = given({ found: PAIR, creating: ['node-1'], known });
  await expect(requireKnown(context, runners)).rejects.toThrow('the plan of bank-node-1 is stale');
});
