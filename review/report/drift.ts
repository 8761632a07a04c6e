import { compare } from '../plan/compare';
import { constructPath, type PlannedStack } from '../plan/planned-stack';
import { nameOf } from '../plan/resource-change';

/** Something that is no longer as Terraform left it. */
export interface Drift {
  readonly stack: string;
  readonly address: string;
  readonly path?: string;
  readonly name?: string;
  /** What was found, in words. */
  readonly found: string;
  readonly stopped: boolean;
}

/** What a refresh found different from the state of one stack. */
export function reportedDrift(stack: PlannedStack): Drift[] {
  const changed = (stack.changedFiles ?? []).map(({ volume, files }) => ({
    stack: stack.name,
    address: volume,
    name: volume,
    found: `changed by hand: ${files.join(', ')}`,
    stopped: false,
  }));
  const drifted = (stack.plan.resource_drift ?? []).flatMap((entry) => {
    const gone = entry.change.actions.includes('delete');
    const { attributes, variables, texts } = compare(entry);
    const stopped = attributes.some(({ attribute, after }) => attribute === 'must_run' && after === 'false');
    const found = [
      ...(gone ? ['it is gone'] : []),
      ...(entry.change.after?.changed_in_cluster === true
        ? [['changed in the cluster', ...(stack.changedFields?.get(entry.address) ?? [])].join('; ')]
        : []),
      ...(stopped ? ['it is stopped'] : []),
      ...attributes
        .filter(({ attribute }) => !(stopped && attribute === 'must_run'))
        .map(({ attribute, before, after }) => `${attribute}: ${before} → ${after}`),
      ...variables.map(({ variable }) => variable),
      ...texts.map(({ file }) => file),
    ];
    if (found.length === 0) return [];
    const { address } = entry;
    return [
      {
        stack: stack.name,
        address,
        path: constructPath(stack, address),
        name: nameOf(entry),
        found: found.join('; '),
        stopped: stopped || gone,
      },
    ];
  });
  return [...changed, ...drifted];
}
