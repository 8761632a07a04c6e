import { ApiObject, App, type Chart, Yaml } from 'cdk8s';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { FoundationChart } from './foundation-chart';
import { LoadBalancerChart } from './load-balancer-chart';
import { NodeChart } from './node-chart';

const LAYERS = { foundation: FoundationChart, node: NodeChart, 'load-balancer': LoadBalancerChart } satisfies Record<
  StackTopology['layer'],
  unknown
>;

/** By this Argo CD applies one layer after the other, and each when the one before is healthy. */
const WAVE = 'argocd.argoproj.io/sync-wave';

/** An object of a cluster, as it is sent to the API server. */
export interface Manifest {
  /** Its path in the layer, by which Terraform knows it. */
  readonly id: string;
  readonly object: ManifestObject;
}

/** What of it is read here. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly replicas: number;
    readonly progressDeadlineSeconds?: number;
    readonly template: { readonly spec: { readonly terminationGracePeriodSeconds?: number } };
  };
}

/** One layer of an environment. */
export interface LayerManifests {
  readonly stack: StackTopology;
  readonly manifests: readonly Manifest[];
}

/** Everything that an environment is made of in its cluster, in the order in which the layers are applied. */
export function manifestsOf(topology: Topology): LayerManifests[] {
  const app = new App();
  return topology.stacks.map((stack, index) => {
    const chart: Chart = new LAYERS[stack.layer](app, stack, topology);
    const manifests = chart.node
      .findAll()
      .filter(ApiObject.isApiObject)
      .map((each) => {
        each.metadata.addAnnotation(WAVE, String(index));
        return { id: idOf(each.node.path, stack.name), object: each.toJson() };
      });
    return { stack, manifests };
  });
}

/** Whether it starts pods. */
export function isWorkload({ object: { kind } }: Pick<Manifest, 'object'>): boolean {
  return ['Deployment', 'StatefulSet', 'Job'].includes(kind);
}

/** A layer as a file for kubectl, Argo CD or Flux. */
export function manifestFile({ manifests }: LayerManifests): string {
  return Yaml.stringify(...manifests.map(({ object }) => object));
}

function idOf(path: string, stack: string): string {
  return path
    .slice(stack.length + 1)
    .split('/')
    .filter((part) => part !== 'Default')
    .join('-');
}
