import type { Manifest } from '../../constructs/kubernetes/manifests';
import type { ResourceChange } from '../../review/plan/plan-json';
import type { PlanOptions } from '../planning';
import { print, step } from '../setup/progress';
import type { TerraformStackRunner } from '../terraform';
import type { ClusterContext } from './cluster-context';
import type { Workload } from './layer-state';

/**
 * Saves a plan for every stack. Nothing in the cluster is changed: a job that failed is replaced by the plan.
 *
 * @returns the stacks that change, in order
 */
export async function planOnCluster(
  context: ClusterContext,
  { read, destroy = false }: PlanOptions = {},
): Promise<TerraformStackRunner[]> {
  const { topology, stacks } = context;
  return step(`Plan ${topology.environment}`, async () => {
    // One after the other: they may share a provider cache.
    for (const runner of stacks) await runner.init();
    const failed = destroy ? [] : await failedJobs(context);
    const changed = await Promise.all(
      stacks.map(async (runner) => {
        const requested = new Map(
          manifestsIn(context, runner)
            .filter(({ object }) => object.kind === 'Job' && failed.includes(object.metadata.name))
            .map(({ id }) => [addressOf(id), 'it failed before']),
        );
        const changes = await planWithoutTaint(runner, destroy, requested);
        if (changes && !destroy) await tellOfUnknown(context, runner);
        await read?.(runner);
        return changes;
      }),
    );
    return stacks.filter((_, index) => changed[index]);
  });
}

/**
 * What Terraform has created and then not waited for to the end, it would delete and create again, also a claim with its data. Here it is there,
 * and what it is not yet is found out by looking at it.
 */
async function planWithoutTaint(
  runner: TerraformStackRunner,
  destroy: boolean,
  requested: ReadonlyMap<string, string>,
): Promise<boolean> {
  const changes = await runner.plan(destroy, requested);
  if (!changes || destroy) return changes;
  const tainted = ((await runner.planJson()).resource_changes ?? []).filter(
    ({ action_reason }) => action_reason === 'replace_because_tainted',
  );
  if (tainted.length === 0) return changes;
  for (const { address } of tainted) await runner.untaint(address);
  return runner.plan(destroy, requested);
}

/** The manifests of a stack's layer. */
export function manifestsIn(
  { layers }: Pick<ClusterContext, 'layers'>,
  { stack }: TerraformStackRunner,
): readonly Manifest[] {
  return layers.find((layer) => layer.stack.name === stack.name)?.manifests ?? [];
}

/** Where Terraform has a manifest. */
export function addressOf(id: string): string {
  return `kubectl_manifest.${id}`;
}

async function failedJobs({ cluster }: ClusterContext): Promise<string[]> {
  const jobs = await cluster.list<Workload>('jobs');
  return jobs
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status: holds }) => type === 'Failed' && holds === 'True'),
    )
    .map(({ metadata }) => metadata.name);
}

/** What the plan creates although it is there: of a state that was lost. It is applied as it stands, and nothing is created or replaced by that. */
async function tellOfUnknown(context: ClusterContext, runner: TerraformStackRunner): Promise<void> {
  const changes = (await runner.planJson()).resource_changes ?? [];
  const created = new Set(changes.filter(isCreation).map(({ address }) => address));
  const objects = manifestsIn(context, runner).filter(({ id }) => created.has(addressOf(id)));
  if (objects.length === 0) return;
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.map(({ object }) => object) });
  const args = ['get', '--filename', '-', '--ignore-not-found', '--output', 'name'];
  const found = (await context.cluster.kubectl(args, { input })).split('\n').filter((line) => line !== '');
  if (found.length === 0) return;
  print(
    `${runner.stack.name}: ${found.length} of the ${objects.length} objects that its state does not know are there already; applying takes them over as they are.`,
  );
}

function isCreation({ change }: ResourceChange): boolean {
  return change.actions.join() === 'create';
}
