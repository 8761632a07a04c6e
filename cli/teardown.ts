import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST_STOP_SECONDS } from '../topology/container';
import type { CommandContext } from './command';
import { together } from './setup/concurrently';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import { step } from './setup/progress';
import { isStale, stalePlan } from './stale-plan';
import type { TerraformStackRunner } from './terraform';

/** The stacks in the order in which they go, by layer; those of one layer hold nothing in common. */
export function teardownLayers(stacks: readonly TerraformStackRunner[]): TerraformStackRunner[][] {
  return (['load-balancer', 'node', 'foundation'] as const).map((layer) =>
    stacks.filter(({ stack }) => stack.layer === layer),
  );
}

/**
 * Destroys all stacks. All are planned first, so that nothing ends where one cannot be destroyed. The engine ends the containers in their
 * order: the load balancer, when the requests that are under way are answered, then the nodes, which nobody asks any more. What is left
 * needs no order, and Terraform's provider waits two seconds before it removes a volume or a network: so that is done for all at once.
 */
export async function destroyLayers({ engine, stacks }: Pick<CommandContext, 'engine' | 'stacks'>): Promise<void> {
  const planned = await step('Plan to destroy', () => plannedTeardowns(stacks));
  const apply = (layer: readonly TerraformStackRunner[]) =>
    together(layer.filter((runner) => planned.get(runner)).map((runner) => runner.apply({ quiet: true })));
  const [balancer = [], nodes = [], foundation = []] = teardownLayers(stacks);
  await step(
    `Destroy ${[...balancer, ...nodes, ...foundation].map(({ stack }) => stack.name).join(', ')}`,
    async () => {
      const applied: Promise<void>[] = [];
      for (const layer of [balancer, nodes]) {
        const ended = await endContainers(engine, layer);
        const destroyed = apply(layer);
        // Told below, with what else has failed by then.
        destroyed.catch(() => undefined);
        applied.push(destroyed);
        // What may run yet keeps what it needs, until Terraform has ended it or said why it cannot.
        if (!ended) await destroyed;
      }
      await together([...applied, apply(foundation)]);
    },
  );
}

/**
 * @returns whether there is something to destroy, by stack
 * @throws UserError that names every stack that cannot be destroyed
 */
async function plannedTeardowns(
  stacks: readonly TerraformStackRunner[],
): Promise<ReadonlyMap<TerraformStackRunner, boolean>> {
  for (const runner of stacks) await runner.init();
  const planned = new Map<TerraformStackRunner, boolean>();
  await together(stacks.map(async (runner) => void planned.set(runner, await runner.planTeardown())));
  const refused = stacks.flatMap(({ stack, refusal }) =>
    refusal === undefined ? [] : `${stack.name} cannot be destroyed: ${refusal}`,
  );
  if (refused.length > 0) throw new UserError(refused.join('\n'));
  return planned;
}

/** Ends the containers that these stacks are called after. @returns whether all are gone */
async function endContainers(
  engine: Pick<CommandContext['engine'], 'docker' | 'names' | 'remove'>,
  layer: readonly TerraformStackRunner[],
): Promise<boolean> {
  const there = await engine.names('container');
  const names = layer.map(({ stack }) => stack.name).filter((name) => there.includes(name));
  if (names.length === 0) return true;
  try {
    await engine.docker('stop', '--time', String(LONGEST_STOP_SECONDS), ...names);
    await engine.remove('container', names);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/**
 * Applies saved plans that destroy the environment, layer after layer, the stacks of one at the same time.
 *
 * @param apply applies one, told whether it is beside others
 */
export async function destroyPlanned(
  context: Pick<CommandContext, 'topology'>,
  changed: readonly TerraformStackRunner[],
  apply: (runner: TerraformStackRunner, besideOthers: boolean) => Promise<void>,
): Promise<void> {
  const destroy = async (runner: TerraformStackRunner, besideOthers: boolean) => {
    try {
      await step(`Destroy ${runner.stack.name}`, () => apply(runner, besideOthers));
    } catch (error) {
      if (isStale(error)) throw stalePlan(context, runner);
      throw error;
    }
  };
  for (const layer of teardownLayers(changed)) {
    await together(layer.map((runner) => destroy(runner, layer.length > 1)));
  }
}

/** Removes leftovers of interrupted runs, which Terraform does not know, and the files on this machine. */
export async function sweep({ topology, engine, stacks }: CommandContext): Promise<void> {
  await step(`Remove what is left of ${topology.environment}`, async () => {
    const kinds = ['container', 'network', 'volume'] as const;
    const left = await Promise.all(kinds.map((kind) => engine.names(kind)));
    for (const [index, kind] of kinds.entries()) await engine.remove(kind, left[index] ?? []);
    removeLocalFiles(topology, stacks);
  });
}

/** What an environment that is gone has left on this machine. */
export function removeLocalFiles(
  { environment }: Pick<CommandContext['topology'], 'environment'>,
  stacks: readonly TerraformStackRunner[],
): void {
  for (const { directory } of stacks) rmSync(directory, { recursive: true, force: true });
  for (const folder of ['build', 'build/plan', 'state']) {
    const path = join(folder, environment);
    if (existsSync(path)) rmSync(path, { recursive: true });
  }
}
