import { addressesOf } from '../../catalogue/database-engines/jdbc-url';
import { isRetired, type Topology } from '../../topology/topology';
import { isObject } from '../plan/plan-json';
import type { PlannedStack } from '../plan/planned-stack';
import { type Action, isContainer, kindOf, nameOf } from '../plan/resource-change';
import { effectOf, type ReportedChange } from './changes';
import type { Drift } from './drift';

/** What users notice of the apply. */
export interface Availability {
  readonly level: 'unaffected' | 'rolling' | 'interruption' | 'end';
  /** One or more sentences, lower case, no full stop. */
  readonly text: string;
}

interface Input {
  readonly topology: Topology;
  readonly changes: readonly ReportedChange[];
  readonly drift: readonly Drift[];
  readonly stacks: readonly PlannedStack[];
  readonly destroy: boolean;
}

/** Judges a plan by what it does to the containers that serve: database, nodes and load balancer. */
export function availability(input: Input): Availability {
  const { topology, changes } = input;
  if (changes.length === 0) return { level: 'unaffected', text: 'nothing changes' };
  if (input.stacks.some(({ unknown }) => unknown !== undefined)) {
    return {
      level: 'unaffected',
      text: 'what serves today goes on: the state does not know it, so this plan is not applied',
    };
  }
  if (!wasCreated(input)) {
    const first =
      topology.platform.kind === 'kubernetes'
        ? 'first creation: nothing serves yet; the first node, which creates the administrator, comes up before the others'
        : 'first creation: nothing serves yet; the load balancer comes up beside the first node, which creates the administrator, and the other nodes side by side after that one';
    return { level: 'unaffected', text: input.destroy ? 'nothing serves today' : first };
  }

  const ending = changes.filter(({ name, action }) => action === 'destroy' && serving(topology).includes(name ?? ''));
  const gone = (name: string | undefined) => ending.some((change) => change.name === name);
  const nodes = topology.nodes.map(({ containerName }) => containerName);
  if (
    gone(topology.loadBalancer.containerName) ||
    nodes.every(gone) ||
    gone(topology.database.container?.containerName)
  ) {
    return { level: 'end', text: 'the service ends: what it needs is destroyed and not created again' };
  }

  const interruptions = interruptionsOf(input);
  if (interruptions.length > 0) return { level: 'interruption', text: `interruption: ${interruptions.join('; ')}` };

  // The apply begins with nodes that do not serve, and refuses to take away the only one that does.
  const stopped = input.drift.filter((entry) => entry.stopped).map(({ name }) => name);
  const serves = ({ name }: ReportedChange) => !stopped.includes(name);
  const replacedNodes = changesOfNodes(input, ['replace']);
  const rolled = [...replacedNodes.filter((change) => !serves(change)), ...replacedNodes.filter(serves)];
  const leaving = retiredNodes(input);
  const notes = [
    ...(rolled.length > 0
      ? [
          `rolling, no interruption expected: ${rolled.map(({ name }) => name).join(', then ')}, each taken out of rotation before it stops and healthy before the next one is touched`,
        ]
      : []),
    ...changesOfNodes(input, ['update']).map((change) =>
      isStarted(change) ? `${change.name} is started again` : `${change.name} is changed while it runs`,
    ),
    ...changesOfNodes(input, ['create']).map(({ name }) => `${name} is added`),
    ...leaving.map(
      ({ name }) =>
        `rolling, no interruption expected: ${name} is drained first, by the load balancer's new configuration, and destroyed after it`,
    ),
    ...(balancersRoll(input)
      ? ['the load balancers are replaced one after the other: a new one takes clients before an old one stops']
      : []),
    ...(changes.some(({ job, name }) => job && name === topology.jobs.loadBalancerConfiguration.name)
      ? ['the load balancer takes over its configuration by a reload, without closing a connection']
      : []),
  ];
  if (rolled.length + leaving.length > 0 || balancersRoll(input)) return { level: 'rolling', text: notes.join('; ') };
  return { level: 'unaffected', text: notes.length > 0 ? notes.join('; ') : 'no component that serves is touched' };
}

function serving({ database, nodes, loadBalancer }: Topology): string[] {
  return [
    database.container?.containerName,
    ...nodes.map(({ containerName }) => containerName),
    loadBalancer.containerName,
  ].filter((name) => name !== undefined);
}

/** Whether there has been a load balancer and a node. One that was removed by hand since then does not make this the first creation. */
function wasCreated({ topology, stacks, drift }: Input): boolean {
  const existing = stacks
    .flatMap(({ plan }) => plan.resource_changes ?? [])
    .flatMap((entry) =>
      isObject(entry.change.before) && isContainer({ type: entry.type, kind: kindOf(entry) }) ? [nameOf(entry)] : [],
    );
  const was = (name: string) => existing.includes(name) || drift.some((entry) => entry.name === name);
  return was(topology.loadBalancer.containerName) && topology.nodes.some(({ containerName }) => was(containerName));
}

function changesOfNodes({ topology, changes }: Input, actions: readonly string[]): ReportedChange[] {
  const nodes = topology.nodes.map(({ containerName }) => containerName);
  return changes.filter(
    (change) =>
      isContainer(change) &&
      change.name !== undefined &&
      nodes.includes(change.name) &&
      actions.includes(effectOf(change)),
  );
}

/** Nodes that the environment no longer has. */
function retiredNodes({ topology, changes }: Input): ReportedChange[] {
  return changes.filter(
    (change) => isRetired(topology, change.stack) && isContainer(change) && change.action === 'destroy',
  );
}

/** A load balancer in a cluster is several pods, of which a new one serves before an old one stops. */
function balancersRoll({ topology, changes }: Input): boolean {
  return changes.some((change) => change.name === topology.loadBalancer.containerName && change.newPods === true);
}

function isStarted({ attributes }: ReportedChange): boolean {
  return attributes.some(({ attribute, after }) => attribute === 'must_run' && after === 'true');
}

/** The public name before and after, where it changes. */
function publicNames({ topology, changes }: Input): { before: string; after: string } | undefined {
  const job = changes.find(({ name }) => name === topology.jobs.keystores.name);
  const variable = job?.variables.find((each) => each.variable === 'HOSTNAME_PUBLIC');
  return variable?.before && variable.after ? { before: variable.before, after: variable.after } : undefined;
}

function interruptionsOf(input: Input): string[] {
  const { topology, changes } = input;
  const server = (action: Action, name: string | undefined) =>
    changes.some((change) => isContainer(change) && change.name === name && change.action === action);
  const created = (name: string | undefined) => server('create', name);
  const interruptions: string[] = [];
  const { name: network } = topology.network;
  const database = topology.database.container?.containerName;
  const balancer = topology.loadBalancer.containerName;
  if (changes.some(({ type, name, action }) => type === 'docker_network' && name === network && action === 'replace')) {
    interruptions.push('the network is replaced, and every container with it, until all of them are healthy again');
  }
  if (
    database !== undefined &&
    changes.some((change) => isContainer(change) && change.name === database && effectOf(change) === 'replace')
  ) {
    interruptions.push(
      'the database is replaced; no request that needs it succeeds until the new one is healthy, a few seconds where it stops at once, at most a minute more',
    );
  }
  const { databaseContainer: retired } = topology.retired;
  if (server('destroy', retired)) {
    interruptions.push(
      `${retired} is destroyed before the nodes use the database server ${addressesOf(topology.database.servers, ' or ')}; nothing is served until the first of them has started with it`,
    );
  }
  const renamed = publicNames(input);
  if (renamed) {
    interruptions.push(
      `for clients of ${renamed.before}: it is served until the load balancer takes over its configuration, last, and ${renamed.after} from then on; pages of a node that is replaced lead to ${renamed.after} at once`,
    );
    const outside = !`.${renamed.after}`.endsWith(`.${renamed.before}`);
    if (topology.loadBalancer.certificate === 'issued' && outside) {
      const file = topology.localFiles.certificateFile.replace(/^(\.\.\/)+/, '');
      interruptions.push(
        `clients of ${renamed.after} that hold the environment's own authority to its names, such as curl and browsers, need the new ${file}, unless the authority has had the name or no bounds`,
      );
    }
  }
  if (server('replace', balancer)) {
    interruptions.push(
      topology.platform.kind === 'kubernetes'
        ? 'all load balancers are removed before new ones are there'
        : 'the load balancer is replaced; its port is closed for one or two seconds, and up to 30 s more while requests that are under way finish',
    );
  }
  const published = changes.find(({ kind, name }) => kind === 'Service' && name === balancer);
  if (published?.action === 'replace') {
    interruptions.push(
      'the Service that clients reach is replaced; nobody is served until the new one is there, and its address may be another',
    );
  }
  if (
    published?.action === 'update' &&
    published.attributes.some(({ attribute }) => /^spec\.(type|ports)\b/.test(attribute))
  ) {
    interruptions.push('for clients of the ports before: the Service that they reach gets others');
  }
  for (const name of [database, balancer].filter(created)) {
    interruptions.push(`${name} is missing; the apply ends that interruption`);
  }
  if (topology.nodes.every(({ containerName }) => created(containerName))) {
    interruptions.push('no node is there; the apply ends that interruption');
  }
  for (const name of [database, balancer]) {
    const change = changes.find((candidate) => candidate.name === name && candidate.action === 'update');
    if (change && isStarted(change)) interruptions.push(`${name} is stopped; the apply ends that interruption`);
  }

  const rolled = changesOfNodes(input, ['replace', 'destroy']);
  const together = rolled.find(({ stack }, index) => rolled.findIndex((other) => other.stack === stack) !== index);
  if (together) interruptions.push(`nodes are replaced in one stack, ${together.stack}, and so at the same time`);
  return interruptions;
}
