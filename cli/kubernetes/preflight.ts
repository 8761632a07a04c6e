import { manifestsOf } from '../../constructs/kubernetes/manifests';
import type { Foreseen } from '../../review/report/foreseen';
import type { Topology } from '../../topology/topology';
import type { EnvironmentCluster } from '../environment-cluster';
import { refuseErrors } from '../preflight/refusal';
import { CommandError } from '../setup/process';
import { step } from '../setup/progress';
import { clusterFindings } from './checks';
import { mayOnlyRead, readFacts } from './cluster-facts';
import { type NeededObject, needsOf } from './needs';
import { unreachable } from './reach';

/**
 * Says what can be known before anything is created in the cluster: that it cannot be reached, that the namespace is missing or somebody
 * else's, that a right, a storage class, room in a quota or a port is missing. Changes nothing.
 *
 * @param command what to type when the cause is gone
 * @throws UserError where the environment could not come up
 */
export async function preflightOnCluster(
  topology: Topology,
  cluster: EnvironmentCluster,
  command: string,
): Promise<void> {
  await step('Look around in the cluster', async () =>
    refuseErrors(topology, await foreseenOnCluster(topology, cluster), command),
  );
}

/**
 * The same for a plan, which is made all the same where the cluster answers.
 *
 * @param byReader whether an account may make it that can change nothing. @default false
 */
export async function foreseenOnCluster(
  topology: Topology,
  cluster: EnvironmentCluster,
  byReader = false,
): Promise<Foreseen[]> {
  const closed = await unreachable(cluster);
  if (closed !== undefined) return [closed];
  const needs = needsOf(manifestsOf(topology));
  const facts = await readFacts(cluster, needs);
  const isReader = byReader && mayOnlyRead(needs, facts);
  const found = clusterFindings(topology, needs, isReader ? { ...facts, refused: [] } : facts);
  if (facts.existing === undefined || found.some(({ severity }) => severity === 'error')) return found;
  // Who may only pass on rights that they have is asked for the role that is bound, which is not there yet either.
  const missing = needs.objects.filter(
    ({ kind, reference }) => kind !== 'RoleBinding' && !facts.existing?.has(reference),
  );
  if (missing.length === 0) return found;
  return [...found, ...(isReader ? [readOnly(cluster)] : await refusedByCluster(cluster, missing))];
}

/** A trial needs the rights of the real thing. */
function readOnly({ platform: { namespace } }: EnvironmentCluster): Foreseen {
  return {
    severity: 'note',
    key: 'platform.context',
    message: `whoever made this plan may only read in the namespace ${namespace}; what the cluster itself would refuse of what is new is looked at when it is applied, before anything changes`,
  };
}

/** What the API server and whoever it asks would not accept of what is still to be created. */
async function refusedByCluster(cluster: EnvironmentCluster, objects: readonly NeededObject[]): Promise<Foreseen[]> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.map(({ object }) => object) });
  try {
    await cluster.kubectl(['create', '--dry-run=server', '--filename', '-', '--output', 'name'], { input });
    return [];
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode === undefined) throw error;
    return error.lastLines
      .filter((line) => line.trim() !== '' && !line.startsWith('Warning:'))
      .map((line) => ({
        severity: 'error',
        key: 'platform.namespace',
        message: `the cluster would refuse it: ${line.trim().replace(/\.$/, '')}`,
      }));
  }
}
