import { cpus, totalmem } from 'node:os';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { InterruptedError, runCommand, UserError } from '../../cli/setup/errors';
import { print, step } from '../../cli/setup/progress';
import { sandboxImageTags } from '../../images/tags';
import { type Fault, inject, type Outcome, seconds } from './fault';
import { FAULTS } from './faults';
import { engineRestart } from './faults/engine';
import { restartOwnEngine } from './own-engine';
import { Pair } from './pair';
import { type Measured, type Result, readResults, withResult, writeResults } from './results';

const ALL = [...FAULTS, engineRestart];
const NAMES = ALL.map(({ name }) => name);

/**
 * `make chaos`: does every fault to a pair of its own and writes what they cost to docs/faults.md; exit code 1 when a bar is missed.
 * With FAULTS, parts of their names between "|", only those; the others keep their rows on the page.
 */
runCommand(async () => {
  const parts = (process.env.FAULTS ?? '').split('|');
  const chosen = ALL.filter(({ name }) => parts.some((part) => name.includes(part)));
  if (chosen.length === 0)
    throw new UserError(
      `no fault is called ${process.env.FAULTS}; there are:\n${NAMES.map((name) => `  ${name}`).join('\n')}`,
    );
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Docker Engine ${engine.version}`;
  const failures: string[] = [];
  // After each fault, so that a run that is cut off has not measured in vain.
  const record = ({ name, done, bars }: Fault, what: Pick<Result, 'outcome' | 'failure'>) => {
    const result = { fault: { name, done, bars }, date: new Date().toISOString().slice(0, 10), machine, ...what };
    writeResults(withResult(readResults(), result, NAMES), NAMES);
  };
  const attempt = async (fault: Fault, work: () => Promise<Outcome>, repair?: () => Promise<void>) => {
    try {
      const { fault: _, ...outcome } = await step(fault.name, work);
      record(fault, { outcome });
      print(summary(outcome));
      failures.push(...outcome.missed.map((problem) => `${fault.name}: ${problem}`));
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const { message } = error as Error;
      record(fault, { failure: message.split('\n', 1)[0] });
      failures.push(`${fault.name}: ${message}`);
      print(`  FAILED: ${message}`);
      await repair?.();
    }
  };

  const onPair = chosen.filter((fault) => fault !== engineRestart);
  if (onPair.length > 0) {
    const pair = new Pair('chaos');
    try {
      await step('Bring up the pair', () => pair.up());
      for (const fault of onPair) {
        await attempt(
          fault,
          () => inject(pair, fault),
          () => beginAnew(pair),
        );
      }
    } finally {
      await step('Remove the pair', () => pair.dispose());
    }
  }
  if (chosen.includes(engineRestart)) await attempt(engineRestart, restartOwnEngine);

  if (failures.length > 0)
    throw new UserError(`\nThese bars were missed:\n${failures.map((line) => `  ${line}`).join('\n')}`);
});

/** A fault that went wrong must not spoil the ones after it. */
async function beginAnew(pair: Pair): Promise<void> {
  await step('Begin again with a fresh pair', async () => {
    await pair.workspace.tryMake('down', pair.name);
    await pair.up();
  });
}

function summary({
  sent,
  failed,
  worstMs,
  worstOtherMs,
  recoveryMs,
  rotationMs,
  lost,
  twice,
  remarks,
  missed,
}: Measured) {
  const { get, replayable, write } = failed;
  return [
    `  ${sent} requests; failed: ${get} GET, ${replayable} replayable, ${write} writing; worst ${seconds(worstMs)}, not in flight ${seconds(worstOtherMs)}`,
    `  last effect after ${seconds(recoveryMs)}; in rotation after ${seconds(rotationMs ?? 0)}; lost ${lost}, twice ${twice}`,
    ...remarks.map((remark) => `  ${remark}`),
    ...missed.map((problem) => `  MISSED: ${problem}`),
  ].join('\n');
}
