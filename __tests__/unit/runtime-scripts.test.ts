import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

const SCRIPTS = readdirSync(join(PROJECT, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sh'))
  .map((file) => join('runtime', file))
  .sort();

/** Shells that read POSIX scripts: the ones of Debian and of Alpine images. */
const SHELLS = [['sh'], ['dash'], ['busybox', 'sh']].filter(
  ([program, ...args]) => spawnSync(program as string, [...args, '-c', ':']).status === 0,
);
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test('there are scripts, and a shell to read them', () => {
  expect(SCRIPTS.length).toBeGreaterThan(5);
  expect(SHELLS.length).toBeGreaterThan(0);
});

describe.each(SCRIPTS)('%s', (script) => {
  const file = join(PROJECT, script);
  const text = readFileSync(file, 'utf8');

  test.each(SHELLS.map((shell) => shell.join(' ')))('is valid for %s', (shell) => {
    const [program, ...args] = shell.split(' ') as [string, ...string[]];
    const { status, stderr } = spawnSync(program, [...args, '-n', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  (hasShellcheck ? test : test.skip)('has no finding of shellcheck', () => {
    const { stdout } = spawnSync('shellcheck', ['--shell=sh', '--severity=warning', '--format=gcc', file], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
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
