import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { activeText, mutatedConfigurations, NO_MESSAGE } from '../support/mutated-configurations';
import { configurationDirectory, derived } from '../support/synth';

/** The seeds are fixed, so a failure comes again. `make fuzz` does 10,000 of them. */
const MUTATIONS_PER_SEED = 300;
const SEEDS = Array.from(
  { length: Math.ceil(Number(process.env.MUTATIONS ?? 1200) / MUTATIONS_PER_SEED) },
  (_, index) => index + 1,
);

test.each(SEEDS)('every mutated configuration is accepted or refused with a message (seed %d)', (seed) => {
  const directory = configurationDirectory({ 'folder.pem/file': '', 'folder.jar/file': '' });
  const outcomes = { accepted: 0, refused: 0 };
  for (const text of mutatedConfigurations(seed, MUTATIONS_PER_SEED)) {
    writeFileSync(join(directory, 'bank.toml'), text);
    try {
      for (const environment of loadEnvironments(directory)) {
        const active = activeText(derived(environment));
        if (active.length > 0) throw new Error(`text of it is done in ${active.join(', ')}`);
      }
      outcomes.accepted++;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw new Error(`no message about\n${text}`, { cause: error });
      expect(error.message).not.toMatch(NO_MESSAGE);
      outcomes.refused++;
    }
  }
  expect(outcomes.accepted).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(100);
});
