import { docker, waitUntilHealthy } from '../../support/workspace';
import { type Bars, type Fault, pause, ROTATION_SECONDS } from '../fault';
import type { Pair } from '../pair';

/** Without their database the nodes can do nothing; what counts is that they come back by themselves, soon, and lose nothing. */
const DATABASE_LOST: Bars = {
  get: 'outage',
  replayable: 'outage',
  write: 'outage',
  slow: 'outage',
  recoverySeconds: 30,
};

async function startTimes(pair: Pair): Promise<string[]> {
  return Promise.all(
    pair.nodes.map(({ container }) => docker('inspect', '--format', '{{.State.StartedAt}}', container)),
  );
}

function withoutNodeRestart(fault: Fault): Fault {
  return {
    ...fault,
    inject: async (pair, note) => {
      const before = await startTimes(pair);
      await fault.inject(pair, note);
      await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
      // Its health asks the user store, which the load does not.
      const away = (performance.now() - note.to) / 1000;
      note.remarks.push(`both in rotation ${away.toFixed(1)} s after its return`);
      const { recoverySeconds = 0 } = fault.bars;
      const allowed = Math.max(recoverySeconds, ROTATION_SECONDS);
      note.expect(`both were in rotation only ${away.toFixed(1)} s after its return`, away <= allowed);
      note.expect('a node had to be restarted', (await startTimes(pair)).join() === before.join());
    },
  };
}

const kill = withoutNodeRestart({
  name: 'SIGKILL of the database',
  done: 'all its processes die at once; the restart policy brings it back and it recovers from its log',
  bars: DATABASE_LOST,
  inject: (pair, note) =>
    note.faultWindow(async () => {
      await pair.kill(pair.database);
      await waitUntilHealthy(pair.database);
    }),
});

const restart = withoutNodeRestart({
  name: 'restart of the database',
  done: 'docker restart',
  bars: DATABASE_LOST,
  inject: (pair, note) =>
    note.faultWindow(async () => {
      await docker('restart', '--time', '60', pair.database);
      await waitUntilHealthy(pair.database);
    }),
});

/** Long enough for the containers' health checks to have noticed. */
const NOTICED_AFTER_SECONDS = 20;

export const freezeDatabase = (seconds: number): Fault =>
  withoutNodeRestart({
    name: `freeze of the database, ${seconds} s`,
    done: 'all its processes are stopped and continued',
    bars: { ...DATABASE_LOST, recoverySeconds: 5 },
    inject: (pair, note) =>
      note.faultWindow(async () => {
        const until = performance.now() + seconds * 1000;
        await pair.freeze(pair.database);
        if (seconds >= NOTICED_AFTER_SECONDS) {
          await pause(NOTICED_AFTER_SECONDS * 1000);
          note.expect(
            'make status does not say what the nodes wait for',
            /node-1: .*waits for its database/.test((await pair.status()).stderr),
          );
        }
        await pause(until - performance.now());
        await docker('unpause', pair.database);
      }),
  });

const nodeBeforeDatabase: Fault = {
  name: 'nodes started before their database',
  done: 'everything is stopped; the nodes start, and the database 15 s after them',
  bars: { ...DATABASE_LOST, recoverySeconds: ROTATION_SECONDS },
  inject: async (pair, note) => {
    const containers = pair.nodes.map(({ container }) => container);
    await note.faultWindow(async () => {
      await docker('stop', '--time', '90', ...containers);
      await docker('stop', '--time', '60', pair.database);
      await docker('start', ...containers);
      await pause(15_000);
      note.expect(
        'make status does not say why the nodes wait',
        /node-1: .*database/.test((await pair.status()).stderr),
      );
      await docker('start', pair.database);
      await note.untilOneCanWork();
    });
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

export const databaseFaults = { kill, restart, nodeBeforeDatabase };
