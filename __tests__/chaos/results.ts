import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/workspace';
import type { Fault, Outcome } from './fault';
import { report } from './report';

/** What became of one fault the last time that it was done. */
export interface Result {
  readonly fault: Pick<Fault, 'name' | 'done' | 'bars'>;
  /** Day on which it was done. */
  readonly date: string;
  /** Processors, memory and engine. */
  readonly machine: string;
  /** What was measured; undefined where the fault could not be done to its end. */
  readonly outcome?: Measured;
  /** Why there is no outcome. */
  readonly failure?: string;
}

export type Measured = Omit<Outcome, 'fault'>;

const FILE = join(PROJECT, 'docs', 'faults.json');
const PAGE = join(PROJECT, 'docs', 'faults.md');

export function readResults(): Result[] {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
}

/** Writes the results and the page that is made from them. */
export function writeResults(results: readonly Result[], names: readonly string[]): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(PAGE, report(results, names));
}

/**
 * One result takes the place of the one before; every other keeps its figures and its day.
 *
 * @param names of all faults that there are, in the order of the page; results of others go
 */
export function withResult(results: readonly Result[], latest: Result, names: readonly string[]): Result[] {
  const others = results.filter(({ fault }) => fault.name !== latest.fault.name);
  const order = ({ fault }: Result) => names.indexOf(fault.name);
  return [...others, latest].filter((result) => order(result) >= 0).sort((a, b) => order(a) - order(b));
}
