import type { LayerManifests } from '../../constructs/kubernetes/manifests';
import { parseQuantity } from '../../review/plan/quantity';

/** Amounts by the name that a quota gives them, such as requests.memory or count/jobs.batch. */
export type Amounts = Readonly<Record<string, number>>;

/** What is read of a container. */
export interface ContainerSpec {
  readonly name: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

/** What is read of a pod. */
export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
}

/** An object that the environment is to have. */
export interface NeededObject {
  readonly kind: string;
  readonly name: string;
  /** As rights name it, such as deployments.apps. */
  readonly resource: string;
  /** As kubectl names it, such as deployment.apps/bank-node-1. */
  readonly reference: string;
  /** The whole object, as it is sent. */
  readonly object: object;
}

/** What an environment asks of its namespace. */
export interface Needs {
  readonly objects: readonly NeededObject[];
  /** At most, while something is replaced beside all that runs. */
  readonly amounts: Amounts;
  /** Containers of every pod, also of those that end. */
  readonly containers: readonly (ContainerSpec & { readonly pod: string })[];
}

interface RawObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly type?: string;
    readonly ports?: readonly unknown[];
    readonly strategy?: { readonly type?: string };
    readonly resources?: ContainerSpec['resources'];
    readonly template?: { readonly spec: PodSpec };
  };
}

/** What these manifests ask of a namespace. */
export function needsOf(layers: readonly LayerManifests[]): Needs {
  const all = layers.flatMap(({ manifests }) => manifests.map(({ object }) => object as RawObject));
  const pods = all.flatMap(({ kind, metadata, spec }) =>
    spec?.template ? [{ kind, name: metadata.name, spec: spec.template.spec, ...placing(spec) }] : [],
  );
  const running = pods.filter(({ kind }) => kind !== 'Job');
  // Beside all that runs: the second pod of what is replaced, or a job.
  const beside = pods.filter(({ kind, surges }) => kind === 'Job' || surges).map(({ spec }) => podAmounts(spec));
  return {
    objects: all.map(neededObject),
    amounts: sum([
      ...running.map(({ spec, replicas }) => times(podAmounts(spec), replicas)),
      most(beside),
      ...all.map(objectAmounts),
    ]),
    containers: pods.flatMap(({ name, spec }) =>
      [...(spec.initContainers ?? []), ...spec.containers].map((container) => ({ ...container, pod: name })),
    ),
  };
}

function placing({ replicas = 1, strategy }: NonNullable<RawObject['spec']>) {
  return { replicas, surges: strategy?.type === 'RollingUpdate' };
}

function neededObject(object: RawObject): NeededObject {
  const { apiVersion, kind, metadata } = object;
  const singular = kind.toLowerCase();
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return {
    kind,
    name: metadata.name,
    resource: `${singular.replace(/y$/, 'ie')}s${group}`,
    reference: `${singular}${group}/${metadata.name}`,
    object,
  };
}

/** What a pod takes: its containers together, or one that runs before them, whichever is more. */
export function podAmounts({ containers, initContainers = [] }: PodSpec): Amounts {
  const of = ({ resources = {} }: ContainerSpec): Amounts =>
    Object.fromEntries(
      (['requests', 'limits'] as const).flatMap((which) =>
        Object.entries(resources[which] ?? {}).map(([name, text]) => [`${which}.${name}`, parseQuantity(text)]),
      ),
    );
  const amounts = most([sum(containers.map(of)), ...initContainers.map(of)]);
  return { ...amounts, pods: 1 };
}

function objectAmounts(object: RawObject): Amounts {
  const { kind, spec = {} } = object;
  const { resource } = neededObject(object);
  const counted: Amounts = { [`count/${resource}`]: 1 };
  switch (kind) {
    case 'PersistentVolumeClaim':
      return {
        ...counted,
        persistentvolumeclaims: 1,
        'requests.storage': parseQuantity(spec.resources?.requests?.storage ?? '0'),
      };
    case 'Service':
      return {
        ...counted,
        services: 1,
        ...(spec.type === 'LoadBalancer' && { 'services.loadbalancers': 1 }),
        // A cloud's load balancer leads to such ports, too.
        ...(spec.type !== undefined && spec.type !== 'ClusterIP' && { 'services.nodeports': spec.ports?.length ?? 0 }),
      };
    case 'Secret':
    case 'ConfigMap':
      return { ...counted, [resource]: 1 };
    default:
      return counted;
  }
}

/** What the objects that are there already count for. */
export function countsOf(objects: readonly NeededObject[]): Amounts {
  return sum(objects.map(({ object }) => objectAmounts(object as RawObject)));
}

export function sum(all: readonly Amounts[]): Amounts {
  return combined(all, (one, other) => one + other);
}

function most(all: readonly Amounts[]): Amounts {
  return combined(all, Math.max);
}

function times(amounts: Amounts, factor: number): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * factor]));
}

function combined(all: readonly Amounts[], by: (one: number, other: number) => number): Amounts {
  const result: Record<string, number> = {};
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) result[name] = by(result[name] ?? 0, amount);
  }
  return result;
}
