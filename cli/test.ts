import { join } from 'node:path';
import { sandboxImageTags } from '../images/tags';
import { ensureEngine, stopStartedEngine } from './setup/engine';
import { ensureSetup } from './setup/ensure-setup';
import { runCommand, UserError } from './setup/errors';
import { run } from './setup/process';

const PROJECT = join(__dirname, '..');

/**
 * What `make test` runs after `make check`: the end-to-end tests on a real engine. Without an engine it says that they did not
 * run; with CI set that is a failure. An engine that was started for the tests is stopped after them.
 */
runCommand(async () => {
  const setup = await endToEndSetup();
  if ('missing' in setup) {
    const notice = `THE END-TO-END TESTS WERE NOT RUN: ${setup.missing}`;
    if (process.env.CI) throw new UserError(notice);
    console.error(`\n${notice}`);
    return;
  }
  try {
    // One after the other: each environment takes most of a small machine.
    await run(join(PROJECT, 'node_modules', '.bin', 'jest'), ['__tests__/e2e', '--runInBand'], {
      cwd: PROJECT,
      stream: true,
    });
  } finally {
    if (setup.startedEngine) await stopStartedEngine();
  }
});

/** Sets up what the end-to-end tests need; says why they cannot run, if they cannot. */
async function endToEndSetup(): Promise<{ startedEngine: boolean } | { missing: string }> {
  try {
    const { started } = await ensureEngine();
    await ensureSetup({ images: Object.values(sandboxImageTags()) });
    return { startedEngine: started };
  } catch (error) {
    if (error instanceof UserError) return { missing: error.message };
    throw error;
  }
}
