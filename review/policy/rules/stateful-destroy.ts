import { databaseContainerOf } from '../../../topology/topology';
import { isContainer, isVolume, kindOf, nameOf } from '../../plan/resource-change';
import type { Rule, Violation } from '../rule';

export const statefulDestroy: Rule = {
  reason: 'a protected environment loses data, or what its data cannot do without',
  fix: 'undo the change that forces it, or set protected = false in a change of its own that is reviewed and applied first',
  check: ({ topology, stacks }) => {
    if (!topology.protected) return [];
    // Also of volumes that an earlier version of this project has made.
    const remade = Object.values(topology.volumes).filter(({ loss }) => loss === undefined);
    return stacks.flatMap(({ name: stack, plan }) =>
      (plan.resource_changes ?? []).flatMap((entry): Violation[] => {
        const { type, address, change } = entry;
        const { actions } = change;
        if (!actions.includes('delete') && !actions.includes('forget')) return [];
        // What it was called: a replacement may be called otherwise.
        const name = nameOf({ ...entry, change: { ...change, after: null } });
        const kind = kindOf(entry);
        const stateful =
          (isVolume({ type, kind }) && !remade.some((volume) => volume.name === name)) ||
          type === 'docker_network' ||
          (isContainer({ type, kind }) && name === databaseContainerOf(topology));
        if (!stateful) return [];
        return [{ stack, location: address, message: actions.includes('create') ? 'is replaced' : 'is destroyed' }];
      }),
    );
  },
};
