import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './check';

const FOLDER = join(__dirname, 'checks');

/** Every check that has a file in `checks/`, in the order of their ids; the last ones look at what the run leaves behind. */
export function allChecks(): Check[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => (require(join(FOLDER, file)) as { check: Check }).check)
    .sort((one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1));
}

/** Checks whose id or promise has one of these words, separated by commas, and with them those that look at what is left behind. */
export function selectChecks(checks: readonly Check[], words: string | undefined): Check[] {
  if (words === undefined || words === '') return [...checks];
  const wanted = words.split(',').map((word) => word.trim().toLowerCase());
  const matches = ({ id, promise }: Check) =>
    wanted.some((word) => id.toLowerCase() === word || (word.length > 3 && promise.toLowerCase().includes(word)));
  return checks.some(matches) ? checks.filter((check) => matches(check) || isLast(check)) : [];
}

export function isLast({ id }: Check): boolean {
  return id.startsWith('Z');
}

const ORDER = 'PNMKTSCAUXFR';

function rank(check: Check): number {
  const place = ORDER.indexOf(check.id[0] as string);
  return place === -1 ? ORDER.length : place;
}
