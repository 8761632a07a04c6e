import type { Bars } from '../../fault';
import { pause } from '../../fault';
import { NOTICED_AFTER_SECONDS, oldPrimaryReturns } from '../../faults/failover';
import { killContainer } from '../../pair';
import { allInRotation, type ClusterFault, clusterFault } from '../cluster-fault';
import type { ClusterPair } from '../pair';

const FAILED_OVER: Bars = {
  get: 'outage',
  replayable: 'outage',
  write: 'outage',
  slow: 'outage',
  recoverySeconds: 5,
};

async function restarts(pair: ClusterPair): Promise<string> {
  return (await pair.pods()).map(({ uid, restarts: count }) => `${uid} ${count}`).join();
}

export const failover: ClusterFault = clusterFault({
  name: 'failover of the database outside the cluster',
  done: `the primary is killed, and the synchronous standby is promoted after ${NOTICED_AFTER_SECONDS} s; the old primary returns as a standby that takes no writes`,
  bars: FAILED_OVER,
  inject: async (pair, note) => {
    const before = await restarts(pair);
    await note.faultWindow(async () => {
      await killContainer(pair.servers.primary.container);
      await pause(NOTICED_AFTER_SECONDS * 1000);
      await pair.servers.promote();
    });
    await allInRotation(pair, note);
    note.remarks.push(`promoted ${((note.to - note.from) / 1000).toFixed(1)} s after the fault`);
    note.expect('a pod had to be started again', (await restarts(pair)) === before);
    await oldPrimaryReturns(pair.servers, note);
  },
});
