import type { ResourceChange } from '../review/plan/plan-json';
import { waysBack } from '../review/report/lost-state';
import type { CommandContext } from './command';
import type { Kind } from './environment-engine';
import { servingNodes } from './rotation';
import { UserError } from './setup/errors';
import { stalePlan } from './stale-plan';
import type { TerraformStackRunner } from './terraform';

/** What a plan wants to create although the engine has it under the environment's label. */
export interface UnknownResource {
  readonly address: string;
  readonly kind: Kind;
  readonly name: string;
}

/** Volumes are not among them: creating one that exists adopts it with its data. */
const KINDS: Readonly<Record<string, Kind>> = { docker_container: 'container', docker_network: 'network' };

/** Of these changes, those that create what is there. */
export async function unknownResources(
  { engine }: Pick<CommandContext, 'engine'>,
  changes: readonly ResourceChange[],
): Promise<UnknownResource[]> {
  const created = changes.flatMap(({ type, address, change }) => {
    const kind = KINDS[type];
    return kind === undefined || change.actions.join() !== 'create'
      ? []
      : [{ address, kind, name: String(change.after?.name) }];
  });
  const found = await Promise.all(
    [...new Set(created.map(({ kind }) => kind))].map(async (kind) => {
      const existing = await engine.names(kind);
      return created.filter((entry) => entry.kind === kind && existing.includes(entry.name));
    }),
  );
  return found.flat();
}

/** @throws UserError where the state knows one of these by now: a plan older than the state wants to create what is there already */
export async function requireFresh(
  context: Pick<CommandContext, 'engine' | 'topology'>,
  runner: TerraformStackRunner,
  resources: readonly UnknownResource[],
): Promise<void> {
  const known = await runner.stateIds();
  const ids = await Promise.all(
    resources.map(({ kind, name }) => context.engine.docker(kind, 'inspect', '--format', '{{.Id}}', name)),
  );
  if (resources.some(({ address }, index) => known.get(address) === ids[index]?.trim())) {
    throw stalePlan(context, runner);
  }
}

/** A stack with what its state does not know of it. */
export interface LostStack {
  readonly runner: TerraformStackRunner;
  /** What was found on the engine; not all of it needs to serve. */
  readonly resources: readonly UnknownResource[];
}

/**
 * The stacks whose state was lost: it is empty, and a database or a load balancer that runs, or a node that takes traffic, belongs to one of
 * them. A state that knows something else of its stack was not lost: what it does not know is left over from a run that was cut off.
 *
 * @returns nothing where what is unknown is only leftovers
 */
export async function lostStacks(
  context: CommandContext,
  runners: readonly TerraformStackRunner[],
): Promise<LostStack[]> {
  return lostAmong(context, await unknownStacks(context, runners));
}

/** @throws UserError where applying these plans would remove what serves and is merely unknown, or where a plan is stale */
export async function requireKnown(context: CommandContext, runners: readonly TerraformStackRunner[]): Promise<void> {
  const unknown = await unknownStacks(context, runners);
  for (const { runner, resources } of unknown) await requireFresh(context, runner, resources);
  const lost = await lostAmong(context, unknown);
  if (lost.length === 0) return;
  const { environment } = context.topology;
  throw new UserError(
    [
      `${environment} runs, but Terraform's state does not know it. Nothing was changed: going on would remove what serves.`,
      ...lost.map((stack) => `  ${stack.runner.stack.name}: ${namesOf(stack).join(', ')}`),
      waysBack(environment),
    ].join('\n'),
  );
}

async function unknownStacks(context: CommandContext, runners: readonly TerraformStackRunner[]): Promise<LostStack[]> {
  const found = await Promise.all(
    runners.map(async (runner) => ({
      runner,
      resources: await unknownResources(context, (await runner.planJson()).resource_changes ?? []),
    })),
  );
  return found.filter(({ resources }) => resources.length > 0);
}

async function lostAmong(context: CommandContext, unknown: readonly LostStack[]): Promise<LostStack[]> {
  const sizes = await Promise.all(unknown.map(async ({ runner }) => (await runner.stateIds()).size));
  const forgotten = unknown.filter((_, index) => sizes[index] === 0);
  const containers = forgotten.flatMap(({ resources }) => resources.filter(({ kind }) => kind === 'container'));
  if (containers.length === 0) return [];
  const serving = await servingContainers(context);
  return containers.some(({ name }) => serving.includes(name)) ? forgotten : [];
}

/** What was found of a stack, for people. */
export function namesOf({ resources }: LostStack): string[] {
  return resources.map(({ kind, name }) => (kind === 'network' ? `network ${name}` : name));
}

async function servingContainers(context: CommandContext): Promise<string[]> {
  const { database, loadBalancer } = context.topology;
  const running = (await context.engine.containers()).filter((container) => container.running).map(({ name }) => name);
  const balancer = loadBalancer.containerName;
  return [
    ...[database.container?.containerName, balancer].filter((name) => name !== undefined && running.includes(name)),
    // Without a load balancer nobody reaches a node.
    ...(running.includes(balancer) ? await servingNodes(context) : []),
  ] as string[];
}
