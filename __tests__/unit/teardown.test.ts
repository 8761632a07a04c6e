import { setTimeout } from 'node:timers/promises';
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
  /** The load balancer's container ends at once, and its volume goes when this has happened. @default - both end together */
  readonly volumeAfter?: string;
}

/** Destroys a pair on a stand-in for Terraform. @returns what began and ended, in order */
async function destroyed({ empty = [], failing = [], refused = [], volumeAfter }: Given = {}): Promise<string[]> {
  const done: string[] = [];
  let running = true;
  const of = topology(undefined, 'bank');
  const stacks = of.stacks.map((stack) => {
    const short = stack.name.slice('bank-'.length);
    return {
      stack,
      refusal: undefined as string | undefined,
      init: async () => undefined,
      async plan() {
        done.push(`plan ${short}`);
        await null;
        if (refused.includes(short)) this.refusal = 'it is protected';
        return !empty.includes(short);
      },
      async apply() {
        done.push(`begin ${short}`);
        for (let turn = 0; turn < 100; turn++) await null;
        if (failing.includes(short)) throw new UserError(`${short} broke`);
        if (short === 'load-balancer' && volumeAfter !== undefined) {
          running = false;
          while (!done.includes(volumeAfter)) await setTimeout(5);
        }
        done.push(`end ${short}`);
      },
    };
  });
  try {
    const engine = { docker: async () => (running ? 'a container\n' : '') };
    await destroyLayers({ topology: of, engine, stacks } as unknown as CommandContext);
  } catch (error) {
    throw Object.assign(error as Error, { done });
  }
  return done;
}

test('layer after layer, the nodes at the same time, and what comes later is planned meanwhile', async () => {
  expect(await destroyed()).toEqual([
    'plan load-balancer',
    ...['plan foundation', 'plan node-1', 'plan node-2'],
    ...['begin load-balancer', 'end load-balancer'],
    ...['begin node-1', 'begin node-2', 'end node-1', 'end node-2'],
    ...['begin foundation', 'end foundation'],
  ]);
});

test('the nodes wait until nobody is served, not for the load balancer’s volume; the foundation waits for both', async () => {
  const done = (await destroyed({ volumeAfter: 'end node-2' })).filter((entry) => !entry.startsWith('plan'));
  expect(done).toEqual([
    'begin load-balancer',
    ...['begin node-1', 'begin node-2', 'end node-1', 'end node-2'],
    'end load-balancer',
    ...['begin foundation', 'end foundation'],
  ]);
});

test('a load balancer that goes on serving keeps the nodes', async () => {
  const attempt = destroyed({ failing: ['load-balancer'] });
  await expect(attempt).rejects.toThrow('load-balancer broke');
  await expect(attempt).rejects.toMatchObject({ done: expect.not.arrayContaining(['begin node-1']) });
});

test('what is not there needs no apply', async () => {
  const done = await destroyed({ empty: ['load-balancer', 'node-2'] });
  expect(done.filter((entry) => entry.startsWith('begin'))).toEqual(['begin node-1', 'begin foundation']);
});

test('a node that cannot be destroyed keeps the foundation, and the other one is not left half-way', async () => {
  const attempt = destroyed({ failing: ['node-1'] });
  await expect(attempt).rejects.toThrow('node-1 broke');
  await expect(attempt).rejects.toMatchObject({ done: expect.arrayContaining(['end node-2']) });
  await expect(attempt).rejects.toMatchObject({ done: expect.not.arrayContaining(['begin foundation']) });
});

test('what Terraform refuses to plan is told when its turn comes', async () => {
  await expect(destroyed({ refused: ['foundation'] })).rejects.toThrow(
    'bank-foundation cannot be destroyed: it is protected',
  );
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
