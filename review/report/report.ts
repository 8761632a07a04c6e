import { createHash } from 'node:crypto';
import type { Topology } from '../../topology/topology';
import { type Change, renderChanges } from '../diagram';
import {
  type AttributeDifference,
  COMPUTED,
  differences,
  show,
  UNKNOWN,
  type VariableDifference,
} from '../plan/differences';
import type { Json, Plan, ResourceChange } from '../plan/plan-json';
import { HIDDEN, redactPlan, scrubber } from '../plan/redact';
import { unifiedDiff } from '../plan/unified-diff';
import type { Finding, Suppressed } from '../policy/policy';
import { checkPolicy } from '../policy/policy';
import { type Availability, availability } from './availability';
import { type Danger, dangers } from './danger';

/** The parts of a stack's `cdk.tf.json` that a report needs. */
export interface StackConfiguration {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, ConfiguredResource>>>>;
}

export interface ConfiguredResource {
  readonly '//'?: { readonly metadata?: { readonly path?: string } };
  readonly lifecycle?: { readonly prevent_destroy?: boolean };
}

/** One stack with its saved plan. */
export interface PlannedStack {
  readonly name: string;
  readonly plan: Plan;
  readonly configuration: StackConfiguration;
  /** The plan as Terraform shows it to people. */
  readonly text: string;
  /** SHA-256 of the saved plan, hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of the generated configuration that was planned, hexadecimal. */
  readonly configurationSha256: string;
  /** Why Terraform refused to plan this to the end. @default - it did not */
  readonly refusal?: string;
}

export type Action = 'create' | 'update' | 'replace' | 'destroy' | 'forget';

/** One resource that changes. */
export interface ReportedChange {
  readonly stack: string;
  /** Terraform address. */
  readonly address: string;
  /** Path of the construct that declares it; without one it is no longer declared. */
  readonly path?: string;
  readonly type: string;
  /** Name on the engine, for containers, networks and volumes. */
  readonly name?: string;
  readonly action: Action;
  /** Whether it is a container that does one thing and ends: replacing it means running it again. */
  readonly job: boolean;
  /** Why, in words. */
  readonly reason: string;
  readonly attributes: readonly AttributeDifference[];
  readonly variables: readonly VariableDifference[];
}

/** Something that is no longer as Terraform left it. */
export interface Drift {
  readonly stack: string;
  readonly address: string;
  readonly path?: string;
  readonly name?: string;
  /** What was found, in words. */
  readonly found: string;
  readonly stopped: boolean;
}

/** A generated file that changes in the same way in these containers. */
export interface FileDiff {
  readonly file: string;
  /** Construct paths of the containers. */
  readonly containers: readonly string[];
  /** Hunks of a unified diff. */
  readonly diff: string;
}

/** Every change is counted once by its action; of the replacements, servers and jobs are counted once more. */
export interface Counts extends Readonly<Record<Action, number>> {
  /** Containers that serve and are replaced. */
  readonly replacedServers: number;
  /** Containers that do one thing and end: replacing them means running them again. */
  readonly replacedJobs: number;
}

/** A stack and what identifies its saved plan. */
export interface ReportedStack extends Pick<PlannedStack, 'name' | 'sha256' | 'configurationSha256'> {
  /** Whether there is anything to apply. */
  readonly changes: boolean;
}

/** Everything a reviewer is told. Holds no secret. */
export interface Report {
  readonly environment: string;
  readonly protected: boolean;
  /** Whether it is the plan to destroy the environment. */
  readonly destroy: boolean;
  /** Commit of the configuration. @default - it is in no repository */
  readonly revision?: string;
  readonly counts: Counts;
  readonly dangers: readonly Danger[];
  /** What Terraform refused to plan, by stack. */
  readonly refusals: readonly { readonly stack: string; readonly message: string }[];
  readonly availability: Availability;
  /** Changes of the deployment. */
  readonly changes: readonly ReportedChange[];
  /** What happens to the files on the machine that runs Terraform. They serve people there, and a fresh machine never has them. */
  readonly localFiles: { readonly action: 'written' | 'removed'; readonly files: readonly string[] } | undefined;
  /** Mermaid flow chart of what changes; undefined where nothing does. */
  readonly picture: string | undefined;
  readonly files: readonly FileDiff[];
  readonly drift: readonly Drift[];
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  /** The stacks in the order in which they are applied. */
  readonly stacks: readonly ReportedStack[];
  /** Names all saved plans together: SHA-256, hexadecimal. */
  readonly digest: string;
  /** What Terraform says of the stacks that change, for the fold. */
  readonly texts: readonly { readonly stack: string; readonly text: string }[];
}

export interface ReportInput {
  readonly topology: Topology;
  /** The stacks in the order in which they are applied. */
  readonly stacks: readonly PlannedStack[];
  readonly revision?: string;
  /** Whether the plans are those to destroy the environment. @default false */
  readonly destroy?: boolean;
}

/** Makes the report of one environment's plans. Pure: the same input, the same report. */
export function buildReport({ topology, stacks, revision, destroy = false }: ReportInput): Report {
  const scrub = scrubber(stacks.map(({ plan }) => plan));
  const redacted = stacks.map((stack) => ({ ...stack, plan: redactPlan(stack.plan), text: scrub(stack.text) }));
  const isLocal = isLocalFile(topology, redacted);
  const all = redacted.flatMap(reportedChanges);
  const changes = all.filter((change) => !isLocal(change));
  const drift = redacted.flatMap(reportedDrift).filter((entry) => !isLocal(entry));
  const changing = new Set(stacks.filter(({ plan }) => hasChanges(plan)).map(({ name }) => name));
  return {
    environment: topology.environment,
    protected: topology.protected,
    destroy,
    revision,
    counts: count(changes),
    dangers: dangers(topology, changes),
    refusals: redacted.flatMap(({ name, refusal }) =>
      refusal === undefined ? [] : [{ stack: name, message: refusal }],
    ),
    availability: availability({ topology, changes, drift, stacks: redacted, destroy }),
    changes,
    localFiles: localFilesOf(topology, all.filter(isLocal)),
    picture: changes.length === 0 ? undefined : renderChanges(topology, pictured(changes)),
    files: fileDiffs(redacted),
    drift,
    ...checkPolicy({ topology, stacks: redacted }),
    stacks: stacks.map(({ name, sha256, configurationSha256 }) => ({
      name,
      sha256,
      configurationSha256,
      changes: changing.has(name),
    })),
    digest: planDigest(stacks),
    texts: redacted.filter(({ name }) => changing.has(name)).map(({ name, text }) => ({ stack: name, text })),
  };
}

/** Tells the files that are written on the machine that runs Terraform from everything else. */
function isLocalFile({ localFiles }: Topology, stacks: readonly PlannedStack[]) {
  const names: Json[] = [localFiles.certificateFile, localFiles.hostsFile];
  const found = stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? [])
      .filter(
        ({ type, change }) =>
          type === 'local_file' && names.includes((change.after ?? change.before)?.filename ?? null),
      )
      .map(({ address }) => `${stack} ${address}`),
  );
  const addresses = new Set(found);
  return ({ stack, address }: { readonly stack: string; readonly address: string }) =>
    addresses.has(`${stack} ${address}`);
}

function localFilesOf({ localFiles }: Topology, changes: readonly ReportedChange[]): Report['localFiles'] {
  if (changes.length === 0) return undefined;
  const action = changes.every((change) => change.action === 'destroy') ? 'removed' : 'written';
  // Terraform names them from the stack's own folder.
  return {
    action,
    files: [localFiles.certificateFile, localFiles.hostsFile].map((file) => file.replace(/^(\.\.\/)+/, '')),
  };
}

/** What happens to containers, volumes and networks, by name. */
function pictured(changes: readonly ReportedChange[]): Record<string, Change> {
  return Object.fromEntries(
    changes.flatMap(({ type, name, action }): [string, Change][] =>
      name !== undefined && action !== 'forget' && /^docker_(container|volume|network)$/.test(type)
        ? [[name, action]]
        : [],
    ),
  );
}

/** Names these saved plans, in this order. */
export function planDigest(stacks: readonly { readonly name: string; readonly sha256: string }[]): string {
  return createHash('sha256')
    .update(stacks.map(({ name, sha256 }) => `${name} ${sha256}\n`).join(''))
    .digest('hex');
}

/** Whether there is anything to apply. */
export function hasChanges({ resource_changes: resources = [], output_changes: outputs = {} }: Plan): boolean {
  return (
    resources.some(({ change }) => actionOf(change) !== undefined) ||
    Object.values(outputs).some(({ actions }) => actions.some((action) => action !== 'no-op'))
  );
}

/** What happens to a resource, or undefined where nothing does. */
export function actionOf({ actions }: ResourceChange['change']): Action | undefined {
  const has = (action: string) => actions.includes(action);
  if (has('delete')) return has('create') ? 'replace' : 'destroy';
  if (has('forget')) return has('create') ? 'replace' : 'forget';
  if (has('create')) return 'create';
  return has('update') ? 'update' : undefined;
}

/** A container that Terraform waits for and that is meant to end. */
export function isJob({ type, change }: ResourceChange): boolean {
  const values = change.after ?? change.before;
  return type === 'docker_container' && values?.attach === true && values.must_run === false;
}

function reportedChanges(stack: PlannedStack): ReportedChange[] {
  const drifted = new Set(reportedDrift(stack).map(({ address }) => address));
  return (stack.plan.resource_changes ?? []).flatMap((entry) => {
    const action = actionOf(entry.change);
    if (action === undefined || entry.mode === 'data') return [];
    const { variables, texts, ...others } = differences(entry);
    const attributes = others.attributes.map((attribute) => withImageName(stack, entry, attribute));
    const files = texts.map(({ file }) => file.split('/').at(-1) as string);
    return [
      {
        stack: stack.name,
        address: entry.address,
        path: constructPath(stack, entry.address),
        type: entry.type,
        name: nameOf(entry),
        action,
        job: isJob(entry),
        reason: reasonOf(
          entry,
          action,
          [...attributes.map(({ attribute }) => attribute), ...names(variables), ...files],
          drifted.has(entry.address),
        ),
        attributes,
        variables,
      },
    ];
  });
}

function names(variables: readonly VariableDifference[]): string[] {
  return variables.map(({ variable }) => variable);
}

function constructPath({ configuration }: PlannedStack, address: string): string | undefined {
  const [type = '', id = ''] = address.split('.');
  return configuration.resource?.[type]?.[id]?.['//']?.metadata?.path?.replace(/(\/Default)+$/, '');
}

function nameOf({ change }: ResourceChange): string | undefined {
  const name = (change.after ?? change.before)?.name;
  return typeof name === 'string' && name !== HIDDEN ? name : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: 'its creation failed before',
  replace_by_request: 'asked for',
  replace_by_triggers: 'what it works on is made anew',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_wrong_repetition: 'no longer in the configuration',
  delete_because_count_index: 'no longer in the configuration',
  delete_because_each_key: 'no longer in the configuration',
  delete_because_no_module: 'no longer in the configuration',
};

function reasonOf(
  { action_reason: reason, change }: ResourceChange,
  action: Action,
  changed: readonly string[],
  drifted: boolean,
): string {
  const outermost = [
    ...new Set(
      changed.map((name) =>
        name.replace(/^(\w+)\..*$/, (path, first) => (first in (change.after ?? {}) ? first : path)),
      ),
    ),
  ];
  if (reason !== 'replace_because_cannot_update') {
    const what = REASONS[reason ?? ''] ?? (action === 'update' ? outermost.join(', ') : '');
    return drifted ? ['put back', what].filter((part) => part !== '').join(': ') : what;
  }
  const forcing = [...new Set((change.replace_paths ?? []).map(([first]) => String(first)))];
  // What has changed inside these says more than their names.
  const inside = (attribute: string) => (attribute === 'env' || attribute === 'upload' ? outermost : [attribute]);
  const shown = (name: string) =>
    !COMPUTED.includes(name) && (outermost.includes(name) || !['env', 'upload'].includes(name));
  return [...new Set(forcing.flatMap(inside))].filter(shown).join(', ');
}

/** A container knows its image by an id; the name is with the image. */
function withImageName(
  { plan }: PlannedStack,
  { type, change }: ResourceChange,
  difference: AttributeDifference,
): AttributeDifference {
  if (type !== 'docker_container' || difference.attribute !== 'image' || difference.after !== UNKNOWN)
    return difference;
  const image = plan.resource_changes?.find(
    (entry) => entry.type === 'docker_image' && entry.change.before?.image_id === change.before?.image,
  );
  const [before, after] = [image?.change.before?.name, image?.change.after?.name];
  return typeof before === 'string' && typeof after === 'string'
    ? { attribute: 'image', before: show(before), after: show(after) }
    : difference;
}

function count(changes: readonly ReportedChange[]): Counts {
  const replaced = changes.filter(({ action }) => action === 'replace');
  const of = (action: Action) => changes.filter((change) => change.action === action).length;
  return {
    create: of('create'),
    update: of('update'),
    replace: of('replace'),
    destroy: of('destroy'),
    forget: of('forget'),
    replacedServers: replaced.filter(({ job, type }) => !job && type === 'docker_container').length,
    replacedJobs: replaced.filter(({ job }) => job).length,
  };
}

function reportedDrift(stack: PlannedStack): Drift[] {
  return (stack.plan.resource_drift ?? []).flatMap((entry) => {
    const gone = entry.change.actions.includes('delete');
    const { attributes, variables, texts } = differences(entry);
    const stopped = attributes.some(({ attribute, after }) => attribute === 'must_run' && after === 'false');
    const found = [
      ...(gone ? ['it is gone'] : []),
      ...(stopped ? ['it is stopped'] : []),
      ...attributes
        .filter(({ attribute }) => !(stopped && attribute === 'must_run'))
        .map(({ attribute, before, after }) => `${attribute}: ${before} → ${after}`),
      ...names(variables),
      ...texts.map(({ file }) => file),
    ];
    if (found.length === 0) return [];
    const { address } = entry;
    return [
      {
        stack: stack.name,
        address,
        path: constructPath(stack, address),
        name: nameOf(entry),
        found: found.join('; '),
        stopped: stopped || gone,
      },
    ];
  });
}

/** The nodes' files mostly change alike; then one diff stands for all. */
function fileDiffs(stacks: readonly PlannedStack[]): FileDiff[] {
  const diffs = new Map<string, { file: string; containers: string[]; diff: string }>();
  for (const stack of stacks) {
    for (const entry of stack.plan.resource_changes ?? []) {
      const container = constructPath(stack, entry.address) ?? entry.address;
      for (const { file, before, after } of differences(entry).texts) {
        const diff = unifiedDiff(before, after);
        // The lines around a change may hold a node's own address.
        const key = [file, ...diff.split('\n').filter((line) => !line.startsWith(' '))].join('\n');
        const same = diffs.get(key);
        if (same) same.containers.push(container);
        else diffs.set(key, { file, containers: [container], diff });
      }
    }
  }
  return [...diffs.values()];
}
