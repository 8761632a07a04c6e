import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PROJECT } from '../support/synth';

// The commands work from a clone in any folder; people name theirs "My Projects", or have it behind a link.
const base = mkdtempSync(join(tmpdir(), 'folders-'));
const clone = join(base, "bank's  50% work #1", 'clone');
const link = join(base, 'link');
const RELATIVE = join('..', "bank's  50% work #1", 'clone', 'Makefile');
const LEFT_OUT = ['.git', 'node_modules', 'cdktf.out', 'build', 'state', '__tests__'].map((name) =>
  join(PROJECT, name),
);

beforeAll(() => {
  mkdirSync(clone, { recursive: true });
  cpSync(PROJECT, clone, { recursive: true, filter: (file) => !LEFT_OUT.includes(file) });
  // As "npm ci" would leave it, but in a second.
  run('cp', ['--archive', '--link', join(PROJECT, 'node_modules'), clone], base);
  utimesSync(join(clone, 'package-lock.json'), 0, 0);
  symlinkSync(clone, link);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** A folder with a configuration, from which the commands are run. */
function elsewhere(): string {
  const folder = mkdtempSync(join(base, 'else where-'));
  cpSync(join(PROJECT, 'config'), join(folder, 'config'), { recursive: true });
  return folder;
}

describe.each([
  ['in a folder whose path has spaces', () => ({ cwd: clone, args: [] })],
  ['in a folder reached by a symbolic link', () => ({ cwd: link, args: [] })],
  ['called from elsewhere by a path with spaces', () => ({ cwd: elsewhere(), args: ['-f', join(clone, 'Makefile')] })],
  ['called from elsewhere by a symbolic link', () => ({ cwd: elsewhere(), args: ['-f', join(link, 'Makefile')] })],
  ['called from elsewhere by a relative path', () => ({ cwd: elsewhere(), args: ['-f', RELATIVE] })],
])('a clone %s', (_, place) => {
  const { cwd, args } = place();
  const make = (target: string) => run('make', ['--no-print-directory', ...args, target], cwd);

  test('lists its commands', () => {
    expect(make('help')).toEqual(run('make', ['--no-print-directory', 'help'], PROJECT));
  });

  test('runs a command', () => {
    const { status, stderr } = make('diagram');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('says what a command needs', () => {
    const { status, stdout, stderr } = make('apply');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^there is no plan of sandbox\./);
  });
});

test('plain cdktf generates there what it generates elsewhere', () => {
  const { app } = JSON.parse(readFileSync(join(PROJECT, 'cdktf.json'), 'utf8'));
  const generate = (cwd: string) => {
    const outdir = mkdtempSync(join(base, 'out '));
    const { status, stderr } = run('sh', ['-c', app], cwd, { ENVIRONMENT: 'sandbox', CDKTF_OUTDIR: outdir });
    expect({ stderr, status }).toMatchObject({ status: 0 });
    return readFileSync(join(outdir, 'stacks', 'sandbox-node-1', 'cdk.tf.json'), 'utf8');
  };
  expect(generate(clone)).toBe(generate(PROJECT));
});

describe('before a command, what npm installs', () => {
  const programs = join(base, 'bin');
  const log = join(base, 'npm.log');
  let folder: string;
  /** Runs a command with a npm that notes where it was called, and a Node.js that does nothing. @returns how often npm was called */
  function calls(): string[] {
    rmSync(log, { force: true });
    const env = { PATH: `${programs}${delimiter}${process.env.PATH}` };
    expect(run('make', ['-f', join(folder, 'Makefile'), 'status'], base, env)).toMatchObject({ status: 0 });
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  }

  beforeAll(() => {
    mkdirSync(programs);
    const script = `#!/bin/sh\necho "$PWD: $*" >>'${log}'\nmkdir -p node_modules && touch node_modules/.package-lock.json\n`;
    for (const [name, text] of [
      ['npm', script],
      ['node', '#!/bin/sh\n'],
    ] as const) {
      writeFileSync(join(programs, name), text);
      chmodSync(join(programs, name), 0o755);
    }
    folder = mkdtempSync(join(base, 'new clone '));
    for (const file of ['Makefile', 'package-lock.json']) copyFileSync(join(PROJECT, file), join(folder, file));
  });

  test('is installed once, and again when package-lock.json is newer', () => {
    const once = [`${folder}: ci --ignore-scripts --no-audit --no-fund`];
    expect(calls()).toEqual(once);
    expect(calls()).toEqual([]);
    const later = Date.now() / 1000 + 60;
    utimesSync(join(folder, 'package-lock.json'), later, later);
    expect(calls()).toEqual(once);
  });
});
