import { docker, waitUntilHealthy } from '../../support/workspace';
import { type Bars, type Fault, type Notes, pause, ROTATION_SECONDS } from '../fault';
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

/** Does something to the database, waits until both nodes serve again, and sees that none had to be restarted for it. */
export async function withoutNodeRestart(
  pair: Pair,
  note: Notes,
  { recoverySeconds = 0 }: Bars,
  work: () => Promise<void>,
): Promise<void> {
  const before = await startTimes(pair);
  await note.faultWindow(work);
  await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  // Its health asks the user store, which the load does not.
  const away = (performance.now() - note.to) / 1000;
  note.remarks.push(`both in rotation ${away.toFixed(1)} s after its return`);
  const allowed = Math.max(recoverySeconds, ROTATION_SECONDS);
  note.expect(`both were in rotation only ${away.toFixed(1)} s after its return`, away <= allowed);
  note.expect('a node had to be restarted', (await startTimes(pair)).join() === before.join());
}

interface DatabaseFault extends Pick<Fault, 'name' | 'done' | 'bars'> {
  readonly lose: (pair: Pair, note: Notes) => Promise<void>;
}

function databaseFault({ lose, ...fault }: DatabaseFault): Fault {
  return {
    ...fault,
    inject: (pair, note) => withoutNodeRestart(pair, note, fault.bars, () => lose(pair, note)),
  };
}

const kill = databaseFault({
  name: 'SIGKILL of the database',
  done: 'all its processes die at once; the restart policy brings it back and it recovers from its log',
  bars: DATABASE_LOST,
  lose: async (pair) => {
    await pair.kill(pair.database);
    await waitUntilHealthy(pair.database);
  },
});

const restart = databaseFault({
  name: 'restart of the database',
  done: 'docker restart',
  bars: DATABASE_LOST,
  lose: async (pair) => {
    await docker('restart', '--time', '60', pair.database);
    await waitUntilHealthy(pair.database);
  },
});

/** Long enough for the containers' health checks to have noticed. */
const NOTICED_AFTER_SECONDS = 20;

export const freezeDatabase = (seconds: number): Fault =>
  databaseFault({
    name: `freeze of the database, ${seconds} s`,
    done: 'all its processes are stopped and continued',
    bars: { ...DATABASE_LOST, recoverySeconds: 5 },
    lose: async (pair, note) => {
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
    },
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
