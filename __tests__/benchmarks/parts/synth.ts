import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../cli/setup/process';
import { PROJECT } from '../../support/workspace';
import type { Part } from '../measurements';
import { rotated } from '../statistics';

const EMPTY = '__tests__/benchmarks/empty-app.ts';
/** Ours as cdktf.json runs it; the empty one by tsx, as such a program is run where nobody has done anything about it, and as ours is. */
const PROGRAMS = {
  ours: ['--require', './typescript.cjs', 'main.ts'],
  empty: ['--import', 'tsx', EMPTY],
  'empty same way': ['--require', './typescript.cjs', EMPTY],
};

/** Synthesis of the sandbox, as each command does it for its environment, beside the least that a program with the same providers can do. */
export const synth: Part = {
  name: 'synth',
  what: 'processor time of generating the Terraform configuration',
  begin: async () => {
    const output = mkdtempSync(join(tmpdir(), 'benchmark-'));
    const program = (name: string, args: readonly string[]) =>
      cpuSeconds([process.execPath, ...args], join(output, name));
    // What is compiled once, and the file cache.
    for (const [name, args] of Object.entries(PROGRAMS)) await program(name, args);
    return {
      round: async (number, measurements) => {
        for (const [name, args] of rotated(Object.entries(PROGRAMS), number)) {
          measurements.add(name, await program(name, args));
        }
      },
      end: async () => rmSync(output, { recursive: true, force: true }),
    };
  },
};

/** Processor time of a command and all that it starts. */
async function cpuSeconds(command: readonly string[], output: string): Promise<number> {
  const { stdout } = await run('sh', ['-c', '"$@" >/dev/null && times', 'sh', ...command], {
    cwd: PROJECT,
    env: { CDKTF_OUTDIR: output, ENVIRONMENT: 'sandbox' },
  });
  // The shell's own, then that of what it has started; each: in the program, in the kernel.
  const [, children = ''] = stdout.trim().split('\n');
  return children
    .split(' ')
    .map((time) => /^(\d+)m([\d.]+)s$/.exec(time))
    .reduce((sum, parts) => sum + Number(parts?.[1]) * 60 + Number(parts?.[2]), 0);
}
