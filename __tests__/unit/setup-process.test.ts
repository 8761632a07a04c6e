import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { concurrently } from '../../cli/setup/concurrently';
import { InterruptedError, UserError } from '../../cli/setup/errors';
import { CommandError, run, stopRunningCommands } from '../../cli/setup/process';
import { failureOf, TestMachine } from '../support/machine';

let machine: TestMachine;
beforeEach(() => {
  machine = new TestMachine(true);
});
afterEach(() => machine.close());

test('arguments reach the program as they are, and its output comes back', async () => {
  const { stdout, stderr } = await run('node', ['-e', 'console.log(process.argv[1]); console.error(2)', '$HOME; *']);
  expect(stdout).toBe('$HOME; *\n');
  expect(stderr).toBe('2\n');
});

test('input is passed on, and a program that does not read it is judged by its exit code', async () => {
  expect((await run('cat', [], { input: 'text' })).stdout).toBe('text');
  await expect(run('true', [], { input: 'x'.repeat(1_000_000) })).resolves.toBeDefined();
});

test('of a line that is drawn again and again the last state is shown, also where it ends with a carriage return', async () => {
  const error = await failureOf(run('sh', ['-c', "printf '10 %%\\r100 %%\\nrefused\\r\\n' >&2; exit 1"]));
  expect((error as CommandError).lastLines).toEqual(['100 %', 'refused']);
});

test('a failure names command, exit code and last lines, and never a value of the environment', async () => {
  const error = await failureOf(run('sh', ['-c', 'echo wrong >&2; exit 3'], { env: { PASSWORD: 'sesame-open' } }));
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).exitCode).toBe(3);
  expect(error.message).toBe('sh -c echo wrong >&2; exit 3: exit code 3\n  wrong');
  expect(JSON.stringify({ ...error })).not.toContain('sesame-open');
});

test('a program that does not exist', async () => {
  expect((await failureOf(run('no-such-program'))).message).toBe('no-such-program: no-such-program was not found');
});

test('limits: too long, and silent for too long', async () => {
  expect((await failureOf(run('sleep', ['20'], { timeoutMs: 200 }))).message).toBe(
    'sleep 20: did not end within 0.2 s',
  );
  expect((await failureOf(run('sleep', ['20'], { firstOutputMs: 200 }))).message).toContain(
    'printed nothing within 0.2 s',
  );
  await run('sh', ['-c', 'echo; sleep 0.5'], { firstOutputMs: 300 });
});

test('who asks for it is told while a program prints', async () => {
  const program = run('sh', ['-c', 'echo begun; cat >&2; sleep 20'], { onOutput: () => stopRunningCommands() });
  await expect(program).rejects.toThrow(InterruptedError);
});

test('both outputs go to the log file', async () => {
  const logFile = machine.path('logs', 'x.log');
  await run('sh', ['-c', 'echo out; echo err >&2'], { logFile });
  expect(readFileSync(logFile, 'utf8').split('\n').sort()).toEqual(['', 'err', 'out']);
});

/** Runs a script of ours in a process of its own, whose error output is read. */
function runScript(script: string) {
  const loader = join(__dirname, '../../typescript.cjs');
  return spawn('node', ['--require', loader, script], { cwd: machine.directory, stdio: ['ignore', 'ignore', 'pipe'] });
}

test('Ctrl-C reaches the program once, and this process ends after it', async () => {
  const script = machine.file(
    'main.ts',
    `import { runCommand } from '${join(__dirname, '../../cli/setup/errors')}';
     import { run } from '${join(__dirname, '../../cli/setup/process')}';
     runCommand(async () => {
       console.log('begin');
       await run('sh', ['-c', 'trap "echo x >> signals; sleep 0.5; touch ended; exit 0" INT; touch ready; while :; do sleep 0.05; done']);
     });`,
  );
  const child = runScript(script);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  while (!existsSync(machine.path('ready')) && child.exitCode === null) await sleep(20);
  child.kill('SIGINT');
  expect(await closed).toBe(130);
  expect(said).toBe('interrupted\n');
  expect(existsSync(machine.path('ended'))).toBe(true);
  expect(readFileSync(machine.path('signals'), 'utf8')).toBe('x\n');
}, 20_000);

test('Ctrl-C while no program runs says how to go on, too', async () => {
  const script = machine.file(
    'main.ts',
    `import { runCommand } from '${join(__dirname, '../../cli/setup/errors')}';
     runCommand(() => { console.error('waiting'); return new Promise((done) => setTimeout(done, 15_000)); }, 'run it again');`,
  );
  const child = runScript(script);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
    if (said === 'waiting\n') child.kill('SIGINT');
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
  expect(said).toBe('waiting\ninterrupted: run it again\n');
}, 20_000);

test('the first failure stops what runs beside it; all messages are shown', async () => {
  let continued = false;
  const error = await failureOf(
    concurrently([
      async () => {
        await sleep(100);
        throw new UserError('Go is missing.');
      },
      async () => {
        throw new UserError('Maven is missing.');
      },
      async () => {
        // Longer than a test may take.
        await run('sleep', ['90']);
        continued = true;
      },
    ]),
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error.message.split('\n').sort()).toEqual(['Go is missing.', 'Maven is missing.']);
  expect(continued).toBe(false);
});
