import { killComponent, startComponent, type Victim } from '../../../../cli/cluster/faults';
import type { MachineComponent } from '../../../../cli/cluster/parts';
import { NOTHING_LOST, pause } from '../../fault';
import { allInRotation, type ClusterFault, clusterFault, IN_FLIGHT, replacedSince } from '../cluster-fault';
import type { ClusterPair } from '../pair';

const CONTROL_PLANE_SECONDS = 300;
/** Nothing may fail for so long; then a machine's own silence has been noticed. */
const UNNOTICED_SECONDS = 30;
const AWAY_SECONDS = 60;

/** What must be the same before and after an outage of the control plane. */
async function view(pair: ClusterPair): Promise<string> {
  const pods = await pair.pods();
  return pods
    .map(({ name, uid, machine, restarts }) => `${name} ${uid} on ${machine}, ${restarts} restarts`)
    .join('\n');
}

const controlPlane: ClusterFault = clusterFault({
  name: `control plane away, ${CONTROL_PLANE_SECONDS} s`,
  done: 'etcd, API server, controller manager and scheduler are killed and stay away; then they are started again',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const components = ['kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd'] as const;
    const before = await view(pair);
    try {
      for (const component of components) await killComponent({ component });
      await pause(CONTROL_PLANE_SECONDS * 1000);
    } finally {
      for (const component of [...components].reverse()) await startComponent({ component });
    }
    await pair.untilHealthy();
    const after = await view(pair);
    note.expect(`pods are others than before, or were started again:\n${before}\n${after}`, before === after);
  },
});

/** @param name of what is killed @param victim which one, known when the fault is done */
const component = (name: string, victim: (pair: ClusterPair) => Promise<Victim>): ClusterFault =>
  clusterFault({
    name: `${name} away, ${AWAY_SECONDS} s`,
    done: `it is killed, and started again after ${AWAY_SECONDS} s; what the window allows to fail begins ${UNNOTICED_SECONDS} s after it`,
    bars: IN_FLIGHT,
    inject: async (pair, note) => {
      const which = await victim(pair);
      const before = await pair.pods();
      const begun = performance.now();
      await killComponent(which);
      try {
        await pause(AWAY_SECONDS * 1000);
      } finally {
        await startComponent(which);
      }
      // What the cluster has started elsewhere by then starts first.
      await pair.untilHealthy();
      await allInRotation(pair, note);
      note.from = begun + UNNOTICED_SECONDS * 1000;
      note.to = performance.now();
      const after = await replacedSince(pair, before);
      note.remarks.push(after.length > 0 ? `runs elsewhere: ${after.join(', ')}` : 'no pod was replaced');
    },
  });

/** On the machine that has a node, and a load balancer if possible. */
const ofMachine = (name: MachineComponent): ClusterFault =>
  component(name, async (pair) => {
    const pods = await pair.pods();
    const balancers = pods.filter((pod) => pod.component === 'load-balancer').map(({ machine }) => machine);
    const nodes = pods.filter((pod) => pod.component !== 'load-balancer');
    const machine = (nodes.find((pod) => balancers.includes(pod.machine)) ?? nodes[0])?.machine;
    if (machine === undefined) throw new Error('no node is on a machine');
    return { component: name, machine };
  });

export const componentFaults = {
  controlPlane,
  kubelet: ofMachine('kubelet'),
  containerd: ofMachine('containerd'),
  kubeProxy: ofMachine('kube-proxy'),
  names: component('cluster DNS', async () => ({ component: 'coredns' })),
};
