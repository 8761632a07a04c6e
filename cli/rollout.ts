import { setTimeout } from 'node:timers/promises';
import type { ResourceChange } from '../review/plan/plan-json';
import { signingKeyStep, signingStepProblem } from '../review/policy/rules/signing-key-step';
import { LONGEST_STOP_SECONDS } from '../topology/container';
import { jobsInOrder } from '../topology/jobs';
import { DRAIN_SECONDS } from '../topology/node';
import { isRetired, type Topology } from '../topology/topology';
import { isCurrentNode, nextStacks } from './apply-order';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';
import { type ChangedVolume, changedVolumes } from './installed-files';
import { dueRenewals, type Renewals } from './renewals';
import { requireAnotherServingNode } from './rotation';
import { together } from './setup/concurrently';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import { step } from './setup/progress';
import { isStale, stalePlan } from './stale-plan';
import { teardownLayers } from './teardown';
import type { TerraformStackRunner } from './terraform';
import { requireFresh, requireKnown, unknownResources } from './unknown-to-state';

/**
 * The foundation's resources are read one after the other, so its plan takes longest, and most of that is waiting. The others end before
 * it also when they start later, and then do not take the processors from its beginning.
 */
const HEAD_START_MS = 400;

/** How plans are made. */
export interface PlanOptions {
  /** Looks at a plan as soon as it is there. */
  readonly read?: (runner: TerraformStackRunner) => Promise<void>;
  /** Plans to destroy the environment. @default false */
  readonly destroy?: boolean;
}

/**
 * Saves a plan for every stack. The stacks share no state, so they are planned at the same time, and a plan stays valid while
 * the layers before it are applied.
 *
 * @returns the stacks that change, in order
 */
export async function planAll(
  context: CommandContext,
  { read, destroy = false }: PlanOptions = {},
): Promise<TerraformStackRunner[]> {
  return step(`Plan ${context.topology.environment}`, async () => {
    const containers = await context.engine.containers();
    await removeFailedJobs(context, containers);
    const [renewals] = await Promise.all([
      destroy ? (new Map() satisfies Renewals) : dueRenewals(context, containers),
      initAll(context.stacks),
    ]);
    for (const [name, { why }] of renewals) console.log(`${name} is replaced: ${why}.`);
    const damaged = destroy ? Promise.resolve(false) : keystoresAreDamaged(context, containers);
    const installed = destroy ? Promise.resolve([]) : changedVolumes(context, containers);
    const planned = context.stacks.map(async (runner) => {
      if (runner.stack.layer !== 'foundation') await setTimeout(HEAD_START_MS);
      const plan = () => runner.plan(destroy, renewals.get(runner.stack.name)?.address);
      const first = await plan();
      const isDamaged = runner.stack.layer === 'foundation' && (await damaged);
      const changedHere = (await installed).filter(({ layer }) => layer === runner.stack.layer);
      runner.changedFiles = changedHere;
      if (isDamaged) await removeKeystoresJob(context);
      if (changedHere.length > 0) await removeJobsOf(context, containers, changedHere);
      const changes = isDamaged || changedHere.length > 0 ? await plan() : first;
      await read?.(runner);
      return changes;
    });
    const [changed] = await Promise.all([Promise.all(planned), damaged, installed]);
    for (const [index, { stack }] of context.stacks.entries()) {
      if (destroy || changed[index] || !isRetired(context.topology, stack.name)) continue;
      console.warn(
        `${stack.name} runs, but the configuration no longer has it and its state knows nothing of it. To remove it: docker stop --time ${LONGEST_STOP_SECONDS} ${stack.name} && docker rm --volumes ${stack.name}`,
      );
    }
    return context.stacks.filter((_, index) => changed[index]);
  });
}

/** One after the other: they may share a provider cache. */
async function initAll(stacks: readonly TerraformStackRunner[]): Promise<void> {
  for (const stack of stacks) await stack.init();
}

/**
 * Applies saved plans in the order of the layers, of the nodes first those that do not serve, and what does not run yet side by side. A
 * stack that fails stops the roll, and what came after it stays as it was.
 */
export async function applyAll(context: CommandContext, changed: readonly TerraformStackRunner[]): Promise<void> {
  const refused = changed.find(({ refusal }) => refusal !== undefined);
  if (refused) throw new UserError(`${refused.stack.name} cannot be planned: ${refused.refusal}`);
  await requireKnown(context, changed);
  await requireSigningSteps(changed);
  const waiting = [...changed];
  let proven = false;
  while (waiting.length > 0) {
    const next = await nextStacks(context, waiting, proven);
    for (const runner of next) waiting.splice(waiting.indexOf(runner), 1);
    await together(next.map((runner) => apply(context, runner, waiting, next.length > 1)));
    proven ||= next.some(({ stack }) => isCurrentNode(context, stack));
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

/** Applies saved plans that destroy the environment, layer after layer. */
export async function destroyAll(context: CommandContext, changed: readonly TerraformStackRunner[]): Promise<void> {
  const destroy = async (runner: TerraformStackRunner, prefix: string) => {
    try {
      await step(`Destroy ${runner.stack.name}`, () => runner.apply({ prefix }));
    } catch (error) {
      if (isStale(error)) throw stalePlan(context, runner);
      throw error;
    }
  };
  for (const layer of teardownLayers(changed)) {
    await together(layer.map((runner) => destroy(runner, layer.length > 1 ? `${runner.stack.name}: ` : '')));
  }
}

/**
 * @param after what is applied later
 * @param besideOthers whether others are applied at the same time
 */
async function apply(
  context: CommandContext,
  runner: TerraformStackRunner,
  after: readonly TerraformStackRunner[],
  besideOthers: boolean,
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
  // The load balancer does not know it any more, so it cannot ask to be drained: requests from before get the same time here.
  if (isRetired(context.topology, stack.name)) await setTimeout(DRAIN_SECONDS * 1000);
  try {
    await step(`Apply ${stack.name}`, () => runner.apply(besideOthers ? { prefix: `${stack.name}: ` } : {}));
  } catch (error) {
    if (isStale(error)) throw stalePlan(context, runner);
    if (error instanceof CommandError) throw await explained(context, runner, error);
    throw error;
  }
}

/**
 * A one-shot job that failed stays as evidence, and its postcondition would refuse every further plan. It goes when the next
 * command begins, which recreates it.
 */
async function removeFailedJobs(
  { topology, engine }: CommandContext,
  containers: readonly EngineContainer[],
): Promise<void> {
  const jobs = jobNames(topology);
  const failed = containers.filter(({ name, running, exitCode }) => jobs.includes(name) && !running && exitCode !== 0);
  await engine.remove(
    'container',
    failed.map(({ name }) => name),
  );
}

/** Whether the shared stores are not what the job wrote. A node that runs has them before its eyes; otherwise a container is started. */
async function keystoresAreDamaged(
  { topology, engine }: CommandContext,
  containers: readonly EngineContainer[],
): Promise<boolean> {
  const { jobs, nodes } = topology;
  const { keystores } = topology.volumes;
  const job = containers.find(({ name }) => name === jobs.keystores.name);
  if (job === undefined) return false;
  const node = nodes.find(({ containerName }) =>
    containers.some(({ name, running, paused }) => name === containerName && running && !paused),
  );
  if (node && (await engine.verifyKeystoresIn(node.containerName, node.keystoresPath))) return false;
  return !(await engine.verifyKeystoreVolume(keystores.name, job.image, keystores.owner));
}

/** Without the jobs that installed them, the plan recreates these, which install the files again. */
async function removeJobsOf(
  { engine }: CommandContext,
  containers: readonly EngineContainer[],
  changed: readonly ChangedVolume[],
): Promise<void> {
  for (const { volume, files } of changed) {
    console.log(`Changed by hand in the volume ${volume}: ${files.join(', ')}. The job installs it again.`);
  }
  await engine.remove(
    'container',
    changed.map(({ job }) => job).filter((job) => containers.some(({ name }) => name === job)),
  );
}

/** Without the job that builds the stores from their keys, the plan recreates it. */
async function removeKeystoresJob({ topology, engine }: CommandContext): Promise<void> {
  const { jobs, volumes } = topology;
  console.log(`The keystores in the volume ${volumes.keystores.name} are damaged: they are rebuilt from their keys.`);
  await engine.remove('container', [jobs.keystores.name]);
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

/** What a failed layer means and where to look. */
async function explained(
  context: CommandContext,
  runner: TerraformStackRunner,
  error: CommandError,
): Promise<UserError> {
  const { topology, engine } = context;
  const lines = [`${runner.stack.name} could not be applied:`, '', error.lastLines.join('\n'), ''];
  const suspects = await suspectContainers(context, runner);
  for (const name of suspects) {
    lines.push(`Last lines of ${name} (all of them: docker logs ${name}):`, await engine.lastLines(name, 15), '');
  }
  if (isCurrentNode(context, runner.stack)) {
    const others = topology.nodes.filter(({ containerName }) => containerName !== runner.stack.name);
    lines.push(
      `The roll stops here; ${others.map(({ containerName }) => containerName).join(', ')} keep serving as before.`,
      'To go back, restore the previous configuration (git revert) and run "make up"; it replaces only this node.',
    );
  } else {
    lines.push('When the cause is fixed, "make up" continues from here.');
  }
  return new UserError(lines.join('\n'));
}

function jobNames({ jobs }: Topology): string[] {
  return jobsInOrder(jobs).map(({ name }) => name);
}

async function suspectContainers({ topology, engine }: CommandContext, { stack }: TerraformStackRunner) {
  const jobs = jobNames(topology);
  const containers = await engine.containers();
  return containers
    .filter(
      ({ name, running, exitCode, health }) =>
        (jobs.includes(name) && !running && exitCode !== 0) ||
        (name === stack.name && (!running || health !== 'healthy')),
    )
    .map(({ name }) => name);
}
