import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { run } from '../../../cli/setup/process';
import { docker, eventually } from '../../support/workspace';
import { type Fault, NOTHING_LOST, type Notes, pause, ROTATION_SECONDS } from '../fault';
import type { Pair } from '../pair';

/** Where the engine that the suite started for a fault is said to be, for the process that does it. */
export const ENGINE_PID = 'CHAOS_ENGINE_PID';
export const ENGINE_LOG = 'CHAOS_ENGINE_LOG';

/** Only ever done to an engine of the suite's own, see own-engine.ts. */
export interface EngineFault extends Fault {
  /** Of that dockerd. */
  readonly options: readonly string[];
}

/** Seconds for which nobody takes what containers print: hundreds of requests are more than all pipes between them and dockerd hold. */
const AWAY_SECONDS = 30;

const restart: EngineFault = {
  name: 'restart of the engine',
  done: 'dockerd, one of the suite’s own in a network of its own, is stopped and started, as when the host is restarted',
  options: [],
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: ROTATION_SECONDS },
  inject: async (pair, note) => {
    await note.faultWindow(async () => {
      const start = startAgain();
      await stopEngine(Number(process.env[ENGINE_PID]));
      await start();
      note.remarks.push(`engine away for ${((performance.now() - note.from) / 1000).toFixed(1)} s`);
      await note.untilOneCanWork();
    });
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

const away: EngineFault = {
  name: `dockerd away with live-restore, ${AWAY_SECONDS} s`,
  done: `dockerd, one of the suite’s own, is killed and started again after ${AWAY_SECONDS} s; its containers go on, and the kernel leads clients to them (live-restore, no userland-proxy)`,
  options: ['--live-restore', '--userland-proxy=false'],
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await nobodyReads(pair, note, async () => {
      const start = startAgain();
      process.kill(Number(process.env[ENGINE_PID]), 'SIGKILL');
      await pause(AWAY_SECONDS * 1000);
      await start();
    });
  },
};

const standstill: EngineFault = {
  name: `dockerd stands still, ${AWAY_SECONDS} s`,
  done: `SIGSTOP to dockerd, one of the suite’s own, and SIGCONT after ${AWAY_SECONDS} s`,
  options: [],
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await nobodyReads(pair, note, async () => {
      process.kill(Number(process.env[ENGINE_PID]), 'SIGSTOP');
      await pause(AWAY_SECONDS * 1000);
      process.kill(Number(process.env[ENGINE_PID]), 'SIGCONT');
    });
  },
};

export const ENGINE_FAULTS: readonly EngineFault[] = [restart, away, standstill];

/** What was requested meanwhile is in the log afterwards. */
async function nobodyReads(pair: Pair, note: Notes, work: () => Promise<void>): Promise<void> {
  const from = new Date();
  await note.faultWindow(work);
  const to = new Date();
  const times = async () => {
    const { stdout } = await run('docker', ['logs', pair.loadBalancer]);
    return [...stdout.matchAll(/^\{"time":"([^"]+)"/gm)].map(([, time]) => new Date(time as string));
  };
  await eventually('the load balancer’s log goes on', 30, async () => (await times()).some((time) => time > to));
  const logged = (await times()).filter((time) => time > from && time < to).length;
  note.remarks.push(`${logged} requests of that time are in the log`);
  note.expect('no request of that time is in the log', logged > 0);
}

/** @returns starts an engine again that has ended by then, as it was */
function startAgain(): () => Promise<void> {
  const [program = '', ...args] = readFileSync(`/proc/${process.env[ENGINE_PID]}/cmdline`, 'utf8')
    .split('\0')
    .filter(Boolean);
  return async () => {
    const log = openSync(process.env[ENGINE_LOG] as string, 'a');
    // This process is in the engine's network, so the new one is too.
    const engine = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
    engine.unref();
    process.env[ENGINE_PID] = String(engine.pid);
    await eventually('the engine answers again', 60, () =>
      docker('version').then(
        () => true,
        () => false,
      ),
    );
  };
}

/** Stops it with its containers, gracefully. */
export async function stopEngine(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await eventually('the engine has stopped', 150, () => {
    try {
      return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return true;
    }
  });
}
