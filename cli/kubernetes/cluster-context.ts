import { type LayerManifests, manifestsOf } from '../../constructs/kubernetes/manifests';
import { synthesize } from '../../constructs/synthesize';
import type { Topology } from '../../topology/topology';
import { EnvironmentCluster } from '../environment-cluster';
import { committedLock } from '../lock-file';
import { remainingStacks } from '../retired-stacks';
import { requireRoom, requireWholeStates } from '../room';
import { print } from '../setup/progress';
import { ensureProviders, KUBERNETES_PROVIDERS } from '../setup/providers';
import { ensureTerraform, terraformVariables } from '../setup/terraform';
import { OUTPUT_DIRECTORY, TerraformStackRunner } from '../terraform';
import { kubeconfigVariables } from './kubeconfig';
import { requireReachable } from './reachable';

/** What a command works on: one environment in its cluster, and its stacks in the order of their layers, retired ones last. */
export interface ClusterContext {
  readonly topology: Topology;
  readonly cluster: EnvironmentCluster;
  readonly stacks: readonly TerraformStackRunner[];
  /** What each layer is made of; a retired stack is made of nothing. */
  readonly layers: readonly LayerManifests[];
  /** Environment variables with which Terraform finds its provider, and that the cluster. */
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * Sets up what is missing and generates the Terraform configuration of an environment on Kubernetes. No Docker Engine is needed.
 *
 * @param retiredStacks names of the retired stacks to work on as well. @default - those that are still there
 */
export async function openCluster(topology: Topology, retiredStacks?: readonly string[]): Promise<ClusterContext> {
  requireRoom(topology);
  requireWholeStates(topology);
  const cluster = new EnvironmentCluster(topology);
  const terraform = await ensureTerraform();
  const variables = {
    ...(await ensureProviders(terraform, KUBERNETES_PROVIDERS)),
    ...terraformVariables(terraform),
    ...(await kubeconfigVariables(cluster.platform.context)),
  };
  const retired = retiredStacks ?? (await remainingStacks(topology, { names: () => deploymentsOf(cluster) }));
  synthesize([topology], OUTPUT_DIRECTORY, retired);
  const lock = committedLock(terraform, variables, print);
  const stacks = [...topology.stacks, ...topology.retired.stacks.filter(({ name }) => retired.includes(name))];
  return {
    topology,
    cluster,
    stacks: stacks.map((stack) => new TerraformStackRunner(stack, terraform.binary, variables, lock)),
    layers: manifestsOf(topology),
    variables,
  };
}

async function deploymentsOf(cluster: EnvironmentCluster): Promise<string[]> {
  // The first question of a command whose state is remote.
  await requireReachable(cluster);
  return (await cluster.list('deployments')).map(({ metadata: { name } }) => name);
}
