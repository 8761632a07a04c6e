import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { runCommand, UserError } from '../setup/errors';
import { step } from '../setup/progress';
import { type CommandContext, openEnvironment, selectedTopology } from './command';
import type { TerraformStackRunner } from './terraform';

/** `make down`: destroys the environment with its data, after asking. */
runCommand(async () => {
  const { environment, protected: isProtected } = selectedTopology();
  if (isProtected) {
    throw new UserError(
      `${environment} is protected: it has protected = true in its configuration, so it is not destroyed. To destroy it on purpose, set protected = false, have that reviewed and applied, then run "make down" again.`,
    );
  }
  await confirm(environment);
  const context = await openEnvironment();
  const balancer = context.stacks.filter(({ stack }) => stack.layer === 'load-balancer');
  const nodes = context.stacks.filter(({ stack }) => stack.layer === 'node');
  const foundation = context.stacks.filter(({ stack }) => stack.layer === 'foundation');
  for (const stacks of [balancer, nodes, foundation]) await destroy(stacks);
  await step(`Remove what is left of ${environment}`, () => sweep(context));
});

async function confirm(environment: string): Promise<void> {
  if (process.env.YES === '1') return;
  if (!process.stdin.isTTY) {
    throw new UserError(`"make down" destroys ${environment} with all its data; without a terminal to ask, say YES=1`);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`This destroys ${environment} with all its data. Type its name to go on: `);
  prompt.close();
  if (answer.trim() !== environment) throw new UserError('nothing was destroyed');
}

/** Stacks of one layer hold nothing in common, so they go at the same time. */
async function destroy(stacks: readonly TerraformStackRunner[]): Promise<void> {
  const names = stacks.map(({ stack }) => stack.name).join(', ');
  await step(`Destroy ${names}`, async () => {
    for (const runner of stacks) await runner.init();
    await Promise.all(stacks.map((runner) => runner.destroy()));
  });
}

/** Leftovers of interrupted runs, which Terraform does not know, and the files on this machine. */
async function sweep({ topology, engine, stacks }: CommandContext): Promise<void> {
  for (const kind of ['container', 'network', 'volume'] as const) await engine.remove(kind, await engine.names(kind));
  for (const { directory } of stacks) rmSync(directory, { recursive: true, force: true });
  for (const folder of ['build', 'build/plan', 'state']) {
    const path = join(folder, topology.environment);
    if (existsSync(path)) rmSync(path, { recursive: true });
  }
}
