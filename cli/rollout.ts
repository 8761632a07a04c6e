import { setTimeout } from 'node:timers/promises';
import type { ResourceChange } from '../review/plan/plan-json';
import { signingKeyStep, signingStepProblem } from '../review/policy/rules/signing-key-step';
import { LONGEST_STOP_SECONDS } from '../topology/container';
import { KEEPALIVE_MIN_SECONDS } from '../topology/nginx-conf';
import { DRAIN_SECONDS } from '../topology/node';
import { isRetired } from '../topology/topology';
import { isCurrentNode, nextStacks } from './apply-order';
import type { CommandContext } from './command';
import { failedLayer } from './failed-layer';
import { requireAnotherServingNode } from './rotation';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import { step } from './setup/progress';
import { SideBySide } from './side-by-side';
import { isStale, stalePlan } from './stale-plan';
import type { ApplyOptions, TerraformStackRunner } from './terraform';
import { requireFresh, requireKnown, unknownResources } from './unknown-to-state';

/**
 * The load balancer does not know a retired node any more, so that one cannot ask to be drained. The configuration before sends it requests
 * as long as a connection from before the reload may stay; the last of them get the time of a drained node's.
 */
const RETIRED_SECONDS = KEEPALIVE_MIN_SECONDS + DRAIN_SECONDS;

/**
 * Applies saved plans in the order of the layers, of the nodes first those that do not serve, and what does not run yet side by side. A
 * stack that fails stops the roll, and what came after it stays as it was.
 */
export async function applyAll(context: CommandContext, changed: readonly TerraformStackRunner[]): Promise<void> {
  const refused = changed.find(({ refusal }) => refusal !== undefined);
  if (refused) throw new UserError(`${refused.stack.name} cannot be applied: ${refused.refusal}. Nothing was changed.`);
  await requireKnown(context, changed);
  await requireSigningSteps(changed);
  await applyInOrder(context, changed, (runner, after, options) => apply(context, runner, after, options));
}

/**
 * Applies stacks in the order that `applyAll` describes.
 *
 * @param applyOne applies one, told what comes later, and how it is seen
 */
export async function applyInOrder(
  context: CommandContext,
  changed: readonly TerraformStackRunner[],
  applyOne: (
    runner: TerraformStackRunner,
    after: readonly TerraformStackRunner[],
    options: ApplyOptions,
  ) => Promise<void>,
): Promise<void> {
  const waiting = [...changed];
  const underWay = new SideBySide(context);
  try {
    while (waiting.length > 0 && !underWay.failed) {
      const { starting } = underWay;
      const { stacks, alone } = await nextStacks(context, waiting, underWay);
      if (alone && !underWay.isEmpty) {
        await underWay.end();
        continue;
      }
      const beside = stacks.length > 1 || !underWay.isEmpty;
      const nodes = stacks.filter(({ stack }) => isCurrentNode(context, stack));
      for (const runner of stacks) waiting.splice(waiting.indexOf(runner), 1);
      for (const runner of stacks) {
        const options = beside ? { prefix: `${runner.stack.name}: ` } : {};
        underWay.begin(runner, applyOne(runner, waiting, options), nodes.includes(runner));
      }
      if (alone) await underWay.end();
      else if (waiting.length > 0) await underWay.untilFewerStart(starting + nodes.length);
    }
  } finally {
    // Also where the engine could not be asked what comes next: what has begun ends in order.
    await underWay.end();
  }
}

/** A roll that skips a step of a key's rotation would have nodes that do not know each other's tokens. */
async function requireSigningSteps(changed: readonly TerraformStackRunner[]): Promise<void> {
  const nodes = changed.filter(({ stack }) => stack.layer === 'node');
  const plans = await Promise.all(nodes.map((runner) => runner.planJson()));
  const [problem] = plans.flatMap((plan) =>
    (plan.resource_changes ?? []).flatMap((change) => signingStepProblem(change) ?? []),
  );
  if (problem) throw new UserError(`${problem}. Nothing was changed. ${capitalized(signingKeyStep.fix)}.`);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param after what is applied later */
async function apply(
  context: CommandContext,
  runner: TerraformStackRunner,
  after: readonly TerraformStackRunner[],
  options: ApplyOptions,
): Promise<void> {
  const { stack } = runner;
  const changes = (await runner.planJson()).resource_changes ?? [];
  await removeOrphans(context, runner, changes);
  const stops = changes.some(
    ({ change }) =>
      change.before?.name === stack.name && change.actions.includes('delete') && isCurrentNode(context, stack),
  );
  const retired = after
    .filter(({ stack: { name } }) => isRetired(context.topology, name))
    .map(({ stack: { name } }) => name);
  if (stops) await requireAnotherServingNode(context, [stack.name]);
  // Its new configuration leaves them out.
  if (stack.layer === 'load-balancer' && retired.length > 0) await requireAnotherServingNode(context, retired);
  if (isRetired(context.topology, stack.name)) await setTimeout(RETIRED_SECONDS * 1000);
  await applyStack(context, runner, options);
}

/**
 * Applies the saved plan of a stack.
 *
 * @throws UserError that says what failed, with the last words of the containers that it is about
 */
export async function applyStack(
  context: CommandContext,
  runner: TerraformStackRunner,
  options: ApplyOptions,
): Promise<void> {
  const { stack } = runner;
  try {
    await step(`Apply ${stack.name}`, () => runner.apply(options));
  } catch (error) {
    if (isStale(error)) throw stalePlan(context, runner);
    if (error instanceof CommandError) throw await failedLayer(context, stack, error);
    throw error;
  }
}

/**
 * Terraform that is killed while it creates something does not know of it afterwards, and the name is taken. What the plan
 * wants to create and the engine already has under the environment's label is such a leftover, where nothing of it serves.
 */
async function removeOrphans(
  context: CommandContext,
  runner: TerraformStackRunner,
  changes: readonly ResourceChange[],
): Promise<void> {
  const { engine } = context;
  const orphans = await unknownResources(context, changes);
  if (orphans.length === 0) return;
  await requireFresh(context, runner, orphans);
  // The run was cut off when the node was there already: by now it may be the only one that serves.
  if (isCurrentNode(context, runner.stack)) await requireAnotherServingNode(context, [runner.stack.name]);
  console.log(`Removing leftovers of an interrupted run: ${orphans.map(({ name }) => name).join(', ')}`);
  for (const kind of ['container', 'network'] as const) {
    const names = orphans.filter((orphan) => orphan.kind === kind).map(({ name }) => name);
    if (names.length === 0) continue;
    // One that is running may have requests under way.
    if (kind === 'container') await engine.docker('stop', '--time', String(LONGEST_STOP_SECONDS), ...names);
    await engine.remove(kind, names);
  }
}
