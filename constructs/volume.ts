import { Volume } from '@cdktf/provider-docker/lib/volume';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import type { VolumeTopology } from '../topology/volumes';
import { dockerLabels, type Labels } from './container-defaults';

/** A volume of the table of volumes. One whose loss is a loss refuses to be destroyed where the environment is protected. */
export function volumeOf(
  scope: Construct,
  id: string,
  { name, loss }: VolumeTopology,
  {
    labels,
    protected: isProtected,
    dependsOn,
  }: { readonly labels: Labels; readonly protected: boolean; readonly dependsOn?: ITerraformDependable[] },
): Volume {
  return new Volume(scope, id, {
    name,
    labels: dockerLabels(labels),
    ...(dependsOn && { dependsOn }),
    ...(loss !== undefined && { lifecycle: { preventDestroy: isProtected } }),
  });
}
