import type { Result } from '../run';
import { OUTCOMES, summary, verdict } from './words';

/** The end of a run on a terminal: what is wrong first, then what was not checked, and the sum. */
export function table(results: readonly Result[]): string {
  const lines = OUTCOMES.flatMap((outcome) =>
    results.filter((result) => result.outcome === outcome).flatMap((result) => rows(result)),
  );
  return [...lines, '', `${summary(results)}. ${verdict(results)}`].join('\n');
}

/** One result on a line, with what was seen and where to look on lines of their own. */
export function rows({ id, promise, outcome, detail, look }: Result): string[] {
  const indent = ' '.repeat(14);
  return [
    `${outcome.padEnd(9)}${id.padEnd(5)}${promise}`,
    ...(detail === undefined ? [] : [`${indent}${detail}`]),
    ...(look === undefined ? [] : [`${indent}Look at ${look}`]),
  ];
}

/** One line while it runs. */
export function progressLine({ id, promise, outcome, detail, seconds }: Result, done: number, of: number): string {
  const count = `[${String(done).padStart(String(of).length)}/${of}]`;
  const more = outcome === 'held' ? ` (${seconds.toFixed(1)} s)` : `: ${detail}`;
  return `${count} ${outcome.padEnd(8)}${id.padEnd(4)}${outcome === 'held' ? promise : ''}${more}`.replace(/ +:/, ':');
}
