import { UserError } from '../../cli/setup/errors';
import { destroyLayers } from '../../cli/teardown';
import type { TerraformStackRunner } from '../../cli/terraform';
import { topology } from '../support/synth';

interface Given {
  /** Stacks of which nothing is there. */
  readonly empty?: readonly string[];
  /** Stacks that cannot be destroyed. */
  readonly failing?: readonly string[];
  /** Stacks whose plan Terraform refuses. */
  readonly refused?: readonly string[];
}

/** Destroys a pair on a stand-in for Terraform. @returns what began and ended, in order */
async function destroyed({ empty = [], failing = [], refused = [] }: Given = {}): Promise<string[]> {
  const done: string[] = [];
  const runners = topology(undefined, 'bank').stacks.map((stack) => {
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
        done.push(`end ${short}`);
      },
    };
  });
  try {
    await destroyLayers(runners as unknown as TerraformStackRunner[]);
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
