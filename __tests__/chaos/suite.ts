import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { InterruptedError, runCommand, UserError } from '../../cli/setup/errors';
import { print, step } from '../../cli/setup/progress';
import { sandboxImageTags } from '../../images/tags';
import { PROJECT } from '../support/workspace';
import { type Fault, inject, type Outcome, seconds } from './fault';
import { FAULTS } from './faults';
import { engineRestart } from './faults/engine';
import { restartOwnEngine } from './own-engine';
import { Pair } from './pair';
import { report } from './report';

/**
 * `make chaos`: does every fault to a pair of its own and writes what they cost to docs/faults.md; exit code 1 when a bar is missed.
 * With FAULTS, a part of their names, only those, and nothing is written.
 */
runCommand(async () => {
  const all = [...FAULTS, engineRestart];
  const chosen = all.filter(({ name }) => name.includes(process.env.FAULTS ?? ''));
  if (chosen.length === 0)
    throw new UserError(
      `no fault is called ${process.env.FAULTS}; there are:\n${all.map(({ name }) => `  ${name}`).join('\n')}`,
    );
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  const attempt = async (fault: Fault, work: () => Promise<Outcome>, repair?: () => Promise<void>) => {
    try {
      const outcome = await step(fault.name, work);
      outcomes.push(outcome);
      print(summary(outcome));
      failures.push(...outcome.missed.map((problem) => `${fault.name}: ${problem}`));
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      failures.push(`${fault.name}: ${(error as Error).message}`);
      print(`  FAILED: ${(error as Error).message}`);
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

  if (process.env.FAULTS === undefined) {
    writeFileSync(join(PROJECT, 'docs', 'faults.md'), report(outcomes, failures, engine.version));
  }
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
}: Outcome) {
  const { get, replayable, write } = failed;
  return [
    `  ${sent} requests; failed: ${get} GET, ${replayable} replayable, ${write} writing; worst ${seconds(worstMs)}, not in flight ${seconds(worstOtherMs)}`,
    `  last effect after ${seconds(recoveryMs)}; in rotation after ${seconds(rotationMs ?? 0)}; lost ${lost}, twice ${twice}`,
    ...remarks.map((remark) => `  ${remark}`),
    ...missed.map((problem) => `  MISSED: ${problem}`),
  ].join('\n');
}
