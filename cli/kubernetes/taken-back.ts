import type { ClusterObject } from '../environment-cluster';
import { CommandError } from '../setup/process';
import type { TerraformStackRunner } from '../terraform';
import type { ClusterContext } from './cluster-context';
import { addressOf, manifestsIn } from './planning';

/** Who has set which fields of an object, as the API server keeps it. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly fieldsV1: Fields;
}

/** A set of fields: each with the fields in it, none for a value. */
interface Fields {
  readonly [field: string]: Fields;
}

/** Name under which the provider applies. */
const PROVIDER = 'kubectl';
/** Kinds in whose lists somebody can put something beside what is ours, such as a variable or a port. */
const KINDS = ['Deployment', 'StatefulSet', 'Service'];

/**
 * Makes ours what somebody has put into the objects that a plan is about to set back: an apply removes what it does not name only where nobody
 * else has set it. What the cluster itself has set stays the cluster's.
 */
export async function takeBack(context: ClusterContext, runner: TerraformStackRunner): Promise<void> {
  const changes = (await runner.planJson()).resource_changes ?? [];
  const updated = new Set(
    changes.filter(({ change }) => change.actions.join() === 'update').map((each) => each.address),
  );
  for (const { id, object } of manifestsIn(context, runner)) {
    const { kind, metadata } = object;
    if (!updated.has(addressOf(id)) || !KINDS.includes(kind)) continue;
    await takeBackObject(context, `${kind}/${metadata.name}`);
  }
}

/** As long as nobody else writes the object in between, which a controller may do at any time. */
async function takeBackObject(context: ClusterContext, object: string, tries = 3): Promise<void> {
  const { cluster } = context;
  const args = ['get', object, '--show-managed-fields', '--ignore-not-found', '--output', 'json'];
  const text = await cluster.kubectl(args);
  if (text.trim() === '') return;
  const { resourceVersion, managedFields = [] } = (JSON.parse(text) as Live).metadata;
  const managed = takenBack(managedFields);
  if (managed === undefined) return;
  const patch = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/managedFields', value: managed },
  ];
  try {
    await cluster.kubectl(['patch', object, '--type', 'json', '--patch', JSON.stringify(patch)]);
  } catch (error) {
    if (tries === 1 || !(error instanceof CommandError)) throw error;
    await takeBackObject(context, object, tries - 1);
  }
}

interface Live extends ClusterObject {
  readonly metadata: ClusterObject['metadata'] & {
    readonly resourceVersion: string;
    readonly managedFields?: readonly ManagedFields[];
  };
}

/** The same with what others have set in the specification as the provider's; undefined where nobody has, or it has never applied the object. */
export function takenBack(managed: readonly ManagedFields[]): ManagedFields[] | undefined {
  const ours = managed.find(
    ({ manager, operation, subresource }) => manager === PROVIDER && operation === 'Apply' && !subresource,
  );
  const isForeign = ({ manager, apiVersion, subresource, fieldsV1 }: ManagedFields) =>
    !subresource && !manager.startsWith('kube-') && apiVersion === ours?.apiVersion && 'f:spec' in fieldsV1;
  const foreign = managed.filter((each) => each !== ours && isForeign(each));
  if (ours === undefined || foreign.length === 0) return undefined;
  return managed.flatMap((each) => {
    if (each === ours) {
      const fieldsV1 = foreign.reduce(
        (all, { fieldsV1: { 'f:spec': spec = {} } }) => union(all, { 'f:spec': spec }),
        ours.fieldsV1,
      );
      return [{ ...ours, fieldsV1 }];
    }
    if (!foreign.includes(each)) return [each];
    const { 'f:spec': _, ...rest } = each.fieldsV1;
    return Object.keys(rest).length === 0 ? [] : [{ ...each, fieldsV1: rest }];
  });
}

function union(one: Fields, other: Fields): Fields {
  const inner = Object.entries(other).map(([field, fields]) => [field, union(one[field] ?? {}, fields)] as const);
  return { ...one, ...Object.fromEntries(inner) };
}
