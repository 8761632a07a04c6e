import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/workspace';
import type { FaultRow, Outcome } from './fault';

/** On what the pair was placed. */
export type Platform = 'kubernetes';

/** What became of one fault the last time that it was done. */
export interface Result {
  readonly fault: FaultRow;
  /** @default - a Docker Engine */
  readonly platform?: Platform;
  /** Day on which it was done. */
  readonly date: string;
  /** Processors, memory and engine. */
  readonly machine: string;
  /** What was measured; undefined where the fault could not be done to its end. */
  readonly outcome?: Measured;
  /** Why there is no outcome. */
  readonly failure?: string;
}

/** Results of earlier days do not say what commands said, and how long it took. */
export type Measured = Omit<Outcome, 'fault' | 'said' | 'tookMs'> & Partial<Pick<Outcome, 'said' | 'tookMs'>>;

/** A suite's results, kept in docs/ between its parts, and the page that is made from them. */
export class Results {
  private readonly file: string;

  /** @param page the Markdown page of these results */
  constructor(
    private readonly name: 'faults' | 'mistakes',
    private readonly names: readonly string[],
    private readonly page: (results: readonly Result[], names: readonly string[]) => string,
  ) {
    this.file = join(PROJECT, 'docs', `${name}.json`);
  }

  read(): Result[] {
    return existsSync(this.file) ? JSON.parse(readFileSync(this.file, 'utf8')) : [];
  }

  /** Takes one in the place of the one before, and writes the page. */
  write(latest: Result): void {
    const results = withResult(this.read(), latest, this.names);
    writeFileSync(this.file, `${JSON.stringify(results, null, 1)}\n`);
    this.writePage();
  }

  /** The page of what is kept. */
  render(): string {
    return this.page(this.read(), this.names);
  }

  writePage(): void {
    writeFileSync(join(PROJECT, 'docs', `${this.name}.md`), this.render());
  }
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
