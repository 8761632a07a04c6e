/** What was measured, by what it is of: one value for each round, so that two rows of the same rounds are pairs. */
export type Measured = Readonly<Record<string, readonly number[]>>;

/** Collects it. */
export class Measurements {
  private readonly values: Record<string, number[]> = {};

  add(what: string, value: number): void {
    this.values[what] = [...(this.values[what] ?? []), value];
  }

  get measured(): Measured {
    return this.values;
  }
}

/** One part of the benchmark. */
export interface Part {
  readonly name: string;
  /** What it does, for whoever chooses parts. */
  readonly what: string;
  /** Makes everything ready. @returns what one round does, and what removes all of it again, also after a failure */
  readonly begin: (machine: BenchmarkMachine) => Promise<Session>;
}

export interface Session {
  readonly round: (number: number, measurements: Measurements) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** What parts work with. */
export interface BenchmarkMachine {
  /** Points the docker client at the engine. */
  readonly dockerEnv: NodeJS.ProcessEnv;
  /** Address of the engine. */
  readonly engineHost: string;
}

/** What one part measured, and where. */
export interface Result {
  readonly part: string;
  /** Day on which it was measured. */
  readonly date: string;
  /** Processors, memory and engine. */
  readonly machine: string;
  readonly rounds: number;
  /** Processors that others kept busy before the part began. */
  readonly others: number;
  readonly measured: Measured;
}
