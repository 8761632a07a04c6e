import { at, containersOf, entries, MANIFEST, objectOf, podOf } from '../plan/kubernetes-object';
import { type Attributes, isObject, type Json } from '../plan/plan-json';
import type { PolicyInput, Violation } from './rule';

/** An object of a cluster as it will be after the apply. */
export interface PlannedObject {
  readonly stack: string;
  readonly address: string;
  readonly kind: string;
  readonly name: string;
  readonly object: Attributes;
  /** Planned attributes of the resource. */
  readonly values: Attributes;
}

/** What makes pods. */
export interface PlannedPod extends PlannedObject {
  readonly pod: Attributes;
  readonly labels: Attributes;
  readonly replicas: number;
  /** Whether they are meant to end. */
  readonly job: boolean;
}

export function plannedObjects({ stacks }: PolicyInput): PlannedObject[] {
  return stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }) => {
      const object = type === MANIFEST ? objectOf(after) : undefined;
      if (object === undefined || after === null) return [];
      const name = String(at(object, 'metadata', 'name'));
      return [{ stack, address, kind: String(object.kind), name, object, values: after }];
    }),
  );
}

export function plannedPods(input: PolicyInput): PlannedPod[] {
  return plannedObjects(input).flatMap((each) => {
    const pod = podOf(each.object);
    if (pod === undefined) return [];
    const labels = at(each.object, 'spec', 'template', 'metadata', 'labels');
    const replicas = at(each.object, 'spec', 'replicas');
    return [
      {
        ...each,
        pod,
        labels: isObject(labels) ? labels : {},
        replicas: typeof replicas === 'number' ? replicas : 1,
        job: each.kind === 'Job',
      },
    ];
  });
}

/** A rule about each of what is planned, or about each of those that keep running. */
export function forPlanned<Planned extends { readonly stack: string; readonly address: string; readonly job: boolean }>(
  planned: (input: PolicyInput) => readonly Planned[],
  which: 'all' | 'long-running',
  messages: (each: Planned, input: PolicyInput) => readonly string[],
) {
  return (input: PolicyInput): Violation[] =>
    planned(input)
      .filter(({ job }) => which === 'all' || !job)
      .flatMap((each) =>
        messages(each, input).map((message) => ({ stack: each.stack, location: each.address, message })),
      );
}

/** A rule about each pod. */
export function forPods(
  which: 'all' | 'long-running',
  messages: (pod: PlannedPod, input: PolicyInput) => readonly string[],
) {
  return forPlanned(plannedPods, which, (pod, input) => messages(pod, input).map((message) => about(pod, message)));
}

/** The same about each of its containers. */
export function forPodContainers(
  which: 'all' | 'long-running',
  messages: (container: Attributes, pod: PlannedPod) => readonly string[],
) {
  return forPods(which, (pod) =>
    (which === 'all' ? containersOf(pod.pod) : entries(pod.pod.containers)).flatMap((container) =>
      messages(container, pod).map((message) => `container ${container.name}: ${message}`),
    ),
  );
}

/** A rule that is asked in several ways. */
export function anyOf(...checks: readonly ((input: PolicyInput) => readonly Violation[])[]) {
  return (input: PolicyInput): Violation[] => checks.flatMap((check) => check(input));
}

/** What is violated is an object, and Terraform's address does not always say which. */
export function about({ kind, name }: PlannedObject, message: string): string {
  return `(${kind} ${name}) ${message}`;
}

/** Whether a selector chooses pods with these labels. */
export function selects(selector: Json | undefined, labels: Attributes): boolean {
  const wanted = at(selector, 'matchLabels');
  return isObject(wanted) && Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
