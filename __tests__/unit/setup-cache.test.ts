import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildOnce, cacheDirectory, withLock } from '../../cli/setup/cache';
import { run } from '../../cli/setup/process';
import { failureOf, TestMachine } from '../support/machine';

let machine: TestMachine;
beforeEach(() => {
  machine = new TestMachine(true);
});
afterEach(() => machine.close());

test('callers at the same time share one build', async () => {
  let builds = 0;
  const build = async (directory: string) => {
    builds += 1;
    await sleep(100);
    writeFileSync(join(directory, 'file'), 'content');
  };
  const folders = await Promise.all([1, 2, 3].map(() => buildOnce('things/a', build)));
  expect(new Set(folders)).toEqual(new Set([join(cacheDirectory(), 'things/a')]));
  expect(readFileSync(join(folders[0] as string, 'file'), 'utf8')).toBe('content');
  await buildOnce('things/a', build);
  expect(builds).toBe(1);
});

test('processes at the same time share one build', async () => {
  const script = machine.file(
    'build.ts',
    `import { appendFileSync } from 'node:fs';
     import { setTimeout as sleep } from 'node:timers/promises';
     import { buildOnce } from '${join(__dirname, '../../cli/setup/cache')}';
     buildOnce('a', async () => {
       appendFileSync(process.argv[2] as string, 'built ');
       await sleep(500);
     });`,
  );
  const loader = join(__dirname, '../../typescript.cjs');
  await Promise.all([1, 2, 3].map(() => run('node', ['--require', loader, script, machine.path('builds')])));
  expect(readFileSync(machine.path('builds'), 'utf8')).toBe('built ');
}, 20_000);

test('a build that fails leaves nothing, and the next caller builds again', async () => {
  const error = await failureOf(
    buildOnce('a', async (directory) => {
      writeFileSync(join(directory, 'half'), '');
      throw new Error('no space');
    }),
  );
  expect(error.message).toBe('no space');
  expect(readdirSync(cacheDirectory())).toEqual([]);
  expect(readdirSync(await buildOnce('a', async (directory) => writeFileSync(join(directory, 'whole'), '')))).toEqual([
    'whole',
  ]);
});

test('what a killed command left behind is in nobody’s way', async () => {
  const lock = join(cacheDirectory(), 'a.lock');
  mkdirSync(join(dirname(lock), 'a.partial-1'), { recursive: true });
  const { stdout: deadPid } = await run('node', ['-p', 'process.pid']);
  writeFileSync(lock, deadPid);
  expect(readdirSync(await buildOnce('a', async () => undefined))).toEqual([]);
  expect(readdirSync(cacheDirectory())).toEqual(['a']);
});

test('a lock is given back after a failure', async () => {
  await failureOf(withLock('a', async () => Promise.reject(new Error('x'))));
  expect(existsSync(join(cacheDirectory(), 'a.lock'))).toBe(false);
  await expect(withLock('a', async () => 'again')).resolves.toBe('again');
});
