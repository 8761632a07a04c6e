import { type Attributes, isList, isObject, type Json } from '../plan/plan-json';
import { isJobContainer } from '../plan/resource-change';
import { forPlanned, plannedPods } from './pods';
import type { PolicyInput } from './rule';

/** Addresses that no other machine reaches. */
export const LOOPBACK = /^(127\.|::1$|localhost$)/;

export interface PlannedContainer {
  readonly stack: string;
  readonly address: string;
  readonly values: Attributes;
  /** Whether it is meant to end. */
  readonly job: boolean;
}

/** The containers as they will be after the apply. */
export function plannedContainers({ stacks }: PolicyInput): PlannedContainer[] {
  return stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }) =>
      type === 'docker_container' && after ? [{ stack, address, values: after, job: isJobContainer(after) }] : [],
    ),
  );
}

/** A rule about each container. */
export function forContainers(
  which: 'all' | 'long-running',
  messages: (container: PlannedContainer, input: PolicyInput) => readonly string[],
) {
  return forPlanned(plannedContainers, which, messages);
}

export function texts(value: Json | undefined): string[] {
  return isList(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function blocks(value: Json | undefined): Attributes[] {
  return isList(value) ? value.filter(isObject) : [];
}

/** Nodes of the topology whose containers or pods are in the plans, by stack. */
export function nodesByStack(input: PolicyInput): Map<string, string[]> {
  const names = input.topology.nodes.map(({ containerName }) => containerName);
  const found = new Map<string, string[]>();
  const planned = [
    ...plannedContainers(input).map(({ stack, values }) => ({ stack, name: String(values.name) })),
    ...plannedPods(input).filter(({ job }) => !job),
  ];
  for (const { stack, name } of planned) {
    if (names.includes(name)) found.set(stack, [...(found.get(stack) ?? []), name]);
  }
  return found;
}

/** Whether these plans only take away, where nothing can be asked of what stays. */
export function destroysAll(input: PolicyInput): boolean {
  return plannedContainers(input).length + plannedPods(input).length === 0;
}
