import type { Topology } from '../topology/topology';
import { EnvironmentCluster } from './environment-cluster';
import { EnvironmentEngine } from './environment-engine';
import { ClusterVolumes } from './kubernetes/volume-host';
import type { VolumeHost } from './volume-host';

/** Where an environment's volumes are. */
export function volumeHostOf(topology: Topology): VolumeHost {
  return topology.platform.kind === 'kubernetes'
    ? new ClusterVolumes(topology, new EnvironmentCluster(topology))
    : new EnvironmentEngine(topology);
}
