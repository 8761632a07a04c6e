import { ensureSetup } from '../../cli/setup/ensure-setup';
import { runCommand } from '../../cli/setup/errors';
import { sandboxImageTags } from '../../images/tags';
import { ALL_NAMES } from './all-names';
import { Attempts, chosen } from './attempts';
import { FailoverPair } from './failover-pair';
import { ALL_FAULTS, FAULTS } from './faults';
import { ENGINE_FAULTS } from './faults/engine';
import { FAILOVERS } from './faults/failover';
import { onOwnEngine } from './own-engine';
import { Pair } from './pair';
import { report } from './report';
import { Results } from './results';

/**
 * `make chaos`: does every fault to a pair of its own and writes what they cost to docs/faults.md; exit code 1 when a bar is missed.
 * With FAULTS, parts of their names between "|", only those; the others keep their rows on the page.
 */
runCommand(async () => {
  const faults = chosen(ALL_FAULTS, process.env.FAULTS, 'fault');
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const results = new Results('faults', ALL_NAMES, report);
  const attempts = new Attempts(results, `Docker Engine ${engine.version}`);
  await attempts.onPair(
    new Pair('chaos'),
    faults.filter((fault) => FAULTS.includes(fault)),
  );
  await attempts.onPair(
    new FailoverPair(),
    faults.filter((fault) => FAILOVERS.includes(fault)),
  );
  for (const fault of ENGINE_FAULTS.filter((each) => faults.includes(each))) {
    await attempts.attempt(fault, () => onOwnEngine(fault));
  }
  attempts.requireMet();
});
