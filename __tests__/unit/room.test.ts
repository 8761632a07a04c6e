import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVERY_PLATFORM, runOnEnvironment } from '../../cli/command';
import { writeWhole } from '../../cli/revise-configuration';
import { requireRoom, requireWholeStates } from '../../cli/room';
import { CommandError } from '../../cli/setup/process';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

// A state that is cut off in the middle cannot be read again, so nothing begins on a disk that is about to be full.
const root = temporaryDirectory('room-');
const before = process.cwd();

beforeAll(() => {
  process.chdir(root);
  mkdirSync(join('state', 'bank'), { recursive: true });
});
afterAll(() => process.chdir(before));

test('a disk with little room is named with what is left, also that of the state alone', () => {
  const bank = topology(SMALLEST, 'bank');
  expect(() => requireRoom(bank, () => 32)).not.toThrow();
  expect(() => requireRoom(bank, () => 31)).toThrow(/^the disk with \S+ has 31 MiB left, and 32 must be free/);
  const state = (folder: string) => (folder.startsWith('state') ? 0 : 1000);
  expect(() => requireRoom(bank, state)).toThrow(`${join(root, 'state')} has 0 MiB left`);
  const remote = topology(`${SMALLEST}[state]\nbackend = "s3"\nsettings = { bucket = "bank" }\n`, 'bank');
  expect(() => requireRoom(remote, state)).not.toThrow();
});

test('a state that was cut off is named with the ways back; an empty one is none', () => {
  const bank = topology(SMALLEST, 'bank');
  for (const name of ['bank-node-1', 'bank-node-7']) {
    const file = join('state', 'bank', `${name}.tfstate`);
    for (const whole of ['', '{"version": 4, "resources": []}']) {
      writeFileSync(file, whole);
      expect(() => requireWholeStates(bank)).not.toThrow();
    }
    writeFileSync(file, '{"version": 4, "resour');
    expect(() => requireWholeStates(bank)).toThrow(
      `the state ${file} is cut off or damaged. Nothing was changed. Put back the one before, ${file}.backup`,
    );
    writeFileSync(file, '');
  }
});

test.each([
  ['', 'make adopt ENVIRONMENT=bank'],
  ['[platform]\nkind = "kubernetes"\ncontext = "bank"\n', 'make up ENVIRONMENT=bank'],
])('without a copy of it, what runs is taken over by the command of its platform', (platform, command) => {
  const file = join('state', 'bank', 'bank-node-1.tfstate');
  writeFileSync(file, '{');
  expect(() => requireWholeStates(topology(`${platform}${SMALLEST}`, 'bank'))).toThrow(`remove it and run: ${command}`);
  writeFileSync(file, '');
});

test('a configuration is written whole or not at all', () => {
  writeFileSync('bank.toml', 'before', { mode: 0o640 });
  writeWhole('bank.toml', 'after');
  expect(readFileSync('bank.toml', 'utf8')).toBe('after');
  // A folder in the way of the new file stands for a disk that takes none.
  mkdirSync('bank.toml.new');
  expect(() => writeWhole('bank.toml', 'never')).toThrow();
  expect(readFileSync('bank.toml', 'utf8')).toBe('after');
  expect(readdirSync('.')).toContain('bank.toml');
});

test.each([
  [
    'a file of this machine',
    'docker',
    Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: 'build/plan.md' }),
    'build/plan.md was not written',
  ],
  [
    'a program on the engine',
    'docker',
    new CommandError(['docker', 'run'], 125, 'exit code 125', ['docker: Error response: no space left on device.']),
    'docker run: exit code 125',
  ],
  [
    'a program in a pod',
    'kubernetes',
    new CommandError(['kubectl', 'exec'], 1, 'exit code 1', ['sh: write error: No space left on device']),
    'kubectl exec: exit code 1',
  ],
] as const)(
  'whoever says that there is no space left, %s, is answered with where to look',
  async (_, kind, error, words) => {
    mkdirSync('config', { recursive: true });
    const platform = { docker: '', kubernetes: '[platform]\nkind = "kubernetes"\ncontext = "bank"\n' };
    writeFileSync(join('config', 'bank.toml'), platform[kind] + SMALLEST);
    process.env.ENVIRONMENT = 'bank';
    const told = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      await runOnEnvironment({ on: EVERY_PLATFORM }, async () => {
        throw error;
      });
      expect(told.mock.calls.join()).toContain(words);
      const elsewhere = {
        docker: '"docker system df" and "df -h" on the Docker host',
        kubernetes: '"df -h" in the pod',
      };
      expect(told.mock.calls.join()).toContain(`A disk or volume is full: "df -h" here, ${elsewhere[kind]}`);
      expect(told.mock.calls.join().includes('docker system df')).toBe(kind === 'docker');
      expect(process.exitCode).toBe(1);
    } finally {
      delete process.env.ENVIRONMENT;
      process.exitCode = undefined;
      told.mockRestore();
    }
  },
);
