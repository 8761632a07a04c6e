import type { CommandContext } from '../../cli/command';
import type { EngineContainer } from '../../cli/environment-engine';
import { planAll } from '../../cli/planning';
import { applyAll } from '../../cli/rollout';
import { waitUntilAllServe } from '../../cli/rotation';
import { UserError } from '../../cli/setup/errors';
import type { TerraformStackRunner } from '../../cli/terraform';
import type { Plan } from '../../review/plan/plan-json';
import { KEEPALIVE_MIN_SECONDS } from '../../topology/nginx-conf';
import { authorityFixture, topology } from '../support/synth';

// In which order a change is applied, and when it must not go on. Engine and Terraform are stand-ins; the end-to-end tests have
// the real ones.
jest.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => jest.advanceTimersByTime(ms) }));

type State =
  | 'serving'
  | 'unhealthy'
  | 'out'
  | 'stopped'
  | 'frozen'
  | 'starting'
  | 'serving, unnoticed'
  | 'stopped, unnoticed';

interface Pair {
  /** State of the containers that are there; applying a node makes it serve. */
  readonly states: Record<string, State>;
  /** Stacks that change. Nodes are replaced, retired ones destroyed. */
  readonly changing: readonly string[];
  readonly nodes?: number;
  /** What happens while somebody waits. */
  readonly meanwhile?: (states: Record<string, State>, seconds: number) => void;
  readonly balancer?: 'answers' | 'silent';
  /** Stacks that cannot be applied. */
  readonly failing?: readonly string[];
  /** Whether the load balancer sends a node traffic as soon as its stack is applied, long before its health check has noticed. */
  readonly early?: boolean;
}

const STARTED = Date.parse('2026-01-01T00:00:00Z');

/** An engine with these containers, whose load balancer knows the nodes among them. */
function engineWith({ states, meanwhile, balancer = 'answers' }: Omit<Pair, 'changing'>) {
  const container = (name: string): EngineContainer => {
    meanwhile?.(states, (Date.now() - STARTED) / 1000);
    const state = states[name];
    const healthy = state === 'serving' || state === 'out' || state === 'frozen';
    return {
      name: `bank-${name}`,
      running: !state?.startsWith('stopped'),
      paused: state === 'frozen',
      restarting: false,
      exitCode: 0,
      outOfMemory: false,
      startError: '',
      startedAt: new Date(STARTED).toISOString(),
      health: healthy ? 'healthy' : state,
      healthOutput: state === 'unhealthy' ? 'no database' : '',
      restarts: 0,
      variables: {},
      image: 'image',
    };
  };
  return {
    containers: async () => Object.keys(states).map(container),
    names: async () => [],
    docker: async () => '2\n',
    exec: async () => {
      meanwhile?.(states, (Date.now() - STARTED) / 1000);
      if (balancer === 'silent') throw new Error('no answer');
      return JSON.stringify({
        nodes: Object.entries(states)
          .filter(([name]) => name.startsWith('node-'))
          .map(([name, state]) => ({ name, rotation: /^serving|unnoticed$/.test(state) ? 'in' : 'out' })),
      });
    },
  };
}

/** Applies the changes. @returns the names of the stacks in the order in which they began; those at the same time in one entry */
async function applied({
  states,
  changing,
  nodes = 2,
  meanwhile,
  balancer = 'answers',
  failing = [],
  early = false,
}: Pair): Promise<string[]> {
  const derived = topology(
    `identity_server = { distribution = "sandbox", nodes = ${nodes}, start_timeout_seconds = 60 }
load_balancer = { hostname = "is.bank.test" }
`,
    'bank',
  );
  const order: string[] = [];
  let running = 0;
  const engine = engineWith({ states, meanwhile, balancer });
  const runners = [...derived.stacks, ...derived.retired.stacks].map((stack) => {
    const short = stack.name.slice('bank-'.length);
    const exists = short in states;
    const plan: Plan = {
      format_version: '1.2',
      resource_changes:
        stack.layer !== 'node'
          ? []
          : [
              {
                address: 'docker_container.identity-server',
                type: 'docker_container',
                change: {
                  actions: exists ? ['delete', 'create'] : ['create'],
                  before: exists ? { name: stack.name } : null,
                  after: { name: stack.name },
                },
              },
            ],
    };
    return {
      stack,
      planJson: async () => plan,
      apply: async () => {
        if (running++ > 0) order.push([...(order.pop() as string).split(' + '), short].sort().join(' + '));
        else order.push(short);
        if (early && stack.layer === 'node') states[short] = 'serving, unnoticed';
        // Long enough for another one to begin.
        for (let turn = 0; turn < (early ? 1000 : 100); turn++) await null;
        running--;
        if (failing.includes(short)) throw new UserError(`${short} broke`);
        if (stack.layer === 'node') states[short] = 'serving';
        if (stack.layer === 'load-balancer') states[short] = 'serving';
      },
    };
  });
  const context = { topology: derived, engine, stacks: runners, variables: {} } as unknown as CommandContext;
  const changed = runners.filter(({ stack }) => changing.includes(stack.name.slice('bank-'.length)));
  try {
    await applyAll(context, changed as unknown as TerraformStackRunner[]);
  } catch (error) {
    throw Object.assign(error as Error, { order });
  }
  return order;
}

beforeEach(() => jest.useFakeTimers({ now: STARTED }));
afterEach(() => jest.useRealTimers());

const BOTH = ['node-1', 'node-2'];

test.each<[string, Pair['states'], string[]]>([
  ['both serve', { 'node-1': 'serving', 'node-2': 'serving' }, ['node-1', 'node-2']],
  ['the second is unhealthy', { 'node-1': 'serving', 'node-2': 'unhealthy' }, ['node-2', 'node-1']],
  ['the second is out of rotation', { 'node-1': 'serving', 'node-2': 'out' }, ['node-2', 'node-1']],
  ['the second is frozen', { 'node-1': 'serving', 'node-2': 'frozen' }, ['node-2', 'node-1']],
  ['the second is missing', { 'node-1': 'serving' }, ['node-2', 'node-1']],
  ['the first is stopped', { 'node-1': 'stopped', 'node-2': 'serving' }, ['node-1', 'node-2']],
  ['nobody serves', { 'node-1': 'unhealthy', 'node-2': 'stopped' }, ['node-1', 'node-2']],
  ['nothing is there: the first creates the administrator', {}, ['node-1', 'node-2']],
  ['all are stopped: the first shows that the change is good', { 'node-1': 'stopped', 'node-2': 'stopped' }, BOTH],
])('a roll through both nodes, %s', async (_, states, expected) => {
  expect(await applied({ states, changing: BOTH })).toEqual(expected);
});

describe('what does not run comes up side by side', () => {
  const ALL = ['foundation', 'node-1', 'node-2', 'node-3', 'node-4', 'load-balancer'];

  test('from nothing: the load balancer beside the first node, then the others, as many as there are processors', async () => {
    expect(await applied({ states: {}, changing: ALL, nodes: 4 })).toEqual([
      'foundation',
      'load-balancer + node-1',
      'node-2 + node-3',
      'node-4',
    ]);
  });

  test('a node makes room for the next as soon as the load balancer sends it traffic', async () => {
    const states: Pair['states'] = { 'load-balancer': 'serving' };
    const changing = ALL.filter((name) => name.startsWith('node-'));
    expect(await applied({ states, changing, nodes: 4, early: true })).toEqual(['node-1 + node-2 + node-3 + node-4']);
  });

  test('what has begun ends in order where the engine cannot say any more what comes next', async () => {
    const states: Pair['states'] = { 'load-balancer': 'serving' };
    const meanwhile: Pair['meanwhile'] = () => {
      if (states['node-1'] === 'serving, unnoticed') throw new UserError('the engine does not answer');
    };
    const roll = applied({ states, changing: BOTH, early: true, meanwhile });
    await expect(roll).rejects.toMatchObject({ message: 'the engine does not answer', order: ['node-1'] });
    expect(states['node-1']).toBe('serving');
  });

  test('what the load balancer says of one that does not run counts for nothing', async () => {
    const states: Pair['states'] = { 'node-1': 'stopped, unnoticed', 'node-2': 'stopped, unnoticed' };
    expect(await applied({ states, changing: BOTH })).toEqual(['node-1', 'node-2']);
  });

  test('one that runs waits until Terraform is done with those that come up', async () => {
    const states: Pair['states'] = { 'node-1': 'stopped', 'node-2': 'serving', 'load-balancer': 'serving' };
    expect(await applied({ states, changing: BOTH, early: true })).toEqual(['node-1', 'node-2']);
  });

  test('nodes that are added to those that serve, and the load balancer after them', async () => {
    const states: Pair['states'] = { 'node-1': 'serving', 'node-2': 'serving', 'load-balancer': 'serving' };
    const changing = ['node-3', 'node-4', 'load-balancer'];
    expect(await applied({ states, changing, nodes: 4 })).toEqual(['node-3 + node-4', 'load-balancer']);
  });

  test('stopped ones, once the first of them serves; one that runs is touched alone', async () => {
    const states: Pair['states'] = {
      'node-1': 'stopped',
      'node-2': 'stopped',
      'node-3': 'stopped',
      'node-4': 'unhealthy',
      'load-balancer': 'serving',
    };
    const changing = ALL.filter((name) => name !== 'foundation');
    expect(await applied({ states, changing, nodes: 4 })).toEqual([
      'node-1',
      'node-2 + node-3',
      'node-4',
      'load-balancer',
    ]);
  });

  test('a load balancer that is down is not the last one', async () => {
    const states: Pair['states'] = { 'node-1': 'serving', 'node-2': 'serving', 'load-balancer': 'stopped' };
    const changing = [...BOTH, 'load-balancer'];
    expect(await applied({ states, changing, balancer: 'silent' })).toEqual(['load-balancer + node-1', 'node-2']);
  });

  test('of two that fail, both are told, and nothing after them begins', async () => {
    const attempt = applied({ states: {}, changing: ALL, failing: ['node-1', 'load-balancer'], nodes: 4 });
    await expect(attempt).rejects.toThrow(/node-1 broke\n\nload-balancer broke/);
    await expect(attempt).rejects.toMatchObject({ order: ['foundation', 'load-balancer + node-1'] });
  });
});

test('the layers keep their order, whichever node is first', async () => {
  const states: Pair['states'] = {
    'load-balancer': 'serving',
    'node-1': 'serving',
    'node-2': 'serving',
    'node-3': 'unhealthy',
    'node-4': 'serving',
  };
  const changing = ['foundation', 'node-1', 'node-2', 'node-3', 'load-balancer', 'node-4'];
  const order = await applied({ states, changing, nodes: 3 });
  expect(order).toEqual(['foundation', 'node-3', 'node-1', 'node-2', 'load-balancer', 'node-4']);
});

test('a node that leaves stays as long as a connection from before the reload may send it requests', async () => {
  const states: Pair['states'] = {
    'load-balancer': 'serving',
    'node-1': 'serving',
    'node-2': 'serving',
    'node-3': 'serving',
  };
  expect(await applied({ states, changing: ['load-balancer', 'node-3'] })).toEqual(['load-balancer', 'node-3']);
  expect(Date.now() - STARTED).toBeGreaterThan(KEEPALIVE_MIN_SECONDS * 1000);
  expect(Date.now() - STARTED).toBeLessThan(2 * KEEPALIVE_MIN_SECONDS * 1000);
});

test('the only node that serves is not replaced while the other is down', async () => {
  const attempt = applied({ states: { 'node-1': 'serving', 'node-2': 'unhealthy' }, changing: ['node-1'] });
  await expect(attempt).rejects.toThrow('bank-node-1 is the only node that serves: going on would be an outage');
  await expect(attempt).rejects.toThrow('bank-node-2 is out of rotation: no database');
  await expect(attempt).rejects.toThrow('docker rm -f bank-node-2');
  await expect(attempt).rejects.toMatchObject({ order: [] });
});

test('it is replaced when the other has come up', async () => {
  const states: Pair['states'] = { 'node-1': 'serving', 'node-2': 'starting' };
  const meanwhile = (now: Pair['states'], seconds: number) => {
    if (seconds > 40) now['node-2'] = 'serving';
  };
  expect(await applied({ states, changing: ['node-1'], meanwhile })).toEqual(['node-1']);
});

test('a node that is down is repaired whatever the other one does', async () => {
  expect(await applied({ states: { 'node-1': 'unhealthy', 'node-2': 'stopped' }, changing: ['node-2'] })).toEqual([
    'node-2',
  ]);
  expect(await applied({ states: { 'node-1': 'serving', 'node-2': 'unhealthy' }, changing: ['node-2'] })).toEqual([
    'node-2',
  ]);
});

test('where the load balancer does not answer, health decides', async () => {
  const states: Pair['states'] = { 'node-1': 'serving', 'node-2': 'unhealthy' };
  expect(await applied({ states, changing: BOTH, balancer: 'silent' })).toEqual(['node-2', 'node-1']);
  const down: Pair = { states: { 'node-1': 'serving', 'node-2': 'stopped' }, changing: ['node-1'], balancer: 'silent' };
  await expect(applied(down)).rejects.toThrow('bank-node-2 is out of rotation: it is stopped');
});

test('a node that leaves is kept while it is the only one that serves', async () => {
  const states: Pair['states'] = { 'node-1': 'stopped', 'node-2': 'unhealthy', 'node-3': 'serving' };
  const attempt = applied({ states, changing: ['load-balancer', 'node-3'] });
  await expect(attempt).rejects.toThrow('bank-node-3 is the only node that serves');
  await expect(attempt).rejects.toMatchObject({ order: [] });
});

test('where every other node is replaced in turn, the last is not taken before they serve', async () => {
  const states: Pair['states'] = { 'node-1': 'unhealthy', 'node-2': 'unhealthy', 'node-3': 'serving' };
  expect(await applied({ states, changing: [...BOTH, 'node-3'], nodes: 3 })).toEqual(['node-1', 'node-2', 'node-3']);
});

describe('done means that every node takes traffic', () => {
  const waited = async (given: Omit<Pair, 'changing'>) => {
    const context = { topology: topology(undefined, 'bank'), engine: engineWith(given) } as unknown as CommandContext;
    await waitUntilAllServe(context);
    return (Date.now() - STARTED) / 1000;
  };

  test('nobody waits where all do', async () => {
    expect(await waited({ states: { 'node-1': 'serving', 'node-2': 'serving' } })).toBe(0);
  });

  test('a node that the load balancer does not know yet is waited for', async () => {
    const states: Pair['states'] = { 'node-1': 'serving', 'node-2': 'out' };
    const meanwhile = (now: Pair['states'], seconds: number) => {
      if (seconds >= 2) now['node-2'] = 'serving';
    };
    expect(await waited({ states, meanwhile })).toBe(2);
  });

  test('a node that has had its time to start is named', async () => {
    await expect(waited({ states: { 'node-1': 'serving', 'node-2': 'unhealthy' } })).rejects.toThrow(
      'bank-node-2 takes no traffic',
    );
    await expect(waited({ states: { 'node-1': 'stopped', 'node-2': 'stopped' }, balancer: 'silent' })).rejects.toThrow(
      'bank-node-1 and bank-node-2 take no traffic',
    );
  });
});

describe('what has to be made again is asked of the plan, and nothing on the engine is touched', () => {
  /** Plans with this exit code of the keystores' job, what a look into the volumes prints, and the load balancer's certificate. @returns what was done, in order */
  async function planned({
    exitCode = 0,
    files = '',
    certificate = '',
  }): Promise<{ done: string[]; refusals: string[] }> {
    const derived = topology(undefined, 'bank');
    const done: string[] = [];
    const container = { running: false, paused: false, startedAt: '', restarts: 0, image: 'image', variables: {} };
    const stacks = derived.stacks.map((stack) => ({
      stack,
      refusal: undefined,
      init: async () => undefined,
      containerAddress: (name: string) => `address of ${name}`,
      plan: async (_: boolean, requested: ReadonlyMap<string, string>) =>
        done.push(['plan', stack.name, ...requested.keys()].join(' ')) > 0,
    }));
    // Whatever would change something on the engine is not there to be called.
    const engine = {
      containers: async () => [
        { ...container, name: 'bank-keystores-job', exitCode },
        { ...container, name: derived.loadBalancer.containerName, running: certificate !== '' },
      ],
      exec: async (name: string) => (name === derived.loadBalancer.containerName ? certificate : ''),
      names: async () => Object.values(derived.volumes).map(({ name }) => name),
      lookIntoVolumes: async () => files,
    };
    const context = { topology: derived, engine, stacks } as unknown as CommandContext;
    await planAll(context, { read: async ({ stack }) => void done.push(`read ${stack.name}`) });
    const ofFoundation = done.filter((entry) => entry.includes('bank-foundation'));
    return {
      done: files.includes('nginx') ? done : ofFoundation,
      refusals: stacks.flatMap(({ refusal }) => refusal ?? []),
    };
  }

  test('where nothing is wrong, each stack is planned once', async () => {
    expect((await planned({})).done).toEqual(['plan bank-foundation', 'read bank-foundation']);
  });

  test('damaged keystores are rebuilt by a second plan of the foundation, and only that plan is read', async () => {
    const { done, refusals } = await planned({ files: 'keystores wso2carbon.p12\n' });
    const again = 'plan bank-foundation address of bank-keystores-job';
    expect(done).toEqual(['plan bank-foundation', again, 'read bank-foundation']);
    expect(refusals).toEqual([]);
  });

  test('a certificate that ends soon is issued again by a second plan: the first does not wait for the look at it', async () => {
    const { done } = await planned({ certificate: authorityFixture('expired-root') });
    const again = 'plan bank-foundation docker_container.keystore-keystores-job';
    expect(done).toEqual(['plan bank-foundation', again, 'read bank-foundation']);
  });

  test('a secret that nothing else has is a reason to refuse', async () => {
    const { refusals } = await planned({ files: 'identity-server-secrets ADMIN_PASSWORD\n' });
    expect(refusals).toEqual([expect.stringContaining('make import-secret ENVIRONMENT=bank NAME=ADMIN_PASSWORD')]);
  });

  test('a job that failed runs again', async () => {
    expect((await planned({ exitCode: 1 })).done).toContain('plan bank-foundation address of bank-keystores-job');
  });

  test('files that were changed by hand are installed again by the job of their stack', async () => {
    const { done } = await planned({ files: 'load-balancer-configuration revisions/1/nginx.conf\n' });
    expect(done).toContain('plan bank-load-balancer address of bank-load-balancer-configuration-job');
    expect(done.filter((entry) => entry.startsWith('plan bank-foundation'))).toEqual(['plan bank-foundation']);
  });
});

describe('what a plan asks first', () => {
  /** Plans a pair of which these containers are there; the foundation's plan reads, then ends. @returns what began and ended, in order */
  async function planned(containers: readonly string[]): Promise<string[]> {
    const derived = topology(undefined, 'bank');
    const done: string[] = [];
    const foundation = 'bank-foundation';
    const stacks = derived.stacks.map((stack) => ({
      stack,
      init: async () => undefined,
      plan: async (_destroy: boolean, _requested: ReadonlyMap<string, string>, onReading?: () => void) => {
        done.push(stack.name);
        if (stack.name !== foundation) return false;
        await turns(50);
        if (containers.length > 0) {
          done.push('reads');
          onReading?.();
        }
        await turns(50);
        done.push('foundation ended');
        return false;
      },
    }));
    const engine = {
      containers: async () => containers.map((name) => ({ name, running: false })),
      names: async () => [],
      docker: async () => '',
    };
    const meanwhile = async () => void done.push('meanwhile');
    await planAll({ topology: derived, engine, stacks } as unknown as CommandContext, { meanwhile });
    return done;
  }
  async function turns(many: number): Promise<void> {
    for (let turn = 0; turn < many; turn += 1) await undefined;
  }
  const OTHERS = ['bank-load-balancer', 'bank-node-1', 'bank-node-2', 'meanwhile'];

  test('the foundation alone until it reads; all else while its provider waits', async () => {
    const done = await planned(['bank-node-1']);
    expect(done.slice(0, 2)).toEqual(['bank-foundation', 'reads']);
    expect(done.slice(2, -1).sort()).toEqual(OTHERS);
    expect(done.at(-1)).toBe('foundation ended');
  });

  test('all at once where nothing is there to be read', async () => {
    const done = await planned([]);
    expect(done.slice(0, -1).sort()).toEqual(['bank-foundation', ...OTHERS]);
    expect(done.at(-1)).toBe('foundation ended');
  });
});

describe('what somebody has changed in a node', () => {
  /** Plans a pair in whose containers no file is as it was put there. @returns the plans that were made, with what they replace */
  async function planned(changes: boolean): Promise<string[]> {
    const derived = topology(undefined, 'bank');
    const done: string[] = [];
    const path = Object.keys(derived.nodes[0]?.files ?? {})[0] as string;
    const context = {
      topology: derived,
      engine: {
        containers: async () => [],
        names: async () => [],
        remove: async () => undefined,
        docker: async (_: string, name: string) => (name === 'bank-node-1' ? `${'0'.repeat(64)}  ${path}\n` : ''),
      },
      stacks: derived.stacks.map((stack) => ({
        stack,
        init: async () => undefined,
        containerAddress: () => undefined,
        plan: async (_: boolean, requested: ReadonlyMap<string, string>) => {
          done.push(['plan', stack.name, ...[...requested.keys()].map((address) => `-replace=${address}`)].join(' '));
          return changes || requested.size > 0;
        },
      })),
    } as unknown as CommandContext;
    const changed = await planAll(context);
    return [...done.filter((entry) => entry.includes('node')), ...changed.map(({ stack }) => `changes ${stack.name}`)];
  }

  test('has it replaced where nothing else does', async () => {
    expect(await planned(false)).toEqual([
      'plan bank-node-1',
      'plan bank-node-2',
      'plan bank-node-1 -replace=docker_container.identity-server',
      'changes bank-node-1',
    ]);
  });

  test('goes by itself where it is changed anyway', async () => {
    expect((await planned(true)).filter((entry) => entry.startsWith('plan'))).toEqual([
      'plan bank-node-1',
      'plan bank-node-2',
    ]);
  });
});
