import type { App } from 'cdktf';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { KubernetesStack } from './kubernetes-stack';
import { manifestsOf } from './manifests';

/** The layers of an environment in a cluster, in the order in which they are applied. */
export function kubernetesStacks(app: App, topology: Topology): KubernetesStack[] {
  return manifestsOf(topology).map((layer) => new KubernetesStack(app, topology, layer));
}

/** A stack without any resource, so that Terraform destroys what it has. */
export function emptyKubernetesStack(app: App, topology: Topology, stack: StackTopology): KubernetesStack {
  return new KubernetesStack(app, topology, { stack, manifests: [] });
}
