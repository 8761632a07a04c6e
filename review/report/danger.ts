import { databaseContainerOf, type Topology } from '../../topology/topology';
import type { ReportedChange } from './report';

/** Something with data, or that the data cannot do without, is destroyed or replaced. */
export interface Danger {
  readonly stack: string;
  readonly address: string;
  readonly path?: string;
  readonly name?: string;
  readonly action: 'replace' | 'destroy';
  /** Why, in words; with a replacement the attributes that force it. */
  readonly reason: string;
  /** What that attribute was and becomes, where it is known. */
  readonly forcedBy: readonly string[];
  /** What is lost. */
  readonly consequence: string;
}

/** The dangerous ones among the changes. */
export function dangers(topology: Topology, changes: readonly ReportedChange[]): Danger[] {
  return changes.flatMap((change) => {
    const { stack, address, path, name, action, reason, attributes } = change;
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

function consequenceOf(topology: Topology, { type, name, action }: ReportedChange): string | undefined {
  const { volumes, network } = topology;
  if (type === 'docker_network') {
    const lost = `every container loses its network${name === network.name ? '' : ` ${name}`}`;
    return action === 'destroy' ? lost : `${lost}; it cannot be replaced while containers of other stacks are attached`;
  }
  if (type === 'docker_container') {
    if (name === undefined || name !== databaseContainerOf(topology)) return undefined;
    return action === 'destroy'
      ? 'no node has a database any more; the data stays only if its volume does'
      : 'no node has a database until the new one is healthy; the data stays only if its volume does';
  }
  if (type !== 'docker_volume') return undefined;
  const volume = Object.values(volumes).find((each) => each.name === name);
  return volume === undefined ? 'what is in this volume is lost' : volume.loss;
}
