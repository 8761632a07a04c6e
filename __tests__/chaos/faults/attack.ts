import { join } from 'node:path';
import { run } from '../../../cli/setup/process';
import { docker, inspect } from '../../support/workspace';
import type { Attack, AttackReport } from '../attacker';
import { type Fault, NOTHING_LOST, type Notes } from '../fault';
import type { Pair } from '../pair';

/** Clients that mean harm. They come from inside the load balancer's namespace: the engine's own proxy would not carry as many. */

const HELD_SECONDS = 60;
const SLOW_SENDERS = 500;
const IDLE = 10_000;
/** Below the slow senders, above what all clients of the load have under way. */
const LIMIT = 50;

async function attack(pair: Pair, what: Partial<Attack>): Promise<AttackReport> {
  const { Pid } = (await inspect(pair.loadBalancer)).State;
  const order: Attack = { host: '127.0.0.1', port: 443, servername: pair.hostname, seconds: HELD_SECONDS, ...what };
  const attacker = [process.execPath, '--import', 'tsx', join(__dirname, '..', 'attacker.ts'), JSON.stringify(order)];
  const { stdout } = await run('nsenter', [`--net=/proc/${Pid}/ns/net`, ...attacker]);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as AttackReport;
}

/** The most memory that the load balancer has had since it started, in MiB: of control groups version 1 or 2. */
async function peakMemoryMb(pair: Pair): Promise<number> {
  const peak = '/sys/fs/cgroup/memory/memory.max_usage_in_bytes /sys/fs/cgroup/memory.peak';
  return Math.round(
    Number(await docker('exec', pair.loadBalancer, 'sh', '-c', `cat ${peak} 2>/dev/null || true`)) / 2 ** 20,
  );
}

async function hold(pair: Pair, note: Notes): Promise<AttackReport> {
  const before = await inspect(pair.loadBalancer);
  const since = new Date();
  const report = await note.faultWindow(() =>
    attack(pair, { kept: IDLE, slowBodies: SLOW_SENDERS, path: '/probe/echo' }),
  );
  const { stdout, stderr } = await run('docker', ['logs', '--since', since.toISOString(), pair.loadBalancer]);
  note.expect('a worker of Nginx was killed', !/exited on signal/.test(stdout + stderr));
  note.expect('Nginx was started again', (await inspect(pair.loadBalancer)).State.StartedAt === before.State.StartedAt);
  note.expect(`only ${report.most} connections were held`, report.most > IDLE / 2);
  note.remarks.push(
    `up to ${report.most} connections held, ${report.answers['429'] ?? 0} requests refused; memory at most ${await peakMemoryMb(pair)} MiB`,
  );
  return report;
}

const holding: Fault = {
  name: 'idle and slow connections',
  done: `${IDLE} TLS connections that have had an answer and say nothing more, and ${SLOW_SENDERS} that send a byte every four seconds are held by one address for ${HELD_SECONDS} s`,
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await hold(pair, note);
  },
};

const limited: Fault = {
  name: 'idle and slow connections above the limit of a client',
  done: `the same, where a client address may have ${LIMIT} requests at a time`,
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await pair.up({ requestsPerClient: LIMIT });
    const { answers } = await hold(pair, note);
    note.expect('the attacker was not limited', (answers['429'] ?? 0) >= SLOW_SENDERS - LIMIT);
    await pair.up();
  },
};

export const attackFaults = { holding, limited };
