import { parseQuantity, quantityText } from '../../review/plan/quantity';
import type { Foreseen } from '../../review/report/foreseen';
import { LABEL_PREFIX } from '../../topology/names';
import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import type { ClusterFacts, Machine } from './cluster-facts';
import { countsOf, type Needs, podAmounts, sum } from './needs';
import { storageFindings } from './storage-checks';

/** What stands in the way of the environment in its cluster, or may. Where the namespace is not its own, nothing else is said. */
export function clusterFindings(topology: Topology, needs: Needs, facts: ClusterFacts): Foreseen[] {
  const platform = topology.platform as KubernetesPlatform;
  const ofNamespace = namespaceFindings(topology, platform, facts);
  if (ofNamespace.length > 0) return ofNamespace;
  return [
    ...rightsFindings(platform, facts),
    ...nameFindings(topology, platform, needs, facts),
    ...storageFindings(platform, needs, facts),
    ...quotaFindings(platform, needs, facts),
    ...limitFindings(platform, needs, facts),
    ...portFindings(topology, platform, facts),
    ...machineFindings(topology, platform, facts),
  ];
}

const OWNER_LABEL = `${LABEL_PREFIX}.environment`;

function namespaceFindings(
  { environment }: Topology,
  { namespace: name, context }: KubernetesPlatform,
  { namespace, foreign = [], existing }: ClusterFacts,
): Foreseen[] {
  const error = (message: string): Foreseen[] => [{ severity: 'error', key: 'platform.namespace', message }];
  if (name.startsWith('kube-')) return error(`${name} is the cluster's own; choose another namespace`);
  if (namespace === 'missing') {
    return error(
      `there is no namespace ${name} in the cluster of the context ${context}; have it made by whoever runs the cluster: kubectl --context ${context} create namespace ${name}`,
    );
  }
  if (namespace?.metadata.deletionTimestamp !== undefined) {
    return error(
      `${name} is being deleted, and nothing can be created in it; wait until it is gone, then have it made`,
    );
  }
  const owner = namespace?.metadata.labels?.[OWNER_LABEL];
  if (owner !== undefined && owner !== environment) {
    return error(`${name} is of the environment ${owner}, as its label ${OWNER_LABEL} says; choose another namespace`);
  }
  const isOurs = owner === environment || [...(existing?.values() ?? [])].includes(environment);
  if (isOurs || foreign.length === 0) return [];
  return error(
    `${name} is somebody else's: it has ${listed(foreign)}; choose another namespace, or, where this one is meant, say so: kubectl --context ${context} label namespace ${name} ${OWNER_LABEL}=${environment}`,
  );
}

function rightsFindings({ namespace, context }: KubernetesPlatform, { refused = [] }: ClusterFacts): Foreseen[] {
  if (refused.length === 0) return [];
  return [
    {
      severity: 'error',
      key: 'platform.context',
      message: `the user of the context ${context} may not ${byVerb(refused)} in the namespace ${namespace}; ask whoever runs the cluster for a role that may`,
    },
  ];
}

/** Rights such as "create secrets", those of a verb together. */
function byVerb(rights: readonly string[]): string {
  const words = rights.map((right) => right.split(' ') as [string, string]);
  const verbs = [...new Set(words.map(([verb]) => verb))];
  return verbs
    .map((verb) => `${verb} ${words.flatMap(([each, resource]) => (each === verb ? [resource] : [])).join(', ')}`)
    .join('; ');
}

/** Server-side apply would take over what has the same name. */
function nameFindings(
  { environment }: Topology,
  { namespace }: KubernetesPlatform,
  { objects }: Needs,
  { existing = new Map() }: ClusterFacts,
): Foreseen[] {
  const taken = objects
    .map(({ reference }) => reference)
    .filter((each) => existing.has(each) && existing.get(each) !== environment);
  if (taken.length === 0) return [];
  return [
    {
      severity: 'error',
      key: 'platform.namespace',
      message: `${namespace} has ${listed(taken)}, which ${taken.length === 1 ? 'is' : 'are'} not of this environment and would be overwritten; remove ${taken.length === 1 ? 'it' : 'them'}, or choose another namespace`,
    },
  ];
}

/** What runs already counts as used, and is counted once. */
function quotaFindings(
  { namespace }: KubernetesPlatform,
  { amounts, objects, containers }: Needs,
  { quotas = [], limits = [], pods = [], existing = new Map() }: ClusterFacts,
): Foreseen[] {
  const there = objects.filter(({ reference }) => existing.has(reference));
  const own = withShortNames(sum([countsOf(there), ...pods.map(({ spec }) => podAmounts(spec))]));
  const needed = withShortNames(amounts);
  const defaults = limits.flatMap(({ spec }) => spec.limits).filter(({ type }) => type === 'Container');
  return quotas
    .filter(({ spec }) => spec.scopes === undefined && spec.scopeSelector === undefined)
    .flatMap(({ metadata, status = {} }): Foreseen[] => {
      const hard = Object.entries(status.hard ?? {});
      const lacking = hard.flatMap(([resource, text]) => {
        const used = parseQuantity(status.used?.[resource] ?? '0');
        const left = Math.max(0, parseQuantity(text) - used + (own[resource] ?? 0));
        const wanted = needed[resource] ?? 0;
        return wanted <= left
          ? []
          : [`${resource}: ${quantityText(resource, wanted)} needed, ${quantityText(resource, left)} left`];
      });
      const unsaid = hard.flatMap(([resource]) => {
        const [which, name] = resource.split('.');
        if ((which !== 'limits' && which !== 'requests') || (name !== 'cpu' && name !== 'memory')) return [];
        const given = defaults.some((range) => (range.default?.[name] ?? range.max?.[name]) !== undefined);
        const without = containers.filter((container) => container.resources?.[which]?.[name] === undefined);
        return given || without.length === 0 ? [] : [resource];
      });
      const messages = [
        ...(lacking.length > 0
          ? [`the quota ${metadata.name} of ${namespace} is too small: ${lacking.join('; ')}; ask for more`]
          : []),
        ...(unsaid.length > 0
          ? [
              `the quota ${metadata.name} of ${namespace} counts ${unsaid.join(' and ')}, which the pods do not set, so the cluster would refuse them; ask for a LimitRange with a default, or for a quota without`,
            ]
          : []),
      ];
      return messages.map((message) => ({ severity: 'error', key: 'platform.namespace', message }));
    });
}

/** Quotas may name requests without saying so. */
function withShortNames(amounts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const short = (['cpu', 'memory'] as const).flatMap((name) => {
    const amount = amounts[`requests.${name}`];
    return amount === undefined ? [] : [[name, amount] as const];
  });
  return { ...amounts, ...Object.fromEntries(short) };
}

function limitFindings(
  { namespace }: KubernetesPlatform,
  { containers }: Needs,
  { limits = [] }: ClusterFacts,
): Foreseen[] {
  const found = limits.flatMap(({ metadata, spec }) =>
    spec.limits
      .filter(({ type }) => type === 'Container')
      .flatMap(({ max = {} }) =>
        Object.entries(max).flatMap(([resource, most]) =>
          containers.flatMap(({ pod, resources }) => {
            const limit = resources?.limits?.[resource];
            return limit === undefined || parseQuantity(limit) <= parseQuantity(most)
              ? []
              : [`${pod} takes ${limit} of ${resource}, and the limit range ${metadata.name} allows ${most}`];
          }),
        ),
      ),
  );
  return [...new Set(found)].map((text) => ({
    severity: 'error',
    key: 'platform.namespace',
    message: `${text} in ${namespace}; ask for more, or make it smaller`,
  }));
}

function portFindings(
  { loadBalancer }: Topology,
  { publish, namespace }: KubernetesPlatform,
  { machinePorts = [] }: ClusterFacts,
): Foreseen[] {
  if (publish !== 'node-port') return [];
  const ports = { http_port: loadBalancer.httpPort, https_port: loadBalancer.httpsPort };
  return Object.entries(ports).flatMap(([key, port]): Foreseen[] => {
    const taken = machinePorts.find(
      (each) => each.port === port && !(each.namespace === namespace && each.service === loadBalancer.containerName),
    );
    return taken === undefined
      ? []
      : [
          {
            severity: 'error',
            key: `load_balancer.${key}`,
            message: `port ${port} of the cluster's machines is taken by the Service ${taken.service} in the namespace ${taken.namespace}; choose another`,
          },
        ];
  });
}

/** Nodes and load balancers are spread over the machines that there are. */
function machineFindings(
  { nodes }: Topology,
  { tolerations }: KubernetesPlatform,
  { machines }: ClusterFacts,
): Foreseen[] {
  if (machines === undefined) return [];
  const usable = machines.filter((machine) => takesPods(machine, tolerations));
  if (usable.length < 2) {
    const which =
      usable.length === 0 ? 'no machine of the cluster takes' : `only the machine ${usable[0]?.metadata.name} takes`;
    return [
      {
        severity: usable.length === 0 ? 'error' : 'warning',
        key: 'platform.tolerations',
        message: `${which} the pods${usable.length === 0 ? '' : ': with it everything is gone'}; add machines, or the tolerations for those that there are`,
      },
    ];
  }
  const memory = Math.max(...usable.map(({ status }) => parseQuantity(status.allocatable?.memory ?? '0')));
  const wanted = Math.max(...nodes.map(({ memoryMb }) => memoryMb)) * 2 ** 20;
  if (wanted <= memory) return [];
  return [
    {
      severity: 'error',
      key: 'identity_server.memory_mb',
      message: `a node takes ${quantityText('memory', wanted)}, and no machine has more than ${quantityText('memory', memory)} for pods`,
    },
  ];
}

function takesPods(
  { spec: { unschedulable, taints = [] } }: Machine,
  tolerations: KubernetesPlatform['tolerations'],
): boolean {
  const tolerated = (taint: (typeof taints)[number]) =>
    tolerations.some(
      ({ key, value, effect }) =>
        key === taint.key &&
        (value === undefined || value === (taint.value ?? '')) &&
        (effect === undefined || effect === taint.effect),
    );
  return unschedulable !== true && taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerated(taint));
}

const LONGEST_LIST = 5;

function listed(all: readonly string[]): string {
  const shown = all.slice(0, LONGEST_LIST).join(', ');
  return all.length > LONGEST_LIST ? `${shown} and ${all.length - LONGEST_LIST} more` : shown;
}
