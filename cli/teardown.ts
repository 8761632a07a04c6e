import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CommandContext } from './command';
import { together } from './setup/concurrently';
import { UserError } from './setup/errors';
import { step } from './setup/progress';
import { isStale, stalePlan } from './stale-plan';
import type { TerraformStackRunner } from './terraform';

const POLL_MS = 100;

/** The stacks in the order in which they go, by layer; those of one layer hold nothing in common. */
export function teardownLayers(stacks: readonly TerraformStackRunner[]): TerraformStackRunner[][] {
  return (['load-balancer', 'node', 'foundation'] as const).map((layer) =>
    stacks.filter(({ stack }) => stack.layer === layer),
  );
}

/**
 * Destroys layer after layer: the load balancer first, which ends when the requests that are under way are answered. All are planned at
 * once, as each has a state of its own that nobody else changes. Once it has ended nobody is served any more, so the nodes go while its
 * volume does; the foundation goes when all that stood on it is gone.
 */
export async function destroyLayers({
  topology,
  engine,
  stacks,
}: Pick<CommandContext, 'topology' | 'engine' | 'stacks'>): Promise<void> {
  for (const runner of stacks) await runner.init();
  const [balancer = [], nodes = [], foundation = []] = teardownLayers(stacks);
  const planned = new Map([...balancer, ...foundation, ...nodes].map((runner) => [runner, runner.plan(true)]));
  const destroyLayer = async (layer: readonly TerraformStackRunner[]) => {
    if (layer.length === 0) return;
    await step(`Destroy ${layer.map(({ stack }) => stack.name).join(', ')}`, async () => {
      await Promise.all(layer.map((runner) => planned.get(runner)));
      await together(layer.map(destroy));
    });
  };
  const first = destroyLayer(balancer);
  // A failure is told when its turn comes.
  for (const work of [first, ...planned.values()]) work.catch(() => undefined);
  // Until it is planned, nothing ends.
  await Promise.allSettled(balancer.map((runner) => planned.get(runner)));
  await stoppedOr(first, engine, topology.loadBalancer.containerName);
  await together([first, destroyLayer(nodes)]);
  await destroyLayer(foundation);

  async function destroy(runner: TerraformStackRunner): Promise<void> {
    const changes = await planned.get(runner);
    if (runner.refusal !== undefined) {
      throw new UserError(`${runner.stack.name} cannot be destroyed: ${runner.refusal}`);
    }
    if (changes) await runner.apply({ quiet: true });
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

/** Waits until the container has ended, or the work has. @throws what the work throws, where that is first */
async function stoppedOr(
  work: Promise<void>,
  engine: Pick<CommandContext['engine'], 'docker'>,
  container: string,
): Promise<void> {
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  const stopped = async () => {
    while (!over && (await engine.docker('container', 'ls', '--quiet', '--filter', `name=^${container}$`)) !== '') {
      await setTimeout(POLL_MS);
    }
  };
  await Promise.race([ended, stopped().catch(() => ended)]);
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
