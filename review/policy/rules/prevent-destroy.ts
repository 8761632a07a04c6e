import { isVolume, kindOf, nameOf } from '../../plan/resource-change';
import type { Rule, Violation } from '../rule';

export const preventDestroy: Rule = {
  reason: 'without prevent_destroy a mistake destroys data of a protected environment',
  fix: 'give the resource lifecycle { prevent_destroy = true }, as the constructs of this project do',
  check: ({ topology, stacks }) => {
    if (!topology.protected) return [];
    const stateful = Object.values(topology.volumes).filter(({ loss }) => loss !== undefined);
    const kept = [...stateful.map(({ name }) => name), topology.database.container?.containerName];
    return stacks.flatMap(({ name: stack, plan, configuration }) =>
      (plan.resource_changes ?? []).flatMap((entry): Violation[] => {
        const { type, address, change } = entry;
        const [, id = ''] = address.split('.');
        const guarded = configuration.resource?.[type]?.[id]?.lifecycle?.prevent_destroy === true;
        const holds = type === 'docker_container' || isVolume({ type, kind: kindOf(entry) });
        const isKept = holds && change.after !== null && kept.includes(nameOf(entry));
        return isKept && !guarded ? [{ stack, location: address, message: 'has no prevent_destroy' }] : [];
      }),
    );
  },
};
