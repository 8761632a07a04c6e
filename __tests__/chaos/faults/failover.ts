import { FAILOVER_SECONDS } from '../../../catalogue/database-engines';
import type { FailoverPair } from '../failover-pair';
import { type Bars, type Fault, type Notes, pause } from '../fault';
import type { Pair } from '../pair';
import type { ReplicatedDatabase } from '../replicated-database';
import { withoutNodeRestart } from './database';

/** What the database team's tool takes to be sure that a primary is gone. */
export const NOTICED_AFTER_SECONDS = 5;
/** Long enough for the drivers to look again which of the servers takes writes. */
const WATCHED_SECONDS = FAILOVER_SECONDS.recheck + 10;

/** These faults are done to a pair that has two database servers. */
function serversOf(pair: Pair): FailoverPair['servers'] {
  return (pair as FailoverPair).servers;
}

/** The primary is lost, the standby takes over; then the former primary comes back as a standby, and is left alone. */
function failover(lost: {
  readonly name: string;
  readonly done: string;
  readonly recoverySeconds: number;
  /** Whether it is left as it is until everybody must have recovered from it. @default - it is stopped as soon as both nodes serve */
  readonly staysAfterwards?: boolean;
  readonly lose: (pair: Pair) => Promise<void>;
}): Fault {
  const bars: Bars = {
    get: 'outage',
    replayable: 'outage',
    write: 'outage',
    slow: 'outage',
    recoverySeconds: lost.recoverySeconds,
  };
  return {
    name: `failover of the database, ${lost.name}`,
    done: `${lost.done}, and the synchronous standby is promoted after ${NOTICED_AFTER_SECONDS} s; the old primary returns as a standby that takes no writes`,
    bars,
    inject: async (pair, note) => {
      const servers = serversOf(pair);
      await withoutNodeRestart(pair, note, bars, async () => {
        await lost.lose(pair);
        await pause(NOTICED_AFTER_SECONDS * 1000);
        await servers.promote();
      });
      note.remarks.push(`promoted ${((note.to - note.from) / 1000).toFixed(1)} s after the fault`);
      if (lost.staysAfterwards) await pause(note.to + (lost.recoverySeconds + 10) * 1000 - performance.now());
      await oldPrimaryReturns(serversOf(pair), note);
    },
  };
}

/** And for so long that the drivers have looked for the primary again. */
export async function oldPrimaryReturns(servers: ReplicatedDatabase, note: Notes): Promise<void> {
  await servers.rejoin();
  await pause(WATCHED_SECONDS * 1000);
  const refused = await servers.refusedWrites(servers.standby);
  note.expect(`${refused} writes went to the standby`, refused === 0);
}

/** The frozen one first: then it is the first in the list, which every new connection tries first. */
export const FAILOVERS: readonly Fault[] = [
  failover({
    name: 'primary frozen',
    done: 'all processes of the primary are stopped, its connections stay open',
    // A connection to it is given up for that long, since closing it with TLS waits as long again; a new one that tries it first loses 5 s.
    recoverySeconds: 2 * FAILOVER_SECONDS.answer + 5,
    staysAfterwards: true,
    lose: (pair) => pair.freeze(pair.database),
  }),
  failover({
    name: 'primary killed',
    done: 'all processes of the primary die at once',
    recoverySeconds: 5,
    lose: (pair) => pair.kill(pair.database),
  }),
];
