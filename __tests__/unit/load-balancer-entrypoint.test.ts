import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PROJECT, temporaryDirectory } from '../support/synth';

const SCRIPT = readFileSync(join(PROJECT, 'runtime/load-balancer/entrypoint.sh'), 'utf8');
/** Larger than any pipe, and than what is put aside. */
const MANY = 130_000;
const line = (number: number) => `${String(number).padStart(99, '0')}\n`;
const all = Array.from({ length: MANY }, (_, number) => line(number)).join('');

/** Instead of Nginx: begins a new file when it is told to, and says so; ends as it is asked to, with a last line. No shell: a shell that is
 * started with a signal ignored can do nothing about it, Nginx can. */
const NGINX = `#!${process.execPath}
const { appendFileSync, writeFileSync } = require('node:fs');
const { LOGS, PID_FILE, SIGNALS, TEST_RUN } = process.env;
process.on('SIGUSR1', () => {
  appendFileSync(SIGNALS, 'USR1\\n');
  appendFileSync(LOGS + '/requests.log', '');
});
process.on('SIGHUP', () => appendFileSync(SIGNALS, 'HUP\\n'));
process.on('SIGQUIT', () => {
  appendFileSync(LOGS + '/requests.log', 'the last one\\n');
  process.exit(7);
});
// A run of tests that is killed cannot clean up: all that it has started here goes by itself.
setInterval(() => {
  try {
    process.kill(Number(TEST_RUN), 0);
  } catch {
    process.kill(0, 'SIGKILL');
  }
}, 1000);
writeFileSync(PID_FILE, String(process.pid));
`;

let balancer: ChildProcess;
let folder: string;
const path = (name: string) => join(folder, name);
const requests = () => path('logs/requests.log');
const signals = () => (existsSync(path('signals')) ? readFileSync(path('signals'), 'utf8') : '');

beforeEach(async () => {
  folder = temporaryDirectory('logs-');
  mkdirSync(path('bin'));
  mkdirSync(path('certificates'));
  writeFileSync(path('certificates/is.crt'), 'before');
  writeFileSync(path('bin/nginx'), NGINX, { mode: 0o755 });
  // Where Nginx has its things in a container.
  const places: Readonly<Record<string, string>> = {
    '/etc/nginx/active-active/current': path('current'),
    '/etc/nginx/certificates': path('certificates'),
    '/tmp/passed-on.conf': path('passed-on.conf'),
    '/tmp/nginx.pid': path('nginx.pid'),
  };
  const script = Object.entries(places).reduce((text, [there, here]) => text.replaceAll(there, here), SCRIPT);
  balancer = spawn('sh', ['-c', script], {
    env: {
      ...process.env,
      PATH: `${path('bin')}${delimiter}${process.env.PATH}`,
      LOGS: path('logs'),
      PID_FILE: path('nginx.pid'),
      SIGNALS: path('signals'),
      TEST_RUN: String(process.pid),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await until(() => existsSync(path('nginx.pid')));
});

afterEach(async () => {
  try {
    process.kill(-(balancer.pid as number), 'SIGKILL');
  } catch {
    // All have ended.
  }
  if (balancer.exitCode === null && balancer.signalCode === null) await once(balancer, 'exit');
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(20);
}

/** What has come out so far. */
function read(stream: 'stdout' | 'stderr'): () => string {
  let output = '';
  balancer[stream]?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return () => output;
}

test('every request is in the output, in order, also when the file becomes large, and every error in that of errors', async () => {
  const output = read('stdout');
  const errors = read('stderr');
  appendFileSync(requests(), all);
  appendFileSync(path('logs/errors.log'), 'an error\n');
  await until(() => existsSync(`${requests()}.before`));
  appendFileSync(requests(), 'after it\n');
  await until(() => output().endsWith('after it\n') && errors() !== '');
  expect(signals()).toBe('USR1\n');
  expect(output() === `${all}after it\n`).toBe(true);
  expect(errors()).toBe('an error\n');
  // What has been taken takes no memory any more.
  await until(() => !existsSync(`${requests()}.before`));
});

test('nobody may read: what is written then is kept, up to two files, and it is said where lines are missing', async () => {
  balancer.stdout?.pause();
  const errors = read('stderr');
  appendFileSync(requests(), all);
  await until(() => existsSync(`${requests()}.before`));
  appendFileSync(requests(), all);
  await until(() => existsSync(`${requests()}.dropped`));
  appendFileSync(requests(), 'later\n');
  const output = read('stdout');
  balancer.stdout?.resume();
  await until(() => output().endsWith('later\n'));
  expect(output() === `${all}later\n`).toBe(true);
  expect(errors()).toContain('lines are missing here');
  expect(signals()).toBe('USR1\n');
});

test('it ends as Nginx does, which gets the signal, and its last line is in the output', async () => {
  const output = read('stdout');
  const ended = once(balancer, 'exit');
  process.kill(balancer.pid as number, 'SIGQUIT');
  expect(await ended).toEqual([7, null]);
  await until(() => output() !== '');
  expect(output()).toBe('the last one\n');
});

test('it ends, too, where nobody reads', async () => {
  balancer.stdout?.pause();
  appendFileSync(requests(), all);
  const ended = once(balancer, 'exit');
  process.kill(balancer.pid as number, 'SIGQUIT');
  expect(await ended).toEqual([7, null]);
});

test('another certificate makes Nginx reload, once', async () => {
  await setTimeout(1500);
  writeFileSync(path('certificates/is.crt'), 'after');
  await until(() => signals() !== '');
  await setTimeout(2500);
  expect(signals()).toBe('HUP\n');
});
