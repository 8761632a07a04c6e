import { type Differences, differences } from './differences';
import { MANIFEST } from './kubernetes-object';
import { objectDifferences } from './object-differences';
import type { ResourceChange } from './plan-json';

/** What differs between before and after, as people are told it. Both sides must be redacted. */
export function compare(entry: ResourceChange): Differences {
  const { before, after } = entry.change;
  if (entry.type !== MANIFEST) return differences(entry);
  return before === null || after === null
    ? { attributes: [], variables: [], texts: [] }
    : objectDifferences(before, after);
}
