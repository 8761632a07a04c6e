import type { Topology } from '../topology/topology';
import { type AdministratorContext, askOnEngine } from './administrator';
import { EnvironmentCluster } from './environment-cluster';
import { EnvironmentEngine } from './environment-engine';
import { askOnCluster } from './kubernetes/administrator';
import { ClusterVolumes } from './kubernetes/volume-host';

/** What a change of the administrator's password works with, on the environment's platform. */
export function administratorContext(topology: Topology): AdministratorContext {
  if (topology.platform.kind === 'kubernetes') {
    const cluster = new EnvironmentCluster(topology);
    return { topology, host: new ClusterVolumes(topology, cluster), ask: askOnCluster(topology, cluster) };
  }
  const engine = new EnvironmentEngine(topology);
  return { topology, host: engine, ask: askOnEngine(topology, engine) };
}
