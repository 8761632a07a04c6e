import type { Topology } from '../topology/topology';
import { EnvironmentCluster } from './environment-cluster';
import { EnvironmentEngine } from './environment-engine';
import { onKubernetes } from './on-kubernetes';
import type { VolumeHost } from './volume-host';

/** Where an environment's volumes are. @throws UserError where that is a cluster which cannot be asked */
export function volumeHostOf(topology: Topology): Promise<VolumeHost> {
  return topology.platform.kind === 'kubernetes'
    ? onKubernetes().openVolumes(topology, new EnvironmentCluster(topology))
    : Promise.resolve(new EnvironmentEngine(topology));
}
