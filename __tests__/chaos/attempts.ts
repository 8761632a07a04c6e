import { cpus, totalmem } from 'node:os';
import { InterruptedError, UserError } from '../../cli/setup/errors';
import { print, step } from '../../cli/setup/progress';
import { type Fault, type FaultRow, inject, type MeasuredPair, type Outcome, seconds } from './fault';
import type { Measured, Platform, Result, Results } from './results';

/** A pair that is made for faults. */
interface MadePair extends MeasuredPair {
  up(): Promise<void>;
  anew(): Promise<void>;
  dispose(): Promise<void>;
}

/** Those whose name has one of these parts, which "|" separates. @throws UserError with all names where none has */
export function chosen<T extends Pick<FaultRow, 'name'>>(
  all: readonly T[],
  part: string | undefined,
  kind: string,
): T[] {
  const parts = (part ?? '').split('|');
  const found = all.filter(({ name }) => parts.some((each) => name.includes(each)));
  if (found.length > 0) return found;
  throw new UserError(`no ${kind} is called ${part}; there are:\n${all.map(({ name }) => `  ${name}`).join('\n')}`);
}

/** Does one thing after the other and records what each cost; one that goes wrong does not spoil those after it. */
export class Attempts {
  private readonly failures: string[] = [];
  private readonly machine: string;

  /**
   * @param results where outcomes are kept, after each fault, so that a run that is cut off has not measured in vain
   * @param software what the pair is placed on, with its version
   */
  constructor(
    private readonly results: Pick<Results, 'write'>,
    software: string,
    private readonly platform?: Platform,
  ) {
    const processors = cpus();
    this.machine = `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, ${software}`;
  }

  /** @param repair what makes the next one possible where this one has thrown. @default - nothing */
  async attempt(fault: FaultRow, work: () => Promise<Outcome>, repair?: () => Promise<void>): Promise<void> {
    const { name } = fault;
    try {
      const { fault: _, ...outcome } = await step(name, work);
      this.record(fault, { outcome });
      print(summary(outcome));
      this.failures.push(...outcome.missed.map((problem) => `${name}: ${problem}`));
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const { message } = error as Error;
      this.record(fault, { failure: message.split('\n', 1)[0] });
      this.failures.push(`${name}: ${message}`);
      print(`  FAILED: ${message}`);
      await repair?.();
    }
  }

  /** Does all of these to a pair that is made for them. */
  async onPair<P extends MadePair>(pair: P, faults: readonly Fault<P>[], clients?: number): Promise<void> {
    if (faults.length === 0) return;
    try {
      await step('Bring up the pair', () => pair.up());
      for (const fault of faults) {
        await this.attempt(
          fault,
          () => inject(pair, fault, { clients }),
          () => step('Begin again with a fresh pair', () => pair.anew()),
        );
      }
    } finally {
      await step('Remove the pair', () => pair.dispose());
    }
  }

  private record({ name, done, bars }: FaultRow, what: Pick<Result, 'outcome' | 'failure'>): void {
    const { machine, platform } = this;
    const date = new Date().toISOString().slice(0, 10);
    this.results.write({ fault: { name, done, bars }, ...(platform && { platform }), date, machine, ...what });
  }

  /** @throws UserError with every bar that was missed */
  requireMet(): void {
    if (this.failures.length === 0) return;
    throw new UserError(`\nThese bars were missed:\n${this.failures.map((line) => `  ${line}`).join('\n')}`);
  }
}

function summary(outcome: Measured): string {
  const { sent, failed, worstMs, worstOtherMs, recoveryMs, rotationMs, lost, twice, remarks, missed } = outcome;
  const { get, replayable, write } = failed;
  return [
    `  ${sent} requests; failed: ${get} GET, ${replayable} replayable, ${write} writing; worst ${seconds(worstMs)}, not in flight ${seconds(worstOtherMs)}`,
    `  last effect after ${seconds(recoveryMs)}; in rotation after ${seconds(rotationMs ?? 0)}; lost ${lost}, twice ${twice}; whole again after ${seconds(outcome.tookMs ?? 0)}`,
    ...[...remarks, ...(outcome.said ?? [])].map((remark) => `  ${remark}`),
    ...missed.map((problem) => `  MISSED: ${problem}`),
  ].join('\n');
}
