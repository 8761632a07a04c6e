import { ensureSetup } from '../../cli/setup/ensure-setup';
import { runCommand } from '../../cli/setup/errors';
import { sandboxImageTags } from '../../images/tags';
import { Attempts, chosen } from './attempts';
import { FAULTS } from './faults';
import { engineRestart } from './faults/engine';
import { restartOwnEngine } from './own-engine';
import { Pair } from './pair';
import { report } from './report';
import { Results } from './results';

const ALL = [...FAULTS, engineRestart];

/**
 * `make chaos`: does every fault to a pair of its own and writes what they cost to docs/faults.md; exit code 1 when a bar is missed.
 * With FAULTS, parts of their names between "|", only those; the others keep their rows on the page.
 */
runCommand(async () => {
  const faults = chosen(ALL, process.env.FAULTS, 'fault');
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const results = new Results(
    'faults',
    ALL.map(({ name }) => name),
    report,
  );
  const attempts = new Attempts(results, engine.version);
  await attempts.onPair(
    new Pair('chaos'),
    faults.filter((fault) => fault !== engineRestart),
  );
  if (faults.includes(engineRestart)) await attempts.attempt(engineRestart, restartOwnEngine);
  attempts.requireMet();
});
