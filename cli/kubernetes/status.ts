import type { Topology } from '../../topology/topology';
import { clusterSays, EnvironmentCluster } from '../environment-cluster';
import { CommandError } from '../setup/process';
import type { Findings } from '../status/findings';
import { revocationStatus } from '../status/revocations';
import { nodeCertificates } from '../status/signing-certificates';
import { componentsOnCluster } from './components';
import { askClusterAsClient } from './published';
import { filesInSecrets } from './secrets';

/** How an environment on Kubernetes is. */
export async function lookAtCluster(topology: Topology): Promise<Findings> {
  const cluster = new EnvironmentCluster(topology);
  const [found, published, certificates, revocations, volumes] = await Promise.all([
    componentsOnCluster(topology, cluster).then(
      (components) => ({ components, problem: null }),
      (error) => ({ components: [], problem: clusterProblem(error, cluster) }),
    ),
    askClusterAsClient(topology, cluster),
    nodeCertificates(topology, cluster),
    revocationStatus(topology, cluster),
    filesInSecrets(topology, cluster),
  ]);
  return { ...found, published, certificates, revocations, volumes };
}

/** A client may still be served when the API server does not answer, so that is no reason to stop. */
function clusterProblem(error: unknown, { platform }: EnvironmentCluster): string {
  if (!(error instanceof CommandError)) throw error;
  const { context, namespace } = platform;
  return `the namespace ${namespace} of ${context} cannot be asked: ${clusterSays(error)}. Check the context (platform.context in the configuration) and the kubeconfig file, that the API server runs, and that you may read there.`;
}
