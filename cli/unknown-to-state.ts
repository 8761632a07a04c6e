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

/** A stack whose state does not know what serves. */
export interface LostStack {
  readonly runner: TerraformStackRunner;
  /** What was found on the engine; not all of it needs to serve. */
  readonly resources: readonly UnknownResource[];
}

/**
 * The stacks whose state was lost. A run that was interrupted leaves something half-made; a database that runs, a load balancer that
 * runs and a node that takes traffic are whole. Where one of them is unknown, so is whatever else the plans want to create and the
 * engine has.
 *
 * @returns nothing where what is unknown is only leftovers
 */
export async function lostStacks(
  context: CommandContext,
  runners: readonly TerraformStackRunner[],
): Promise<LostStack[]> {
  const found = await Promise.all(
    runners.map(async (runner) => ({
      runner,
      resources: await unknownResources(context, (await runner.planJson()).resource_changes ?? []),
    })),
  );
  const unknown = found.filter(({ resources }) => resources.length > 0);
  const containers = unknown.flatMap(({ resources }) => resources.filter(({ kind }) => kind === 'container'));
  if (containers.length === 0) return [];
  const serving = await servingContainers(context);
  return containers.some(({ name }) => serving.includes(name)) ? unknown : [];
}

/** @throws UserError where applying these plans would remove what serves and is merely unknown */
export async function requireKnown(context: CommandContext, runners: readonly TerraformStackRunner[]): Promise<void> {
  const lost = await lostStacks(context, runners);
  for (const { runner, resources } of lost) await requireFresh(context, runner, resources);
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
