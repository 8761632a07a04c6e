import type { CommandContext } from './command';
import type { Kind } from './environment-engine';
import { initAll } from './planning';
import { holdsResources } from './retired-stacks';
import { applyStack } from './rollout';
import { together } from './setup/concurrently';
import { step } from './setup/progress';
import { withResolvers } from './setup/with-resolvers';
import type { TerraformStackRunner } from './terraform';

const KINDS: readonly Kind[] = ['container', 'volume', 'network'];

/**
 * Whether nothing of the environment is there, and nothing says that it ever was. A remote state is not asked: where there is one, the
 * answer is no.
 */
export async function isFirstStart({ stacks, engine }: Pick<CommandContext, 'stacks' | 'engine'>): Promise<boolean> {
  if (stacks.some(({ stack }) => stack.backend.type !== 'local' || holdsResources(stack))) return false;
  const found = await Promise.all(KINDS.map((kind) => engine.names(kind)));
  return found.flat().length === 0;
}

/**
 * Begins an environment of which nothing is there: applies the foundation, and plans the layers after it meanwhile. Elsewhere all is
 * planned before anything changes, so that a plan that is refused has changed nothing; here there is nothing that a plan could take away,
 * and the provider waits two seconds for the network anyway.
 *
 * @returns the stacks of those layers, planned
 */
export async function beginFromNothing(context: CommandContext): Promise<TerraformStackRunner[]> {
  const [foundation, ...others] = context.stacks as [TerraformStackRunner, ...TerraformStackRunner[]];
  await initAll(context.stacks);
  await step(`Plan ${foundation.stack.name}`, () => foundation.plan());
  const { promise: begun, resolve: onBegun } = withResolvers<void>();
  // The processors are Terraform's until it creates something.
  const applied = applyStack(context, foundation, { prefix: `${foundation.stack.name}: `, onOutput: onBegun });
  await together([applied.finally(onBegun), begun.then(() => planAndRead(others))]);
  return others;
}

/** Reading the plans is work that the apply after them would wait for. */
function planAndRead(runners: readonly TerraformStackRunner[]): Promise<void> {
  return step(`Plan ${runners.map(({ stack }) => stack.name).join(', ')}`, () =>
    together(
      runners.map(async (runner) => {
        await runner.plan();
        await runner.planJson();
      }),
    ),
  );
}
