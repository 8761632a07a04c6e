import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext } from './command';
import { together } from './setup/concurrently';
import { UserError } from './setup/errors';
import { step } from './setup/progress';
import type { TerraformStackRunner } from './terraform';

/** The stacks in the order in which they go, by layer; those of one layer hold nothing in common. */
export function teardownLayers(stacks: readonly TerraformStackRunner[]): TerraformStackRunner[][] {
  return (['load-balancer', 'node', 'foundation'] as const).map((layer) =>
    stacks.filter(({ stack }) => stack.layer === layer),
  );
}

/**
 * Destroys layer after layer: the load balancer first, which ends when the requests that are under way are answered. Meanwhile the layers
 * after it are planned, each of whose states nobody else changes.
 */
export async function destroyLayers(stacks: readonly TerraformStackRunner[]): Promise<void> {
  for (const runner of stacks) await runner.init();
  const planned = new Map<TerraformStackRunner, Promise<boolean>>();
  const plan = (runner: TerraformStackRunner) => {
    const changes = planned.get(runner) ?? runner.plan(true);
    // Its failure is told when its turn comes.
    changes.catch(() => undefined);
    planned.set(runner, changes);
    return changes;
  };
  for (const layer of teardownLayers(stacks)) {
    if (layer.length === 0) continue;
    await step(`Destroy ${layer.map(({ stack }) => stack.name).join(', ')}`, async () => {
      await Promise.all(layer.map(plan));
      for (const runner of stacks) plan(runner);
      await together(layer.map((runner) => destroy(runner, plan(runner))));
    });
  }
}

async function destroy(runner: TerraformStackRunner, planned: Promise<boolean>): Promise<void> {
  const changes = await planned;
  if (runner.refusal !== undefined) {
    throw new UserError(`${runner.stack.name} cannot be destroyed: ${runner.refusal}`);
  }
  if (changes) await runner.apply({ quiet: true });
}

/** Removes leftovers of interrupted runs, which Terraform does not know, and the files on this machine. */
export async function sweep({ topology, engine, stacks }: CommandContext): Promise<void> {
  await step(`Remove what is left of ${topology.environment}`, async () => {
    for (const kind of ['container', 'network', 'volume'] as const) {
      await engine.remove(kind, await engine.names(kind));
    }
    for (const { directory } of stacks) rmSync(directory, { recursive: true, force: true });
    for (const folder of ['build', 'build/plan', 'state']) {
      const path = join(folder, topology.environment);
      if (existsSync(path)) rmSync(path, { recursive: true });
    }
  });
}
