import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../cli/setup/errors';
import { run } from '../../cli/setup/process';
import { median, seconds } from './measure';

const PROJECT = join(__dirname, '..', '..');
const RUNS = 7;

/**
 * `make benchmark`: how long the commands take on this machine, as whole processes. Synthesis is paired with an empty program, run by
 * run, so that a noisy machine slows both; the environment named by ENVIRONMENT is created and destroyed.
 */
runCommand(async () => {
  const output = mkdtempSync(join(tmpdir(), 'benchmark-'));
  const program = (file: string) => () =>
    run(process.execPath, ['--import', 'tsx', file], {
      cwd: PROJECT,
      env: { CDKTF_OUTDIR: join(output, 'cdktf.out') },
    });
  const make =
    (...targets: string[]) =>
    async () => {
      for (const target of targets) await run('make', [target], { cwd: PROJECT, env: { YES: '1' } });
    };
  try {
    const pairs = [];
    for (let turn = 0; turn <= RUNS; turn++) {
      pairs.push({
        empty: await seconds(program('__tests__/benchmarks/empty-app.ts')),
        full: await seconds(program('main.ts')),
      });
    }
    // The first pair warms the file cache.
    pairs.shift();
    row('synth, empty program', median(pairs.map(({ empty }) => empty)));
    row('synth, every environment in config/', median(pairs.map(({ full }) => full)));
    console.log(`| ratio, pair by pair | ${median(pairs.map(({ empty, full }) => full / empty)).toFixed(2)} |`);

    row('make up, everything set up', await seconds(make('up')));
    row(
      'make plan, nothing to do',
      median([await seconds(make('plan')), await seconds(make('plan')), await seconds(make('plan'))]),
    );
    row('make down and make up', await seconds(make('down', 'up')));
    const { stdout } = await run('docker', [
      'stats',
      '--no-stream',
      '--format',
      '| memory of {{.Name}} | {{.MemUsage}} |',
    ]);
    console.log(stdout.trim());
    await make('down')();
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
});

function row(what: string, value: number): void {
  console.log(`| ${what} | ${value.toFixed(1)} s |`);
}
