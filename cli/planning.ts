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
import { withResolvers } from './setup/with-resolvers';
import type { TerraformStackRunner } from './terraform';

/** How plans are made. */
export interface PlanOptions {
  /** Looks at a plan as soon as it is there. */
  readonly read?: (runner: TerraformStackRunner) => Promise<void>;
  /** What else is asked, while the longest plan waits. @default - nothing */
  readonly meanwhile?: () => Promise<void>;
  /** Plans to destroy the environment. @default false */
  readonly destroy?: boolean;
}

/**
 * Saves a plan for every stack. The stacks share no state, so they are planned at the same time, and a plan stays valid while
 * the layers before it are applied. Nothing on the engine is changed: what has to be made again is replaced by the plan.
 *
 * The foundation's plan takes longest: its provider waits two seconds before it reads a network. All else that is asked ends in that time
 * when it begins with it, and until then would only take the processors from it.
 *
 * @returns the stacks that change, in order
 */
export async function planAll(
  context: CommandContext,
  { read, meanwhile, destroy = false }: PlanOptions = {},
): Promise<TerraformStackRunner[]> {
  return step(`Plan ${context.topology.environment}`, async () => {
    const containers = await context.engine.containers();
    await initAll(context.stacks);
    // Where nothing is there, nothing is read.
    const { reading, onReading } = readingOf(containers.length > 0 && context.stacks.some(isFoundation));
    const due = reading.then(async () => {
      const renewals: Renewals = destroy ? new Map() : await dueRenewals(context, containers);
      for (const [name, { why }] of renewals) console.log(`${name} is replaced: ${why}.`);
      return renewals;
    });
    const installed = reading.then(() => (destroy ? [] : changedVolumes(context, containers)));
    const besides = reading.then(meanwhile);
    // Told below, where they are awaited.
    for (const work of [due, installed, besides]) work.catch(() => undefined);
    const failed = destroy ? [] : failedJobs(context.topology, containers);
    const planned = context.stacks.map(async (runner) => {
      const longest = isFoundation(runner);
      if (!longest) await reading;
      const requested = new Map<string, string>();
      const renew = async () => {
        const renewal = (await due).get(runner.stack.name);
        if (renewal) requested.set(renewal.address, renewal.why);
        return renewal !== undefined;
      };
      const runAgain = (job: string, why: string) => {
        const address = runner.containerAddress(job);
        if (address !== undefined) requested.set(address, why);
      };
      for (const job of failed) runAgain(job, 'it failed before');
      const node = destroy
        ? undefined
        : context.topology.nodes.find(({ containerName }) => containerName === runner.stack.name);
      const edited = node ? changedNodeFiles(node, context.engine) : Promise.resolve([]);
      const first = await (longest
        ? runner.plan(destroy, requested, onReading).finally(onReading)
        : runner.plan(destroy, requested));
      // What is hardly ever due keeps no plan waiting.
      const renewed = await renew();
      // Where the node changes anyway, it may have the files of the configuration before, and gets the new ones.
      if (!first && !renewed && (await edited).length > 0) return replaceEdited(runner, await edited, read);
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
    const [changed] = await Promise.all([Promise.all(planned), installed, besides]);
    for (const [index, { stack }] of context.stacks.entries()) {
      if (destroy || changed[index] || !isRetired(context.topology, stack.name)) continue;
      console.warn(
        `${stack.name} runs, but the configuration no longer has it and its state knows nothing of it. To remove it: docker stop --time ${LONGEST_STOP_SECONDS} ${stack.name} && docker rm --volumes ${stack.name}`,
      );
    }
    return context.stacks.filter((_, index) => changed[index]);
  });
}

function isFoundation({ stack }: TerraformStackRunner): boolean {
  return stack.layer === 'foundation';
}

/** Settles with the first call, or at once where nothing is waited for. */
function readingOf(waits: boolean) {
  const { promise, resolve } = withResolvers<void>();
  return { reading: waits ? promise : Promise.resolve(), onReading: resolve };
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

/** Makes all folders ready, one after the other: they may share a provider cache. */
export async function initAll(stacks: readonly TerraformStackRunner[]): Promise<void> {
  for (const stack of stacks) await stack.init();
}

/** A one-shot job that failed stays as evidence, and its postcondition refuses every plan that does not run it again. */
function failedJobs({ jobs }: Topology, containers: readonly EngineContainer[]): string[] {
  const names = jobsInOrder(jobs).map(({ name }) => name);
  return containers
    .filter(({ name, running, exitCode }) => names.includes(name) && !running && exitCode !== 0)
    .map(({ name }) => name);
}
