import type { ClusterFault } from '../cluster-fault';
import { canaries } from './canaries';
import { changeFaults } from './changes';
import { componentFaults } from './components';
import { failover } from './database';
import { machineFaults } from './machines';
import { podFaults } from './pods';

/** What is done to one pair on the cluster, in this order. Every fault starts from a healthy pair and leaves one. */
export const CLUSTER_FAULTS: readonly ClusterFault[] = [
  podFaults.killFirst,
  podFaults.killSecond,
  podFaults.killLoadBalancer,
  podFaults.killBoth,
  ...machineFaults.drains,
  changeFaults.configuration,
  changeFaults.image,
  changeFaults.nginx,
  changeFaults.certificates,
  ...machineFaults.powerLosses,
  ...machineFaults.isolations,
  componentFaults.controlPlane,
  componentFaults.kubelet,
  componentFaults.containerd,
  componentFaults.kubeProxy,
  componentFaults.names,
  failover,
  canaries,
];
