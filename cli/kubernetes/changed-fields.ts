import { objectOf } from '../../review/plan/kubernetes-object';
import { changedFields } from '../../review/plan/object-differences';
import type { Attributes, Plan } from '../../review/plan/plan-json';
import type { ClusterObject, EnvironmentCluster } from '../environment-cluster';

/** What somebody else has changed of the objects of a stack, by Terraform's address: the provider's fingerprints say only that. */
export async function changedFieldsIn(
  cluster: Pick<EnvironmentCluster, 'find'>,
  { resource_drift: drift = [] }: Plan,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { address, change } of drift) {
    const object = change.after?.changed_in_cluster === true ? objectOf(change.after) : undefined;
    if (object === undefined) continue;
    const { apiVersion, kind, metadata } = object as unknown as ClusterObject & { readonly apiVersion: string };
    const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
    const live = await cluster.find<ClusterObject>(`${kind.toLowerCase()}${group}`, metadata.name);
    if (live !== undefined) found.set(address, changedFields(object, live as unknown as Attributes));
  }
  return found;
}
