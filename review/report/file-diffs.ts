import { compare } from '../plan/compare';
import { constructPath, type PlannedStack } from '../plan/planned-stack';
import { unifiedDiff } from '../plan/unified-diff';

/** A generated file that changes in the same way in these containers. */
export interface FileDiff {
  readonly file: string;
  /** Construct paths of the containers. */
  readonly containers: readonly string[];
  /** Hunks of a unified diff. */
  readonly diff: string;
}

/** The nodes' files mostly change alike; then one diff stands for all. */
export function fileDiffs(stacks: readonly PlannedStack[]): FileDiff[] {
  const diffs = new Map<string, { file: string; containers: string[]; diff: string }>();
  for (const stack of stacks) {
    for (const entry of stack.plan.resource_changes ?? []) {
      const container = constructPath(stack, entry.address) ?? entry.address;
      for (const { file, before, after } of compare(entry).texts) {
        const diff = unifiedDiff(before, after);
        // The lines around a change may hold a node's own address.
        const key = [file, ...diff.split('\n').filter((line) => !line.startsWith(' '))].join('\n');
        const same = diffs.get(key);
        if (same) same.containers.push(container);
        else diffs.set(key, { file, containers: [container], diff });
      }
    }
  }
  return [...diffs.values()];
}
