import { setTimeout } from 'node:timers/promises';
import { UserError } from '../setup/errors';
import { step } from '../setup/progress';
import { removeLocalFiles } from '../teardown';
import type { ClusterContext } from './cluster-context';

/** Kinds of everything that an environment has or makes, those that start others first. */
const KINDS = [
  ...['deployments', 'statefulsets', 'jobs', 'replicasets', 'pods', 'services', 'configmaps', 'secrets'],
  ...['persistentvolumeclaims', 'networkpolicies', 'poddisruptionbudgets', 'rolebindings', 'roles', 'serviceaccounts'],
].join(',');

/** As long as pods may take to stop, and their claims after them. */
const GONE_SECONDS = 300;
const SECONDS_BETWEEN_LOOKS = 2;

/** Removes what a state that was lost did not know, waits until nothing is left in the namespace, and removes the files on this machine. */
export async function sweepCluster(context: ClusterContext): Promise<void> {
  const { cluster, topology } = context;
  await step(`Remove what is left of ${topology.environment}`, async () => {
    await cluster.kubectl(['delete', KINDS, '--selector', cluster.selector, '--wait=false', '--ignore-not-found']);
    const deadline = Date.now() + GONE_SECONDS * 1000;
    for (let left = await leftOf(context); left.length > 0; left = await leftOf(context)) {
      if (Date.now() >= deadline) {
        throw new UserError(
          `${left.join(', ')} in the namespace ${cluster.platform.namespace} did not go within ${GONE_SECONDS / 60} minutes. A pod stays until its machine confirms that it has ended: "kubectl get nodes" says which machine does not answer. Then run this again.`,
        );
      }
      await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
    }
    removeLocalFiles(topology, context.stacks);
  });
}

async function leftOf({ cluster }: ClusterContext): Promise<string[]> {
  return (await cluster.list(KINDS)).map(({ kind, metadata: { name } }) => `${kind} ${name}`);
}
