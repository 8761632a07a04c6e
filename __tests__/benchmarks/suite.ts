import { ensureSetup } from '../../cli/setup/ensure-setup';
import { InterruptedError, runCommand, UserError } from '../../cli/setup/errors';
import { print, step } from '../../cli/setup/progress';
import { sandboxImageTags } from '../../images/tags';
import { busyProcessors } from './busy';
import { type BenchmarkMachine, Measurements, type Part } from './measurements';
import { commands } from './parts/commands';
import { dataPath } from './parts/data-path';
import { growth } from './parts/growth';
import { synth } from './parts/synth';
import { Results } from './results';

const PARTS: readonly Part[] = [commands, growth, dataPath, synth];
const DEFAULT_RUNS = 5;

/**
 * `make benchmark`: measures in rounds, in each of which ours and its peers take turns, and writes docs/benchmarks.md. With PARTS, names
 * between "|", only those; the others keep their figures and their day. RUNS is the number of rounds.
 */
runCommand(async () => {
  const parts = chosenParts(process.env.PARTS);
  const runs = wantedRuns(process.env.RUNS);
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const machine = { dockerEnv: engine.env, engineHost: engine.host };
  const results = new Results(engine.version);
  const failures: string[] = [];
  for (const part of parts) {
    try {
      await measure(part, runs, machine, results);
    } catch (error) {
      // The other parts have nothing to do with it; what the rounds before it measured is kept.
      if (error instanceof InterruptedError) throw error;
      failures.push(`${part.name}: ${(error as Error).message}`);
      print(`  FAILED: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) throw new UserError(`\nThese parts were not measured to their end:\n${failures.join('\n')}`);
  print('Written: docs/benchmarks.md');
});

async function measure(part: Part, runs: number, machine: BenchmarkMachine, results: Results): Promise<void> {
  const others = await busyProcessors();
  const measurements = new Measurements();
  const session = await step(`${part.name}: begin`, () => part.begin(machine));
  try {
    for (let round = 0; round < runs; round++) {
      await step(`${part.name}: round ${round + 1} of ${runs}`, () => session.round(round, measurements));
      // A run that is cut off has not measured in vain.
      results.write({ part: part.name, rounds: round + 1, others, measured: measurements.measured });
    }
  } finally {
    await session.end();
  }
}

/** @throws UserError with all names where one of them is no part */
function chosenParts(names: string | undefined): readonly Part[] {
  if (!names) return PARTS;
  const wanted = names.split('|');
  const unknown = wanted.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length === 0) return PARTS.filter(({ name }) => wanted.includes(name));
  const all = PARTS.map(({ name, what }) => `  ${name}: ${what}`).join('\n');
  throw new UserError(`PARTS: no part is called ${unknown.join(' or ')}; there are, between "|":\n${all}`);
}

function wantedRuns(text: string | undefined): number {
  if (!text) return DEFAULT_RUNS;
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1) throw new UserError(`RUNS: ${text} is no number of rounds; 1 or more is`);
  return runs;
}
