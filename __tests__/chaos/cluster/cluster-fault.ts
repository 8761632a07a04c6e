import { loadavg } from 'node:os';
import { MACHINES } from '../../../cli/cluster/layout';
import { type Bars, type Fault, type Notes, pause, seconds } from '../fault';
import { NamesWatch } from './names-watch';
import type { ClusterPair } from './pair';

export type ClusterFault = Fault<ClusterPair>;

/** Whatever is under way while it happens may fail: until the processes are gone, or until what stands before the machines has noticed. */
export const IN_FLIGHT: Bars = { get: 'in flight', replayable: 'in flight', write: 'in flight', slow: 'in flight' };
/** What is under way may fail, and what is sent in the 5 s after it. */
export const MACHINE_LOST: Bars = {
  get: 'outage',
  replayable: 'outage',
  write: 'outage',
  slow: 'outage',
  recoverySeconds: 5,
};
/** What was on a machine that is gone runs elsewhere after so long. */
export const ELSEWHERE_SECONDS = 90;

const LOAD_EVERY_MS = 5000;
const NOTICED_SECONDS = 10;

/** A fault of a pair on the cluster: also sees that there never are two pods of one node to choose from, and notes how busy this machine was. */
export function clusterFault({ inject, ...fault }: ClusterFault): ClusterFault {
  return {
    ...fault,
    inject: async (pair, note) => {
      const watch = new NamesWatch(pair.namespace);
      const loads = [loadavg()[0] as number];
      const sampling = setInterval(() => loads.push(loadavg()[0] as number), LOAD_EVERY_MS);
      const begun = performance.now();
      await watch.start();
      try {
        await inject(pair, note);
        await pair.untilHealthy();
      } finally {
        clearInterval(sampling);
        watch.stop();
      }
      for (const { name, container } of pair.nodes) {
        const most = watch.names.most.get(container) ?? 0;
        note.expect(`${most} pods were behind the name of ${name} at one time`, most === 1);
      }
      for (const { name, state, at } of pair.frontDoor.changes.filter((change) => change.at > begun))
        note.said.push(`${seconds(at - note.from)}: ${name} is ${state} to the load balancer before the machines`);
      const [first, worst] = [loads[0] as number, Math.max(...loads)];
      note.remarks.push(`load average ${first.toFixed(0)}, at most ${worst.toFixed(0)}`);
    },
  };
}

/** Waits until every node can work and is in rotation, without help. */
export async function allInRotation(pair: ClusterPair, note: Notes): Promise<void> {
  await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
}

/** Components whose pods are others than before, in order. */
export async function replacedSince(pair: ClusterPair, before: readonly { readonly uid: string }[]): Promise<string[]> {
  const pods = await pair.pods();
  const others = pods.filter(({ uid }) => !before.some((pod) => pod.uid === uid));
  return others.map(({ component }) => component).sort();
}

/** Marks the time from the fault until what stands before the machines knows of it. */
export async function untilNoticed(
  pair: ClusterPair,
  note: Notes,
  machine: string,
  work: () => Promise<void>,
): Promise<void> {
  await note.faultWindow(async () => {
    await work();
    const since = performance.now();
    while (!pair.frontDoor.hasNoticed(machine, since)) {
      if (performance.now() > since + NOTICED_SECONDS * 1000)
        throw new Error(`nobody noticed within ${NOTICED_SECONDS} s`);
      await pause(50);
    }
  });
  note.remarks.push(`noticed after ${((note.to - note.from) / 1000).toFixed(1)} s`);
}

/** Each machine, in words of a fault's name. */
export const EACH_MACHINE = MACHINES.map(({ name }) => name);
