import { ensureSetup } from '../../cli/setup/ensure-setup';
import { runCommand } from '../../cli/setup/errors';
import { sandboxImageTags } from '../../images/tags';
import { Attempts, chosen } from '../chaos/attempts';
import { Pair } from '../chaos/pair';
import { Results } from '../chaos/results';
import { MISTAKES } from './kinds';
import { faultOf } from './mistake';
import { CLIENTS, report } from './report';

/**
 * `make mistakes`: makes every mistake with a pair of its own and writes docs/mistakes.md; exit code 1 when a bar is missed. With MISTAKES,
 * parts of their names between "|", only those; the others stay on the page.
 */
runCommand(async () => {
  const mistakes = chosen(MISTAKES, process.env.MISTAKES, 'mistake');
  const { engine } = await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const results = new Results(
    'mistakes',
    MISTAKES.map(({ name }) => name),
    (all) => report(MISTAKES, all),
  );
  const attempts = new Attempts(results, `Docker Engine ${engine.version}`);
  await attempts.onPair(new Pair('mistakes'), mistakes.map(faultOf), CLIENTS);
  attempts.requireMet();
});
