import { compare } from '../plan/compare';
import { type AttributeDifference, COMPUTED, show, UNKNOWN, type VariableDifference } from '../plan/differences';
import { MANIFEST } from '../plan/kubernetes-object';
import { readsOtherFiles, replacesPods } from '../plan/object-differences';
import type { ResourceChange } from '../plan/plan-json';
import { constructPath, type PlannedStack } from '../plan/planned-stack';
import { type Action, actionOf, isContainer, isJob, kindOf, nameOf } from '../plan/resource-change';
import { reportedDrift } from './drift';

/** One resource that changes. */
export interface ReportedChange {
  readonly stack: string;
  /** Terraform address. */
  readonly address: string;
  /** Path of the construct that declares it; without one it is no longer declared. */
  readonly path?: string;
  readonly type: string;
  /** Kind of an object of a cluster. @default - it is none */
  readonly kind?: string;
  /** Name on the engine, for containers, networks and volumes, or in the cluster. */
  readonly name?: string;
  readonly action: Action;
  /** Whether it is a container that does one thing and ends: replacing it means running it again. */
  readonly job: boolean;
  /** Whether its pods are replaced by new ones, although the object itself is only changed. @default false */
  readonly newPods?: boolean;
  /** Why, in words. */
  readonly reason: string;
  readonly attributes: readonly AttributeDifference[];
  readonly variables: readonly VariableDifference[];
}

/** What changes in one stack. */
export function reportedChanges(stack: PlannedStack): ReportedChange[] {
  const drifted = new Set(reportedDrift(stack).map(({ address }) => address));
  return (stack.plan.resource_changes ?? []).flatMap((entry) => {
    const action = actionOf(entry.change);
    if (action === undefined || entry.mode === 'data') return [];
    const { variables, texts, ...others } = compare(entry);
    const attributes = others.attributes.map((attribute) => withImageName(stack, entry, attribute));
    const { before, after } = entry.change;
    // What somebody else has changed may have been in what the pods are made from.
    const kind = kindOf(entry);
    const job = isJob(entry);
    const newPods =
      action === 'update' &&
      isContainer({ type: entry.type, kind }) &&
      (replacesPods(before, after) || before?.changed_in_cluster === true);
    const changed = [
      ...attributes.map(({ attribute }) => attribute),
      ...variables.map(({ variable }) => variable),
      ...texts.map(({ file }) => file.split('/').at(-1) as string),
      ...(readsOtherFiles(before, after) ? ['its files'] : []),
    ];
    return [
      {
        stack: stack.name,
        address: entry.address,
        path: constructPath(stack, entry.address),
        type: entry.type,
        ...(kind !== undefined && { kind }),
        name: nameOf(entry),
        action,
        job,
        ...(newPods && { newPods }),
        reason: reasonOf(entry, action, changed, drifted.has(entry.address), stack.requested?.get(entry.address)),
        attributes,
        variables,
      },
    ];
  });
}

/** What a change does to the server itself: one whose pods are replaced is replaced. */
export function effectOf({ action, newPods }: ReportedChange): Action {
  return newPods ? 'replace' : action;
}

const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: 'its creation failed before',
  replace_by_triggers: 'what it works on is recreated',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_wrong_repetition: 'no longer in the configuration',
  delete_because_count_index: 'no longer in the configuration',
  delete_because_each_key: 'no longer in the configuration',
  delete_because_no_module: 'no longer in the configuration',
};

function reasonOf(
  { type, action_reason: reason, change }: ResourceChange,
  action: Action,
  changed: readonly string[],
  drifted: boolean,
  requested: string | undefined,
): string {
  const outermost = [
    ...new Set(
      changed.map((name) =>
        name.replace(/^(\w+)\..*$/, (path, first) => (first in (change.after ?? {}) ? first : path)),
      ),
    ),
  ];
  if (reason !== 'replace_because_cannot_update') {
    const what = requested ?? REASONS[reason ?? ''] ?? (action === 'update' ? outermost.join(', ') : '');
    return drifted ? ['put back', what].filter((part) => part !== '').join(': ') : what;
  }
  if (type === MANIFEST) return outermost.length > 0 ? outermost.join(', ') : 'what it does';
  const forcing = [...new Set((change.replace_paths ?? []).map(([first]) => String(first)))];
  // What has changed inside these says more than their names.
  const inside = (attribute: string) => (attribute === 'env' || attribute === 'upload' ? outermost : [attribute]);
  const shown = (name: string) =>
    !COMPUTED.includes(name) && (outermost.includes(name) || !['env', 'upload'].includes(name));
  return [...new Set(forcing.flatMap(inside))].filter(shown).join(', ');
}

/** A container knows its image by an id; the name is with the image. */
function withImageName(
  { plan }: PlannedStack,
  { type, change }: ResourceChange,
  difference: AttributeDifference,
): AttributeDifference {
  if (type !== 'docker_container' || difference.attribute !== 'image' || difference.after !== UNKNOWN)
    return difference;
  const image = plan.resource_changes?.find(
    (entry) => entry.type === 'docker_image' && entry.change.before?.image_id === change.before?.image,
  );
  const [before, after] = [image?.change.before?.name, image?.change.after?.name];
  return typeof before === 'string' && typeof after === 'string'
    ? { attribute: 'image', before: show(before), after: show(after) }
    : difference;
}
