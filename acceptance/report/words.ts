import type { Outcome } from '../outcome';
import type { Result } from '../run';

/** What a report is about. */
export interface Subject {
  readonly environment: string;
  readonly origin: string;
  readonly distribution: string;
  readonly nodes: readonly string[];
  /** Id of the run: what it made was named `aa-<run>-…`. */
  readonly run: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: number;
}

export const OUTCOMES: readonly Outcome[] = ['broken', 'unclear', 'skipped', 'held'];

/** Such as `38 held, 1 broken, 2 skipped`. */
export function summary(results: readonly Result[]): string {
  return (['held', 'broken', 'unclear', 'skipped'] as const)
    .map((outcome) => ({ outcome, count: results.filter((result) => result.outcome === outcome).length }))
    .filter(({ outcome, count }) => count > 0 || outcome === 'held')
    .map(({ outcome, count }) => `${count} ${outcome}`)
    .join(', ');
}

/** The verdict in one sentence; only what was seen is claimed. */
export function verdict(results: readonly Result[]): string {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  if (count('broken') > 0) return 'NOT ACTIVE-ACTIVE: a promise is broken.';
  if (count('unclear') > 0) return 'UNCLEAR: not every promise that applies could be checked.';
  return count('held') > 0 ? 'Every promise that applies here holds.' : 'Nothing was checked.';
}
