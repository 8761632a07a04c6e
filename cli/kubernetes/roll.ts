import type { StackTopology } from '../../topology/stacks';
import { isCurrentNode } from '../apply-order';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';
import { step } from '../setup/progress';
import { isStale, stalePlan } from '../stale-plan';
import { destroyPlanned } from '../teardown';
import type { TerraformStackRunner } from '../terraform';
import type { ClusterContext } from './cluster-context';
import { meaningOf } from './cluster-lost';
import { requireAnotherInRotation, rotation, servingEverywhere, waitUntilAllInRotation } from './gates';
import type { Trouble } from './layer-state';
import { LayerWatch } from './layer-watch';
import { takeBack } from './taken-back';

/**
 * Applies saved plans, one layer after the other, and ends when every node takes traffic. Layers without a change are waited for as well: a run
 * that was cut off has left behind what Terraform knows and what is not ready yet. A layer that fails stops the roll, and what came after it
 * stays as it was.
 */
export async function applyUntilInRotation(
  context: ClusterContext,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  const refused = changed.find(({ refusal }) => refusal !== undefined);
  if (refused) throw new UserError(`${refused.stack.name} cannot be applied: ${refused.refusal}. Nothing was changed.`);
  for (const runner of await inOrder(context)) {
    if (changed.includes(runner)) await apply(context, runner);
    await waitFor(context, runner);
  }
  await waitUntilAllInRotation(context);
}

/** In the order of the layers, of the nodes first those that take no traffic: the change may be what fixes them. */
async function inOrder(context: ClusterContext): Promise<TerraformStackRunner[]> {
  const serving = servingEverywhere(await rotation(context));
  const isServing = ({ stack: { name } }: TerraformStackRunner) => serving.includes(name);
  const nodes = context.stacks.filter(({ stack }) => isCurrentNode(context, stack));
  const sorted = [...nodes.filter((runner) => !isServing(runner)), ...nodes.filter(isServing)];
  return context.stacks.map((runner) => (nodes.includes(runner) ? (sorted.shift() as TerraformStackRunner) : runner));
}

function watchOf(context: ClusterContext, { stack }: TerraformStackRunner): LayerWatch {
  const layer = context.layers.find((each) => each.stack.name === stack.name) ?? { stack, manifests: [] };
  return new LayerWatch(context, layer);
}

async function apply(context: ClusterContext, runner: TerraformStackRunner): Promise<void> {
  const { stack } = runner;
  if (isCurrentNode(context, stack)) await requireAnotherInRotation(context, stack.name);
  await takeBack(context, runner);
  const watch = watchOf(context, runner);
  const abort = new AbortController();
  let hopeless: Trouble | undefined;
  try {
    await step(`Apply ${stack.name}`, async () => {
      const applying = runner.apply({ abort: abort.signal });
      await Promise.all([
        applying,
        watch.during(applying, (trouble) => {
          hopeless = trouble;
          abort.abort('stopped, since it cannot succeed');
        }),
      ]);
    });
  } catch (error) {
    if (isStale(error)) throw stalePlan(context, runner);
    if (!(error instanceof CommandError)) throw error;
    throw await failure(context, stack, hopeless ? await watch.explained(hopeless) : said(error));
  }
}

/** Waits for what Terraform does not wait for, jobs and the database, and for what an earlier run has left behind. */
async function waitFor(context: ClusterContext, runner: TerraformStackRunner): Promise<void> {
  try {
    await watchOf(context, runner).untilReady();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw await failure(context, runner.stack, error instanceof CommandError ? said(error) : error.message);
  }
}

function said(error: CommandError): string {
  return [error.lastLines.join('\n'), meaningOf(error)].filter((text) => text !== undefined).join('\n\n');
}

async function failure(context: ClusterContext, stack: StackTopology, cause: string): Promise<UserError> {
  const { environment } = context.topology;
  const others = servingEverywhere(await rotation(context).catch(nothing)).filter((name) => name !== stack.name);
  const next =
    isCurrentNode(context, stack) && others.length > 0
      ? [
          `The roll stops here; ${others.join(', ')} ${others.length === 1 ? 'serves' : 'serve'} as before.`,
          'To go back, restore the previous configuration (git revert) and run "make up"; it replaces only this node.',
        ]
      : [`When the cause is gone, "make up ENVIRONMENT=${environment}" continues from here.`];
  return new UserError([`${stack.name} could not be applied:`, '', cause, '', ...next].join('\n'));
}

/** What is only said in addition is left out where the cluster does not say it. */
function nothing(error: unknown): [] {
  if (!(error instanceof CommandError)) throw error;
  return [];
}

/** Applies saved plans that destroy the environment, where all of them may be. */
export async function destroyOnCluster(
  context: ClusterContext,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  const refused = changed.find(({ refusal }) => refusal !== undefined);
  if (refused) {
    throw new UserError(`${refused.stack.name} cannot be destroyed: ${refused.refusal}. Nothing was changed.`);
  }
  await destroyPlanned(context, changed, (runner) => runner.apply({ quiet: true }));
}
