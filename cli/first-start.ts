import type { CommandContext } from './command';
import type { Kind } from './environment-engine';
import { initAll } from './planning';
import { holdsResources } from './retired-stacks';
import { applyInOrder, applyStack } from './rollout';
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
 * Starts an environment of which nothing is there. Elsewhere all is planned before anything changes, so that a plan that is refused has
 * changed nothing. Here there is nothing that a plan could take away, and nothing in it to look for; but a first start keeps all processors
 * busy. So what comes next is planned while what it has to wait for anyway is applied.
 */
export async function startFromNothing(context: CommandContext): Promise<void> {
  const [foundation, ...others] = context.stacks as [TerraformStackRunner, ...TerraformStackRunner[]];
  const [, ...laterNodes] = others.filter(({ stack }) => stack.layer === 'node');
  await foundation.init();
  // Inits go one after the other, but a plan has its providers by then.
  await together([plan([foundation]), initAll(others)]);
  const { promise: begun, resolve: onOutput } = withResolvers<void>();
  const applied = applyStack(context, foundation, { prefix: `${foundation.stack.name}: `, onOutput });
  // Until Terraform creates something, it needs the processors itself.
  await Promise.race([applied, begun]);
  await together([applied, plan(others.filter((runner) => !laterNodes.includes(runner)))]);
  let laterPlanned: Promise<void> | undefined;
  await applyInOrder(context, others, async (runner, _, options) => {
    if (laterNodes.includes(runner)) await laterPlanned;
    const applied = applyStack(context, runner, options);
    // By then nothing but the first node starts, and it does not need all processors.
    if (runner.stack.layer === 'load-balancer') {
      laterPlanned = applied.then(() => plan(laterNodes));
      // Told by the nodes that wait for it.
      laterPlanned.catch(() => undefined);
    }
    await applied;
  });
}

async function plan(runners: readonly TerraformStackRunner[]): Promise<void> {
  if (runners.length === 0) return;
  await step(`Plan ${runners.map(({ stack }) => stack.name).join(', ')}`, () =>
    Promise.all(runners.map((runner) => runner.plan())),
  );
}
