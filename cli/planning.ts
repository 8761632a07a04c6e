import { setTimeout } from 'node:timers/promises';
import { LONGEST_STOP_SECONDS } from '../topology/container';
import { jobsInOrder } from '../topology/jobs';
import { isRetired, type Topology } from '../topology/topology';
import { changedNodeFiles } from './changed-node-files';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';
import { changedVolumes } from './installed-files';
import { lostText } from './lost-files';
import { dueRenewals, NODE, type Renewals } from './renewals';
import { step } from './setup/progress';
import type { TerraformStackRunner } from './terraform';

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
 * the layers before it are applied. Nothing on the engine is changed: what has to be made again is replaced by the plan.
 *
 * @returns the stacks that change, in order
 */
export async function planAll(
  context: CommandContext,
  { read, destroy = false }: PlanOptions = {},
): Promise<TerraformStackRunner[]> {
  return step(`Plan ${context.topology.environment}`, async () => {
    const containers = await context.engine.containers();
    const looked = destroy ? Promise.resolve<Renewals>(new Map()) : dueRenewals(context, containers);
    const due = looked.then((renewals) => {
      for (const [name, { why }] of renewals) console.log(`${name} is replaced: ${why}.`);
      return renewals;
    });
    // Told below, where it is awaited.
    due.catch(() => undefined);
    await initAll(context.stacks);
    const installed = destroy ? Promise.resolve([]) : changedVolumes(context, containers);
    const failed = destroy ? [] : failedJobs(context.topology, containers);
    const planned = context.stacks.map(async (runner) => {
      const isFoundation = runner.stack.layer === 'foundation';
      if (!isFoundation) await setTimeout(HEAD_START_MS);
      const requested = new Map<string, string>();
      const renew = async () => {
        const renewal = (await due).get(runner.stack.name);
        if (renewal) requested.set(renewal.address, renewal.why);
        return renewal !== undefined;
      };
      // What is hardly ever due does not keep the longest plan waiting.
      if (!isFoundation) await renew();
      const runAgain = (job: string, why: string) => {
        const address = runner.containerAddress(job);
        if (address !== undefined) requested.set(address, why);
      };
      for (const job of failed) runAgain(job, 'it failed before');
      const node = destroy
        ? undefined
        : context.topology.nodes.find(({ containerName }) => containerName === runner.stack.name);
      const edited = node ? changedNodeFiles(node, context.engine) : Promise.resolve([]);
      const first = await runner.plan(destroy, requested);
      // Where the node changes anyway, it may have the files of the configuration before, and gets the new ones.
      if (!first && (await edited).length > 0) return replaceEdited(runner, await edited, read);
      const renewed = isFoundation && (await renew());
      const changedHere = (await installed).filter(({ layer }) => layer === runner.stack.layer);
      runner.changedFiles = changedHere;
      for (const { volume, files, job } of changedHere) {
        console.log(`Changed by hand in the volume ${volume}: ${files.join(', ')}.`);
        runAgain(job, 'files that it installed were changed by hand: it installs them again');
      }
      const changes = renewed || changedHere.length > 0 ? await runner.plan(destroy, requested) : first;
      const lost = changedHere.filter((volume) => volume.lost.length > 0);
      if (lost.length > 0) runner.refusal = lost.map((volume) => lostText(volume.volume, volume.lost)).join('; ');
      await read?.(runner);
      return changes;
    });
    const [changed] = await Promise.all([Promise.all(planned), installed]);
    for (const [index, { stack }] of context.stacks.entries()) {
      if (destroy || changed[index] || !isRetired(context.topology, stack.name)) continue;
      console.warn(
        `${stack.name} runs, but the configuration no longer has it and its state knows nothing of it. To remove it: docker stop --time ${LONGEST_STOP_SECONDS} ${stack.name} && docker rm --volumes ${stack.name}`,
      );
    }
    return context.stacks.filter((_, index) => changed[index]);
  });
}

/** A node is replaced rather than repaired: what somebody changed in it may have been read by the server already. */
async function replaceEdited(
  runner: TerraformStackRunner,
  files: readonly string[],
  read: PlanOptions['read'],
): Promise<boolean> {
  console.log(`Changed by hand in ${runner.stack.name}: ${files.join(', ')}.`);
  runner.changedFiles = [{ volume: runner.stack.name, files }];
  const changes = await runner.plan(false, new Map([[NODE, 'files in it were changed by hand']]));
  await read?.(runner);
  return changes;
}

/** One after the other: they may share a provider cache. */
async function initAll(stacks: readonly TerraformStackRunner[]): Promise<void> {
  for (const stack of stacks) await stack.init();
}

/** A one-shot job that failed stays as evidence, and its postcondition refuses every plan that does not run it again. */
function failedJobs({ jobs }: Topology, containers: readonly EngineContainer[]): string[] {
  const names = jobsInOrder(jobs).map(({ name }) => name);
  return containers
    .filter(({ name, running, exitCode }) => names.includes(name) && !running && exitCode !== 0)
    .map(({ name }) => name);
}
