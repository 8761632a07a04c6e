import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { docker, eventually } from '../../support/workspace';
import { type Fault, ROTATION_SECONDS } from '../fault';

/** Where the engine that the suite started for this fault is said to be, for the process that does it. */
export const ENGINE_PID = 'CHAOS_ENGINE_PID';
export const ENGINE_LOG = 'CHAOS_ENGINE_LOG';

/** Only ever done to an engine of the suite's own, see own-engine.ts. */
export const engineRestart: Fault = {
  name: 'restart of the engine',
  done: 'dockerd, one of the suite’s own in a network of its own, is stopped and started, as when the host is restarted',
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: ROTATION_SECONDS },
  inject: async (pair, note) => {
    const pid = Number(process.env[ENGINE_PID]);
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    await note.faultWindow(async () => {
      await stopEngine(pid);
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
      note.remarks.push(`engine away for ${((performance.now() - note.from) / 1000).toFixed(1)} s`);
      await note.untilOneCanWork();
    });
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

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
