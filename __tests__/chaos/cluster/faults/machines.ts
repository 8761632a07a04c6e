import { heal, isolate, powerOff, powerOn } from '../../../../cli/cluster/faults';
import { kubectl } from '../../../../cli/cluster/kubectl';
import type { MachineName } from '../../../../cli/cluster/layout';
import { eventually } from '../../../support/workspace';
import { NOTHING_LOST, type Notes, pause } from '../../fault';
import {
  allInRotation,
  type ClusterFault,
  clusterFault,
  EACH_MACHINE,
  ELSEWHERE_SECONDS,
  MACHINE_LOST,
} from '../cluster-fault';
import type { ClusterPair } from '../pair';

const ISOLATED_SECONDS = 60;
/** Until a machine's controller has taken what moves, and another one has started it. */
const MOVED_SECONDS = 240;

/** What is on a machine, in words. */
async function noteWhatIsOn(pair: ClusterPair, note: Notes, machine: MachineName): Promise<string[]> {
  const components = (await pair.podsOn(machine)).map(({ component }) => component).sort();
  note.remarks.push(`on it: ${components.join(' and ') || 'nothing of the pair'}`);
  return components;
}

/** Waits until pods of a machine that is gone run on others, measured from the fault. */
async function untilElsewhere(pair: ClusterPair, note: Notes, machine: MachineName, lost: readonly string[]) {
  for (const node of pair.nodes.filter(({ name }) => lost.includes(name))) {
    await eventually(`${node.name} runs elsewhere`, MOVED_SECONDS, async () => {
      const pod = await pair.podOf(node);
      return pod !== undefined && pod.machine !== machine && pod.running;
    });
    const after = (performance.now() - note.from) / 1000;
    await note.backInRotation(node);
    const served = (performance.now() - note.from) / 1000;
    note.remarks.push(
      `${node.name} runs elsewhere after ${after.toFixed(0)} s, in rotation after ${served.toFixed(0)} s`,
    );
    note.expect(`${node.name} ran elsewhere only after ${after.toFixed(0)} s`, after <= ELSEWHERE_SECONDS);
  }
  if (lost.includes('load-balancer')) {
    await eventually('two load balancers take clients', MOVED_SECONDS, () => pair.frontDoor.wellTargets().length === 2);
  }
}

const powerLoss = (machine: MachineName): ClusterFault =>
  clusterFault({
    name: `power loss of ${machine}`,
    done: 'its link is down, then all its processes are gone; it gets power again when what was on it serves elsewhere',
    bars: MACHINE_LOST,
    inject: async (pair, note) => {
      const lost = await noteWhatIsOn(pair, note, machine);
      await note.faultWindow(() => powerOff(machine));
      try {
        await untilElsewhere(pair, note, machine, lost);
      } finally {
        await powerOn(machine);
      }
      await pair.untilHealthy();
    },
  });

const isolation = (machine: MachineName): ClusterFault =>
  clusterFault({
    name: `isolation of ${machine}, ${ISOLATED_SECONDS} s`,
    done: 'what it sends and what is sent to it is lost without a word; its processes go on',
    bars: MACHINE_LOST,
    inject: async (pair, note) => {
      const before = await pair.podsOn(machine);
      await noteWhatIsOn(pair, note, machine);
      await note.faultWindow(() => isolate(machine));
      try {
        await pause(ISOLATED_SECONDS * 1000);
      } finally {
        await heal(machine);
      }
      await pair.untilHealthy();
      const stayed = (await pair.pods()).filter(({ uid }) => before.some((pod) => pod.uid === uid));
      const moved = before.length - stayed.length;
      // Whether the cluster had begun to move them is for its own timers to say.
      note.remarks.push(
        `whole after ${((performance.now() - note.from) / 1000).toFixed(0)} s; ${moved} pods were replaced`,
      );
    },
  });

const drain = (machine: MachineName): ClusterFault =>
  clusterFault({
    name: `kubectl drain of ${machine}`,
    done: 'everything on it is evicted, and it takes pods again when that serves elsewhere',
    bars: NOTHING_LOST,
    inject: async (pair, note) => {
      await noteWhatIsOn(pair, note, machine);
      try {
        await kubectl(['drain', machine, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=240s']);
        await allInRotation(pair, note);
        await eventually('two load balancers take clients', 60, () => pair.frontDoor.wellTargets().length === 2);
      } finally {
        await kubectl(['uncordon', machine]);
      }
    },
  });

export const machineFaults = {
  powerLosses: EACH_MACHINE.map(powerLoss),
  isolations: EACH_MACHINE.map(isolation),
  drains: EACH_MACHINE.map(drain),
};
