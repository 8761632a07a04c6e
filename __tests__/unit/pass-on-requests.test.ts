import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PROJECT, temporaryDirectory } from '../support/synth';

const SCRIPT = readFileSync(join(PROJECT, 'runtime/kubernetes/pass-on-requests.sh'), 'utf8');
/** Nginx is process 1 in its pod; here, a signal to it is only written down, and when the reading of the old file has ended. Looks come faster. */
const AS_IN_A_POD = `kill() {
  if [ "$1" = -USR1 ]; then echo "$*" >> "$REQUESTS.signals"; : > "$REQUESTS"; else command kill "$@"; : > "$REQUESTS.ended"; fi
}
sleep() { if [ "$1" = 5 ]; then command sleep 0.1; else command sleep "$1"; fi; }
`;
/** Larger than any pipe, and than what is put aside. */
const MANY = 130_000;
const line = (number: number) => `${String(number).padStart(99, '0')}\n`;

let passing: ChildProcess;
let requests: string;

beforeEach(() => {
  requests = join(temporaryDirectory('requests-'), 'requests.log');
  passing = spawn('sh', ['-c', `${AS_IN_A_POD}${SCRIPT}wait`], {
    env: { ...process.env, REQUESTS: requests },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
});

afterEach(async () => {
  process.kill(-(passing.pid as number), 'SIGKILL');
  if (passing.exitCode === null && passing.signalCode === null) await once(passing, 'exit');
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(20);
}

test('every request is in the output, in order, also when the file becomes large', async () => {
  let output = '';
  passing.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await until(() => existsSync(requests));
  const all = Array.from({ length: MANY }, (_, number) => line(number));
  appendFileSync(requests, all.join(''));
  await until(() => existsSync(`${requests}.signals`));
  appendFileSync(requests, 'after it\n');
  await until(() => output.endsWith('after it\n'));
  expect(readFileSync(`${requests}.signals`, 'utf8')).toBe('-USR1 1\n');
  expect(output === `${all.join('')}after it\n`).toBe(true);
});

test('who reads the output may be away: the file is put aside all the same, and later requests are passed on', async () => {
  passing.stdout?.pause();
  await until(() => existsSync(requests));
  appendFileSync(requests, Array.from({ length: MANY }, (_, number) => line(number)).join(''));
  await until(() => existsSync(`${requests}.ended`));
  let output = '';
  passing.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  passing.stdout?.resume();
  await until(() => {
    if (!output.endsWith('later\n')) appendFileSync(requests, 'later\n');
    return output.endsWith('later\n');
  });
  expect(output.startsWith(line(0))).toBe(true);
  expect(output.length).toBeLessThan(MANY * 100);
});
