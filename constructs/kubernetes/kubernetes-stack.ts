import type { Construct } from 'constructs';
import { LABEL_PREFIX } from '../../topology/names';
import type { Topology } from '../../topology/topology';
import { literal } from '../container-defaults';
import { LayerStack } from '../layer-stack';
import { platformOf } from './environment-chart';
import { KUBECTL_VERSION, KubectlManifest, KubectlProvider } from './kubectl-provider';
import { isWorkload, type LayerManifests, type Manifest } from './manifests';
import { digestOf } from './pod-defaults';

/** Kubernetes' own default, of a Deployment that names none. */
const PROGRESS_SECONDS = 600;
/** For what stops before, and for answers that take long. */
const SPARE_SECONDS = 120;

/** One layer of an environment in a cluster: its manifests as resources, each at the address that the manifest's path gives it. */
export class KubernetesStack extends LayerStack {
  constructor(scope: Construct, topology: Topology, { stack, manifests }: LayerManifests) {
    super(scope, stack);
    new KubectlProvider(this, 'kubectl', { context: platformOf(topology).context });
    this.addOverride('terraform.required_providers.kubectl.version', KUBECTL_VERSION);
    const marker = topology.volumes.protection.name;
    const kept = topology.protected ? keptNames(topology) : [];
    const place = (some: readonly Manifest[], dependsOn: KubectlManifest[]) =>
      some.map(
        ({ id, object }) =>
          new KubectlManifest(this, id, {
            // YAML as well, and what reads a plan needs no other reader.
            yaml: literal(JSON.stringify(withContentKey(object))),
            // Nothing of a Job can be changed.
            replaced: object.kind === 'Job',
            goesWithAll: isWorkload({ object }),
            rolloutSeconds: rolloutSeconds(object),
            ...(dependsOn.length > 0 && { dependsOn }),
            ...(isKept(object, kept) && { lifecycle: { preventDestroy: true } }),
          }),
      );
    const isMarker = ({ object }: Manifest) => object.metadata.name === marker;
    const things = place(
      manifests.filter((each) => !isWorkload(each) && !isMarker(each)),
      [],
    );
    // They begin when all else of their layer is there, and end before it goes.
    const workloads = place(manifests.filter(isWorkload), things);
    // Last: a first creation that fails has nothing to protect yet.
    place(manifests.filter(isMarker), [...things, ...workloads]);
  }
}

/** What is lost for good with its object, where the environment is protected. */
function keptNames({ volumes }: Topology): string[] {
  return Object.values(volumes).flatMap(({ name, loss }) => (loss === undefined ? [] : [name]));
}

function isKept({ kind, metadata: { name } }: Manifest['object'], kept: readonly string[]): boolean {
  return ['Secret', 'PersistentVolumeClaim'].includes(kind) && kept.includes(name);
}

/**
 * The object with a key that changes with its content. The provider compares what is in the cluster with what was there, key by key: an update
 * that the API server has not received would be taken for one that was made, as both have the same keys.
 */
function withContentKey(object: Manifest['object']): Manifest['object'] {
  const { metadata } = object;
  const key = `${LABEL_PREFIX}.content/${digestOf(object)}`;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: '' } } };
}

/** How long Terraform waits for a Deployment: longer than Kubernetes, whose reasons are better. */
function rolloutSeconds({ kind, spec }: Manifest['object']): number | undefined {
  if (kind !== 'Deployment' || spec === undefined) return undefined;
  const { replicas, progressDeadlineSeconds = PROGRESS_SECONDS, template } = spec;
  const { terminationGracePeriodSeconds = 0 } = template.spec;
  return replicas * (progressDeadlineSeconds + terminationGracePeriodSeconds) + SPARE_SECONDS;
}
