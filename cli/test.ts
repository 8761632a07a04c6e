import { join } from 'node:path';
import { sandboxImageTags } from '../images/tags';
import { ensureEngine, stopStartedEngine } from './setup/engine';
import { ensureSetup } from './setup/ensure-setup';
import { runCommand, UserError } from './setup/errors';
import { run } from './setup/process';
import { step } from './setup/progress';

const PROJECT = join(__dirname, '..');

/**
 * `make test`: lint, types, unit and synth tests, then the end-to-end tests on a real engine. Without an engine the rest still
 * runs, and the end says that the end-to-end tests did not; with CI set that is a failure. An engine that was started for the
 * tests is stopped after them.
 */
runCommand(async () => {
  await step('Lint', () => tool('biome', 'check'));
  await step('Types', () => tool('tsc', '--noEmit'));
  await jest('__tests__/unit', '__tests__/synth');

  const setup = await endToEndSetup();
  if ('missing' in setup) {
    const notice = `THE END-TO-END TESTS WERE NOT RUN: ${setup.missing}`;
    if (process.env.CI) throw new UserError(notice);
    console.error(`\n${notice}`);
    return;
  }
  try {
    // One after the other: each environment takes most of a small machine.
    await jest('__tests__/e2e', '--runInBand');
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

async function jest(...args: string[]): Promise<void> {
  await tool('jest', ...args);
}

async function tool(name: string, ...args: string[]): Promise<void> {
  await run(join(PROJECT, 'node_modules', '.bin', name), args, { cwd: PROJECT, stream: true });
}
