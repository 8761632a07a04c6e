import type { Check } from '../check';

/** What would be done, check by check. */
export function dryRun(origin: string, checks: readonly Check[]): string {
  const lines = checks.flatMap(({ id, promise, does, makes }) => [
    `${id.padEnd(4)}${promise}`,
    `    ${does}`,
    ...(makes === undefined ? [] : [`    makes, and removes: ${makes.join(', ')}`]),
  ]);
  return [
    `${checks.length} checks of ${origin}. A and B are two nodes; most checks run once for each node as A. Nothing is sent now.`,
    '',
    ...lines,
  ].join('\n');
}
