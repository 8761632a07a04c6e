import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { PROJECT, temporaryDirectory } from '../support/synth';

/**
 * Every entry of `invalid/` is a configuration with a mistake: a file, or a folder with several files. Its message is a
 * snapshot, to be read as the person who made the mistake would read it.
 */
const INVALID = join(PROJECT, '__tests__', 'invalid');
const CASES = readdirSync(INVALID).sort();

/** A temporary project folder whose `config/` holds the case. */
function projectWith(entry: string): string {
  const project = temporaryDirectory('invalid-');
  const source = join(INVALID, entry);
  const config = join(project, 'config');
  mkdirSync(config);
  cpSync(source, statSync(source).isDirectory() ? config : join(config, basename(entry)), { recursive: true });
  return project;
}

const messages = new Map(CASES.map((entry) => [entry, messageOf(projectWith(entry))]));

function messageOf(project: string, only?: string): string {
  try {
    loadEnvironments(join(project, 'config'), { only });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replaceAll(`${project}/`, '');
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** Runs the real program in a folder of its own. */
function runMain(project: string, env: NodeJS.ProcessEnv = {}) {
  const outdir = join(project, 'cdktf.out');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', join(PROJECT, 'typescript.cjs'), join(PROJECT, 'main.ts')],
    {
      cwd: project,
      env: { PATH: process.env.PATH, HOME: project, CHECKPOINT_DISABLE: '1', CDKTF_OUTDIR: outdir, ...env },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr, outdir };
}

test.each(CASES)('%s', (entry) => {
  expect(messages.get(entry)).toMatchSnapshot();
});

test('an environment that is not there', () => {
  const project = projectWith('equal-published-ports');
  expect(messageOf(project, 'bank-q')).toMatchSnapshot();
  expect(messageOf(project, 'nothing-like-it')).toMatchSnapshot();
});

/** File, line and key where a line of a message points to one. */
const POINTER = /^config\/([\w-]+\.toml):(\d+) {2}([\w.[\]-]+): /gm;

test('nearly every message points to a line', () => {
  const pointing = CASES.filter((entry) => messages.get(entry)?.match(POINTER));
  expect(pointing.length).toBeGreaterThan(CASES.length * 0.8);
});

describe.each(CASES)('the message about %s', (entry) => {
  const message = messages.get(entry) as string;

  test('names the file in every line, and ends with a count', () => {
    const lines = message.split('\n');
    const count = lines.pop();
    for (const line of lines) expect(line).toMatch(/^config\/[\w-]+\.toml(:\d+)? {2}\S/);
    expect(count).toBe(
      `${lines.length === 1 ? '1 problem' : `${lines.length} problems`} in the configuration; nothing was written`,
    );
  });

  test('has no word of the libraries behind it, no undefined, no credential and no trace', () => {
    expect(message).not.toMatch(/[Ii]nvalid input|expected .* received|undefined|\[object|NaN|hunter2|AKIA|\n\s+at /);
  });

  test('points to a line that has the key, or the table that lacks it', () => {
    for (const [, file, line, key] of message.matchAll(POINTER)) {
      const source = statSync(join(INVALID, entry)).isDirectory()
        ? join(INVALID, entry, file as string)
        : join(INVALID, entry);
      const text = readFileSync(source, 'utf8').split('\n')[Number(line) - 1];
      const words = (key as string).split(/[.[\]]+/).filter(Boolean);
      const isEntry = /\[\d+\]$/.test(key as string);
      expect([key, text, isEntry || words.some((word) => text?.includes(word))]).toEqual([key, text, true]);
    }
  });
});

describe('main.ts', () => {
  test.each(['many-problems.toml', 'toml-syntax.toml', 'everything-equal', 'empty.toml'])(
    'says what is wrong with %s, writes nothing and ends with exit code 1, without a stack trace',
    (entry) => {
      const project = projectWith(entry);
      const { status, stdout, stderr, outdir } = runMain(project);
      expect(stderr).toBe(`${messageOf(project)}\n`);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(existsSync(outdir)).toBe(false);
    },
  );

  test('says that the environment is not there', () => {
    const project = projectWith('equal-published-ports');
    const { status, stderr, outdir } = runMain(project, { ENVIRONMENT: 'bank-q' });
    expect(stderr).toBe(`${messageOf(project, 'bank-q')}\n`);
    expect(status).toBe(1);
    expect(existsSync(outdir)).toBe(false);
  });

  test('says that there is no configuration', () => {
    const { status, stderr } = runMain(temporaryDirectory('empty-'));
    expect(stderr).toBe(
      'config  has no *.toml file; an environment is one file here, for example sandbox.toml\n' +
        '1 problem in the configuration; nothing was written\n',
    );
    expect(status).toBe(1);
  });

  test('with ENVIRONMENT writes that environment alone', () => {
    const project = temporaryDirectory('valid-');
    cpSync(join(PROJECT, 'config'), join(project, 'config'), { recursive: true });
    const { status, stderr, outdir } = runMain(project, { ENVIRONMENT: 'sandbox' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Object.keys(JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')).stacks).sort()).toEqual([
      'sandbox-foundation',
      'sandbox-load-balancer',
      'sandbox-node-1',
      'sandbox-node-2',
    ]);
  });
});
