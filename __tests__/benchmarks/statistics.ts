/** How long work takes, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Of several measurements of the same thing. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** @throws when there is nothing to summarize */
export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('nothing was measured');
  return { median: (low + high) / 2, least: sorted[0] as number, greatest: sorted.at(-1) as number };
}

/** Round by round, as a slow moment of the machine slows both: the ratios of two rows of measurements. */
export function ratios(ours: readonly number[], theirs: readonly number[]): Summary {
  return summary(paired(ours, theirs, (one, other) => one / other));
}

/** The differences, likewise. */
export function differences(ours: readonly number[], theirs: readonly number[]): Summary {
  return summary(paired(ours, theirs, (one, other) => one - other));
}

function paired(
  ours: readonly number[],
  theirs: readonly number[],
  of: (one: number, other: number) => number,
): number[] {
  if (ours.length !== theirs.length) throw new Error('only measurements of the same rounds are pairs');
  return ours.map((value, round) => of(value, theirs[round] as number));
}

/** The order of this round: each goes first in turn, so that none always runs on what another has warmed. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const first = round % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
