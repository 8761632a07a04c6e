import type { MachineName } from '../../../../cli/cluster/layout';
import { type Notes, ONE_NODE_LOST } from '../../fault';
import type { PairNode } from '../../pair';
import { type ClusterFault, clusterFault, IN_FLIGHT, untilNoticed } from '../cluster-fault';
import type { ClusterPair } from '../pair';
import { killPod, type Pod } from '../pods';

const killNode = (index: 0 | 1): ClusterFault =>
  clusterFault({
    name: `SIGKILL of the pod of node ${index + 1}`,
    done: 'all processes of its container die at once; kubelet starts it again',
    bars: ONE_NODE_LOST,
    inject: async (pair, note) => {
      const node = pair.nodes[index];
      const pod = await requirePod(pair, node);
      note.node = { ...node, address: pod.address };
      await note.faultWindow(() => killPod(pod));
      await startedAgain(pair, note, node, pod);
    },
  });

const killLoadBalancer: ClusterFault = clusterFault({
  name: 'SIGKILL of a load balancer’s pod',
  done: 'all its processes die at once; kubelet starts it again',
  bars: IN_FLIGHT,
  inject: async (pair, note) => {
    const [pod] = (await pair.pods()).filter(({ component }) => component === 'load-balancer');
    await untilNoticed(pair, note, pod?.machine as string, () => killPod(pod as Pod));
  },
});

const killBoth: ClusterFault = clusterFault({
  name: 'SIGKILL of a node and a load balancer on one machine',
  done: 'all processes of both die at once; kubelet starts them again',
  bars: IN_FLIGHT,
  inject: async (pair, note) => {
    const pods = await pair.pods();
    const balancers = pods.filter(({ component }) => component === 'load-balancer').map(({ machine }) => machine);
    const node = pair.nodes.find(({ name }) =>
      pods.some(({ component, machine }) => component === name && balancers.includes(machine)),
    ) as PairNode;
    const nodePod = await requirePod(pair, node);
    const machine = nodePod.machine as MachineName;
    const victims = await pair.podsOn(machine);
    note.remarks.push(`on ${machine}: ${victims.map(({ component }) => component).join(' and ')}`);
    await untilNoticed(pair, note, machine, async () => {
      await Promise.all(victims.map(killPod));
    });
    await startedAgain(pair, note, node, nodePod);
  },
});

/** A killed server answers no more at once, but the load balancers and kubelet have yet to see it. */
async function startedAgain(pair: ClusterPair, note: Notes, node: PairNode, before: Pod): Promise<void> {
  await note.backInRotation(node);
  const after = await requirePod(pair, node);
  note.expect(`the pod of ${node.name} is another one`, after.uid === before.uid);
  note.remarks.push(`in rotation after ${((performance.now() - note.from) / 1000).toFixed(0)} s`);
}

async function requirePod(pair: ClusterPair, node: PairNode): Promise<Pod> {
  const pod = await pair.podOf(node);
  if (pod === undefined) throw new Error(`${node.name} has no pod`);
  return pod;
}

export const podFaults = { killFirst: killNode(0), killSecond: killNode(1), killLoadBalancer, killBoth };
