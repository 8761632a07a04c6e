import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext } from './command';
import { step } from './setup/progress';
import type { TerraformStackRunner } from './terraform';

/** The stacks in the order in which they go, by layer; those of one layer hold nothing in common. */
export function teardownLayers(stacks: readonly TerraformStackRunner[]): TerraformStackRunner[][] {
  return (['load-balancer', 'node', 'foundation'] as const).map((layer) =>
    stacks.filter(({ stack }) => stack.layer === layer),
  );
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
