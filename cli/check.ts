import { join } from 'node:path';
import { concurrently } from './setup/concurrently';
import { runCommand } from './setup/errors';
import { run } from './setup/process';
import { step } from './setup/progress';

const PROJECT = join(__dirname, '..');

/**
 * `make check`: all that needs no Docker Engine. Side by side, since compiler and linter leave processors free; the first
 * failure ends it.
 */
runCommand(() =>
  concurrently([
    () => step('Lint', () => tool('biome', 'check')),
    () => step('Floors', () => tool('depcruise', '--config', 'dependency-cruiser.config.js', '.')),
    () => step('Types', () => tool('tsc', '--noEmit')),
    () => step('Tests', () => tool('jest', '__tests__/unit', '__tests__/synth', '__tests__/golden')),
  ]),
);

async function tool(name: string, ...args: string[]): Promise<void> {
  await run(join(PROJECT, 'node_modules', '.bin', name), args, { cwd: PROJECT, stream: true });
}
