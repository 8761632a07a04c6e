import { LABEL_PREFIX } from '../../topology/names';
import type { ClusterObject, EnvironmentCluster } from '../environment-cluster';
import { CommandError } from '../setup/process';
import type { Needs, PodSpec } from './needs';

/**
 * What is known of the cluster before anything is created. A part is undefined where whoever asks may not see it: who owns a namespace alone
 * may not list what is the cluster's.
 */
export interface ClusterFacts {
  readonly namespace: ClusterObject | 'missing' | undefined;
  /** Workloads in the namespace that no environment of this project has, as kubectl names them. */
  readonly foreign: readonly string[] | undefined;
  /** References of the needed objects that are there, with the environment that each is labelled with; empty where it has none. */
  readonly existing: ReadonlyMap<string, string> | undefined;
  /** The environment's own pods that have not ended. */
  readonly pods: readonly Pod[] | undefined;
  /** What may not be done, such as "create deployments.apps". */
  readonly refused: readonly string[] | undefined;
  readonly quotas: readonly Quota[] | undefined;
  readonly limits: readonly LimitRange[] | undefined;
  readonly storageClasses: readonly StorageClass[] | undefined;
  readonly machines: readonly Machine[] | undefined;
  /** Services of the whole cluster that have a port of every machine. */
  readonly machinePorts: readonly MachinePort[] | undefined;
}

export interface Pod extends ClusterObject {
  readonly spec: PodSpec;
}

export interface Quota extends ClusterObject {
  readonly spec: { readonly scopes?: readonly string[]; readonly scopeSelector?: object };
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}

export interface LimitRange extends ClusterObject {
  readonly spec: {
    readonly limits: readonly {
      readonly type: string;
      readonly max?: Readonly<Record<string, string>>;
      readonly default?: Readonly<Record<string, string>>;
    }[];
  };
}

export interface StorageClass extends ClusterObject {
  readonly provisioner: string;
}

export interface Machine extends ClusterObject {
  readonly spec: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
  readonly status: { readonly allocatable?: Readonly<Record<string, string>> };
}

export interface MachinePort {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

interface Service extends ClusterObject {
  readonly spec: { readonly ports?: readonly { readonly nodePort?: number }[] };
}

/** How Terraform changes every object of the environment. */
const CHANGES = ['create', 'patch', 'delete'];
/** What commands read beside the objects, to say why something does not come up. */
const READS = ['list pods', 'get pods/log', 'list events'];

/** Asks the cluster; changes nothing. */
export async function readFacts(cluster: EnvironmentCluster, { objects }: Needs): Promise<ClusterFacts> {
  const { namespace: name } = cluster.platform;
  const list = <T>(kind: string, ...selecting: string[]) =>
    seen(async () => itemsOf<T>(await cluster.kubectl(['get', kind, ...selecting, '--output', 'json'])));
  const [namespace, foreign, existing, pods, refused, quotas, limits, storageClasses, machines, services] =
    await Promise.all([
      seen(async () => (await cluster.find('namespace', name)) ?? ('missing' as const)),
      seen(() => foreignWorkloads(cluster)),
      seen(() => existingObjects(cluster, objects)),
      list<Pod>(
        'pods',
        `--selector=${cluster.selector}`,
        '--field-selector=status.phase!=Succeeded,status.phase!=Failed',
      ),
      refusedRights(cluster, objects),
      list<Quota>('resourcequotas'),
      list<LimitRange>('limitranges'),
      list<StorageClass>('storageclasses'),
      list<Machine>('nodes'),
      list<Service>('services', '--all-namespaces'),
    ]);
  return {
    namespace,
    foreign,
    existing,
    pods,
    refused,
    quotas,
    limits,
    storageClasses,
    machines,
    machinePorts: services?.flatMap(({ metadata, spec }) =>
      (spec.ports ?? []).flatMap(({ nodePort }) =>
        nodePort === undefined ? [] : [{ namespace: metadata.namespace ?? '', service: metadata.name, port: nodePort }],
      ),
    ),
  };
}

/** undefined where it may not be seen. */
async function seen<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CommandError && error.lastLines.some((line) => line.includes('(Forbidden)'))) return undefined;
    throw error;
  }
}

function itemsOf<T>(text: string): T[] {
  return (JSON.parse(text) as { items: T[] }).items;
}

async function foreignWorkloads(cluster: EnvironmentCluster): Promise<string[]> {
  const ofNobody = `!${LABEL_PREFIX}.environment`;
  const kinds = 'deployments,statefulsets,daemonsets';
  const listed = await cluster.kubectl(['get', kinds, '--selector', ofNobody, '--output', 'name']);
  return listed.split('\n').filter((line) => line !== '');
}

/** As a table, since that has no content: what is in a Secret is not fetched. */
async function existingObjects(
  cluster: EnvironmentCluster,
  objects: Needs['objects'],
): Promise<ReadonlyMap<string, string>> {
  const references = objects.map(({ reference }) => reference);
  const table = ['--ignore-not-found', '--no-headers', '--show-kind', '--show-labels'];
  return existingIn(await cluster.kubectl(['get', ...references, ...table]));
}

/** Lines such as "deployment.apps/bank-node-1  1/1  1  1  5m  a=b,wso2-is-active-active.environment=bank". */
export function existingIn(table: string): Map<string, string> {
  const lines = table.split('\n').filter((line) => line.trim() !== '');
  return new Map(
    lines.map((line) => {
      const words = line.trim().split(/\s+/);
      const label = (words.at(-1) as string).split(',').find((each) => each.startsWith(`${LABEL_PREFIX}.environment=`));
      return [words[0] as string, label?.split('=')[1] ?? ''];
    }),
  );
}

/** Whether nothing of the environment may be changed, as of an account that only plans. */
export function mayOnlyRead(
  { objects }: Pick<Needs, 'objects'>,
  { refused = [] }: Pick<ClusterFacts, 'refused'>,
): boolean {
  return objects.every(({ resource }) => CHANGES.every((verb) => refused.includes(`${verb} ${resource}`)));
}

/** One question for all: a review of rights is made for the answer and not kept. */
async function refusedRights(
  cluster: EnvironmentCluster,
  objects: Needs['objects'],
): Promise<readonly string[] | undefined> {
  const resources = [...new Set(objects.map(({ resource }) => resource))];
  const verbs = ['get', ...CHANGES];
  const rights = [...resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)), ...READS];
  const answers = await seen(() =>
    cluster.kubectl(['create', '--filename', '-', '--output', 'jsonpath={.status.allowed}{"\\n"}'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: rights.map((right) => accessReview(right, cluster.platform.namespace)),
      }),
    }),
  );
  if (answers === undefined) return undefined;
  const allowed = answers.trim().split('\n');
  return rights.filter((_, index) => allowed[index] !== 'true');
}

function accessReview(right: string, namespace: string): object {
  const [verb, whole = ''] = right.split(' ');
  const [path = '', ...group] = whole.split('.');
  const [resource, subresource] = path.split('/');
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: { namespace, verb, group: group.join('.'), resource, ...(subresource && { subresource }) },
    },
  };
}
