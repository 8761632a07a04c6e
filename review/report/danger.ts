import { databaseContainerOf, type Topology } from '../../topology/topology';
import type { VolumeTopology } from '../../topology/volumes';
import type { PlannedStack } from '../plan/planned-stack';
import { isContainer, isVolume, kindOf, nameOf } from '../plan/resource-change';
import type { ReportedChange } from './changes';

/** Something with data, or that the data cannot do without, is destroyed or replaced, or created empty because it is gone. */
export interface Danger {
  readonly stack: string;
  readonly address: string;
  readonly path?: string;
  readonly name?: string;
  readonly action: 'replace' | 'destroy' | 'create';
  /** Why, in words; with a replacement the attributes that force it. */
  readonly reason: string;
  /** What that attribute was and becomes, where it is known. */
  readonly forcedBy: readonly string[];
  /** What is lost. */
  readonly consequence: string;
}

/** The dangerous ones among the changes. */
export function dangers(
  topology: Topology,
  changes: readonly ReportedChange[],
  stacks: readonly Pick<PlannedStack, 'plan'>[],
): Danger[] {
  const gone = goneVolumes(topology, stacks);
  return changes.flatMap((change): Danger[] => {
    const { stack, address, path, name, action, reason, attributes } = change;
    const lost = action === 'create' ? gone.find((volume) => volume.name === name) : undefined;
    if (lost !== undefined) {
      const consequence = `it is gone, and an empty one takes its place: ${lost.loss}`;
      return [{ stack, address, path, name, action: 'create', reason: '', forcedBy: [], consequence }];
    }
    if (action !== 'replace' && action !== 'destroy') return [];
    const consequence = consequenceOf(topology, change);
    if (consequence === undefined) return [];
    const forcing = reason.split(', ');
    const forcedBy = attributes
      .filter(({ attribute }) => forcing.includes(attribute.split('.')[0] as string))
      .map(({ attribute, before, after }) => `${attribute}: ${before} → ${after}`);
    return [{ stack, address, path, name, action, reason, forcedBy, consequence }];
  });
}

/**
 * The volumes with what no job makes again that are gone from the engine although the state knows them, as after a prune of volumes. With
 * new ones the environment would go on, with other keys or without its data.
 */
export function goneVolumes(topology: Topology, stacks: readonly Pick<PlannedStack, 'plan'>[]): VolumeTopology[] {
  const { volumes } = topology;
  const gone = stacks
    .flatMap(({ plan }) => plan.resource_drift ?? [])
    .filter((entry) => isVolume({ type: entry.type, kind: kindOf(entry) }) && entry.change.actions.includes('delete'))
    .map(nameOf);
  // With a server elsewhere the volume holds nothing.
  const data = topology.database.container && volumes.databaseData;
  const lasting = Object.values(volumes).filter((volume) => volume.backedUp || volume === data);
  return lasting.filter(({ name }) => gone.includes(name));
}

function consequenceOf(topology: Topology, change: ReportedChange): string | undefined {
  const { type, name, action } = change;
  const { volumes, network, platform } = topology;
  if (type === 'docker_network') {
    const lost = `every container loses its network${name === network.name ? '' : ` ${name}`}`;
    return action === 'destroy' ? lost : `${lost}; it cannot be replaced while containers of other stacks are attached`;
  }
  if (isContainer(change)) {
    if (name === undefined || name !== databaseContainerOf(topology)) return undefined;
    const kept = `the data stays only if its ${platform.kind === 'docker' ? 'volume' : 'claim'} does`;
    return action === 'destroy'
      ? `no node has a database any more; ${kept}`
      : `no node has a database until the new one is healthy; ${kept}`;
  }
  if (!isVolume(change)) return undefined;
  const volume = Object.values(volumes).find((each) => each.name === name);
  return volume === undefined ? 'what is in this volume is lost' : volume.loss;
}
