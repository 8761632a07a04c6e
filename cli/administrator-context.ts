import type { Topology } from '../topology/topology';
import { type AdministratorContext, askOnEngine } from './administrator';
import { EnvironmentCluster } from './environment-cluster';
import { EnvironmentEngine } from './environment-engine';
import { onKubernetes } from './on-kubernetes';

/** What a change of the administrator's password works with, on the environment's platform. */
export async function administratorContext(topology: Topology): Promise<AdministratorContext> {
  if (topology.platform.kind === 'kubernetes') {
    const { openVolumes, askOnCluster } = onKubernetes();
    const cluster = new EnvironmentCluster(topology);
    return { topology, host: await openVolumes(topology, cluster), ask: askOnCluster(topology, cluster) };
  }
  const engine = new EnvironmentEngine(topology);
  return { topology, host: engine, ask: askOnEngine(topology, engine) };
}
