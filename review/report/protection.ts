import type { Topology } from '../../topology/topology';
import type { ReportedChange } from './changes';

/** Whether the changes take away the mark that what runs is protected. */
export function liftsProtection({ volumes }: Topology, changes: readonly ReportedChange[]): boolean {
  return changes.some(
    ({ type, kind, name, action }) =>
      (type === 'docker_volume' || kind !== undefined) &&
      name === volumes.protection.name &&
      (action === 'destroy' || action === 'forget'),
  );
}
