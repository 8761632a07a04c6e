import type { CommandContext } from '../../cli/command';
import { UserError } from '../../cli/setup/errors';
import { CommandError } from '../../cli/setup/process';
import { destroyLayers, destroyPlanned } from '../../cli/teardown';
import type { TerraformStackRunner } from '../../cli/terraform';
import { topology } from '../support/synth';

interface Given {
  /** Stacks of which nothing is there. */
  readonly empty?: readonly string[];
  /** Stacks that cannot be destroyed. */
  readonly failing?: readonly string[];
  /** Stacks whose plan Terraform refuses. */
  readonly refused?: readonly string[];
  /** Containers that the engine cannot stop. */
  readonly stuck?: readonly string[];
}

/** Destroys a pair on stand-ins for Terraform and the engine. @returns what began and ended, in order */
async function destroyed({ empty = [], failing = [], refused = [], stuck = [] }: Given = {}): Promise<string[]> {
  const done: string[] = [];
  const of = topology(undefined, 'bank');
  const short = (name: string) => name.slice('bank-'.length);
  const stacks = of.stacks.map((stack) => {
    const name = short(stack.name);
    return {
      stack,
      refusal: undefined as string | undefined,
      init: async () => undefined,
      async planTeardown() {
        done.push(`plan ${name}`);
        if (refused.includes(name)) this.refusal = 'it is protected';
        return !empty.includes(name);
      },
      async apply() {
        done.push(`begin ${name}`);
        for (let turn = 0; turn < 100; turn++) await null;
        if (failing.includes(name)) throw new UserError(`${name} broke`);
        done.push(`end ${name}`);
      },
    };
  });
  const engine = {
    names: async () => of.stacks.filter(({ name }) => !empty.includes(short(name))).map(({ name }) => name),
    docker: async (command: string, _time: string, _seconds: string, ...names: readonly string[]) => {
      const [hung] = names.filter((name) => stuck.includes(short(name)));
      if (hung !== undefined) throw new CommandError(['docker', command], 1, 'exit code 1', ['cannot stop it']);
      done.push(`${command} ${names.map(short).join(' ')}`);
    },
    remove: async (kind: string, names: readonly string[]) => done.push(`remove ${kind} ${names.map(short).join(' ')}`),
  };
  try {
    await destroyLayers({ engine, stacks } as unknown as CommandContext);
  } catch (error) {
    throw Object.assign(error as Error, { done });
  }
  return done;
}

const PLANS = ['plan foundation', 'plan node-1', 'plan node-2', 'plan load-balancer'];

test('all is planned, then the containers end in their order, and what is left goes side by side', async () => {
  expect(await destroyed()).toEqual([
    ...PLANS,
    ...['stop load-balancer', 'remove container load-balancer', 'begin load-balancer'],
    ...['stop node-1 node-2', 'remove container node-1 node-2', 'begin node-1', 'begin node-2', 'begin foundation'],
    ...['end load-balancer', 'end node-1', 'end node-2', 'end foundation'],
  ]);
});

test('a load balancer that the engine cannot stop keeps the nodes until Terraform has, or has said why it cannot', async () => {
  const done = await destroyed({ stuck: ['load-balancer'] });
  expect(done.slice(PLANS.length, PLANS.length + 3)).toEqual([
    ...['begin load-balancer', 'end load-balancer'],
    'stop node-1 node-2',
  ]);
  const attempt = destroyed({ stuck: ['load-balancer'], failing: ['load-balancer'] });
  await expect(attempt).rejects.toThrow('load-balancer broke');
  await expect(attempt).rejects.toMatchObject({ done: [...PLANS, 'begin load-balancer'] });
});

test('a node that may run yet keeps the database, and the other one is not left half-way', async () => {
  const attempt = destroyed({ stuck: ['node-1'], failing: ['node-1'] });
  await expect(attempt).rejects.toThrow('node-1 broke');
  await expect(attempt).rejects.toMatchObject({ done: expect.arrayContaining(['end node-2']) });
  await expect(attempt).rejects.toMatchObject({ done: expect.not.arrayContaining(['begin foundation']) });
});

test('what fails is told when all has ended', async () => {
  const attempt = destroyed({ failing: ['load-balancer', 'node-2'] });
  await expect(attempt).rejects.toThrow('load-balancer broke\n\nnode-2 broke');
  await expect(attempt).rejects.toMatchObject({ done: expect.arrayContaining(['end node-1', 'end foundation']) });
});

test('what is not there needs no stop and no apply', async () => {
  const done = await destroyed({ empty: ['load-balancer', 'node-2'] });
  expect(done.slice(PLANS.length)).toEqual([
    ...['stop node-1', 'remove container node-1', 'begin node-1', 'begin foundation'],
    ...['end node-1', 'end foundation'],
  ]);
});

test('where Terraform refuses one, nothing ends', async () => {
  const attempt = destroyed({ refused: ['foundation', 'node-1'] });
  await expect(attempt).rejects.toThrow(
    'bank-foundation cannot be destroyed: it is protected\nbank-node-1 cannot be destroyed: it is protected',
  );
  await expect(attempt).rejects.toMatchObject({ done: PLANS });
});

describe('saved plans that destroy an environment', () => {
  const of = topology(undefined, 'bank');
  const stacks = of.stacks.map((stack) => ({ stack })) as unknown as TerraformStackRunner[];
  const applied = async (stale?: string) => {
    const done: string[] = [];
    await destroyPlanned({ topology: of }, stacks, async ({ stack: { name } }, besideOthers) => {
      if (name === stale) {
        throw new CommandError(['terraform', 'apply'], 1, 'exit code 1', ['Error: Saved plan is stale']);
      }
      done.push(`${name}${besideOthers ? ' beside others' : ''}`);
    }).catch((error: unknown) => {
      throw Object.assign(error as Error, { done });
    });
    return done;
  };

  test('are applied layer after layer, and the nodes know of each other', async () => {
    expect(await applied()).toEqual([
      'bank-load-balancer',
      'bank-node-1 beside others',
      'bank-node-2 beside others',
      'bank-foundation',
    ]);
  });

  test('end where one is stale, which is told in words', async () => {
    await expect(applied('bank-node-1')).rejects.toMatchObject({
      message: expect.stringContaining('the plan of bank-node-1 is stale'),
      done: ['bank-load-balancer', 'bank-node-2 beside others'],
    });
  });
});
