import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

const SCRIPTS = readdirSync(join(PROJECT, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sh'))
  .map((file) => join('runtime', file))
  .sort();

/** Shells that read POSIX scripts: the ones of Debian and of Alpine images. */
const SHELLS = ['sh', 'dash', 'busybox sh'];

/** A test that is skipped, and counted as such, without its program; with CI set it fails, because there nobody reads the count. */
function testWith(program: string, args: readonly string[]): jest.It {
  return process.env.CI || spawnSync(program, args).status === 0 ? test : test.skip;
}

test('there are scripts', () => {
  expect(SCRIPTS.length).toBeGreaterThan(5);
});

describe.each(SCRIPTS)('%s', (script) => {
  const file = join(PROJECT, script);
  const text = readFileSync(file, 'utf8');

  for (const shell of SHELLS) {
    const [program, ...args] = shell.split(' ') as [string, ...string[]];
    testWith(program, [...args, '-c', ':'])(`is valid for ${shell}`, () => {
      const { status, stderr } = spawnSync(program, [...args, '-n', file], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    });
  }

  testWith('shellcheck', ['--version'])('has no finding of shellcheck', () => {
    const args = ['--shell=sh', '--severity=warning', '--format=gcc', file];
    const { status, stdout, stderr } = spawnSync('shellcheck', args, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('holds nothing that only bash knows', () => {
    const code = text.replace(/^\s*#.*$/gm, '');
    expect(code).not.toMatch(/\[\[ |<<<|\bfunction\s+\w+|\blocal\s|\$\{\w+\^\^\}|\bpipefail\b|\bsource\s/);
  });

  test('gives no secret to a program by argument', () => {
    expect(text).not.toMatch(/\s--?\w*pass\w*[ =]"?\$|\s-p"?\$/i);
  });
});

test.each(SCRIPTS.filter((script) => readFileSync(join(PROJECT, script), 'utf8').startsWith('#!')))(
  '%s stops at the first error and at an unset variable',
  (script) => {
    expect(readFileSync(join(PROJECT, script), 'utf8')).toMatch(/^set -eu$/m);
  },
);
