import { createHash } from 'node:crypto';
import { visibleLines } from '../../environment/control-characters';
import { endOfList } from '../../environment/revocations';
import { type FoundSchema, otherSchemas } from '../../topology/schema-version';
import type { Topology } from '../../topology/topology';
import { type Change, renderChanges } from '../diagram/mermaid';
import { hasChanges, type PlannedStack } from '../plan/planned-stack';
import { redactPlan, scrubber } from '../plan/redact';
import { type Action, isContainer, isVolume } from '../plan/resource-change';
import { checkPolicy, type Finding, type Suppressed } from '../policy/policy';
import { type Availability, availability } from './availability';
import { effectOf, type ReportedChange, reportedChanges } from './changes';
import { type Danger, dangers } from './danger';
import { type Drift, reportedDrift } from './drift';
import { type FileDiff, fileDiffs } from './file-diffs';
import type { Foreseen } from './foreseen';
import { isLocalFile, type LocalFilesChange, localFilesOf } from './local-files';
import type { LostState } from './lost-state';
import { liftsProtection } from './protection';

/** Every change is counted once by its action; of the replacements, servers and jobs are counted once more. */
export interface Counts extends Readonly<Record<Action, number>> {
  /** Containers that serve and are replaced. */
  readonly replacedServers: number;
  /** Containers that do one thing and end: replacing them means running them again. */
  readonly replacedJobs: number;
  /** Servers of a cluster that are changed and get new pods by it. @default - none */
  readonly newPods?: number;
}

/** A stack and what identifies its saved plan. */
export interface ReportedStack extends Pick<PlannedStack, 'name' | 'sha256' | 'configurationSha256'> {
  /** Whether there is anything to apply. */
  readonly changes: boolean;
}

/** Everything a reviewer is told. Holds no secret. */
export interface Report {
  readonly environment: string;
  /** On what it is. @default - on a Docker host */
  readonly platform?: 'kubernetes';
  readonly protected: boolean;
  /** Whether it is the plan to destroy the environment. */
  readonly destroy: boolean;
  /** Whether what runs is protected, and no longer is when this has been applied. */
  readonly liftsProtection: boolean;
  /** Commit of the configuration. @default - it is in no repository */
  readonly revision?: string;
  readonly counts: Counts;
  readonly dangers: readonly Danger[];
  /** What holds the schema of another version than the servers' would be; applying is refused. */
  readonly otherSchemas: readonly { readonly where: string; readonly version: string; readonly wanted: string }[];
  /** Why a plan cannot be applied, by stack: Terraform refused to plan it, or it lifts the protection and destroys what was protected. */
  readonly refusals: readonly { readonly stack: string; readonly message: string }[];
  /** The stacks whose state was lost: applying their plans would remove what serves. @default - none */
  readonly lost?: readonly LostState[];
  /** What stands in the way of the apply on the Docker host or in the cluster, or may. @default - nothing */
  readonly foreseen?: readonly Foreseen[];
  readonly availability: Availability;
  /** What has ended or ends soon, whether anything is applied or not; no full stop. @default - nothing */
  readonly endings?: readonly string[];
  /** Changes of the deployment. */
  readonly changes: readonly ReportedChange[];
  /** What happens to the files on the machine that runs Terraform; undefined where nothing does. */
  readonly localFiles: LocalFilesChange | undefined;
  /** Mermaid flow chart of what changes; undefined where nothing does. */
  readonly picture: string | undefined;
  readonly files: readonly FileDiff[];
  readonly drift: readonly Drift[];
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  /** The stacks in the order in which they are applied. */
  readonly stacks: readonly ReportedStack[];
  /** Names all saved plans and everything that is said of them here: SHA-256, hexadecimal. */
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
  /** Which version's schema the databases have. @default - they are not there yet, or have the one that is planned */
  readonly schemas?: readonly FoundSchema[];
  /** @default - nothing stands in the way of the apply */
  readonly foreseen?: readonly Foreseen[];
}

/** Makes the report of one environment's plans. Pure: the same input, the same report. */
export function buildReport(input: ReportInput): Report {
  const report = harmless(withoutDigest(input));
  return { ...report, digest: reportDigest(report) };
}

/** The report without characters that no reviewer sees: a lone carriage return would hide a line, an escape sequence a danger. */
function harmless<T>(value: T): T {
  if (typeof value === 'string') return visibleLines(value) as T;
  if (Array.isArray(value)) return value.map(harmless) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [visibleLines(key), harmless(inner)])) as T;
}

/** What names a report, also one that was written and read again: nothing that decides an apply may be another. */
export function reportDigest(report: Omit<Report, 'digest'>): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...report, digest: undefined }))
    .digest('hex');
}

function withoutDigest({
  topology,
  stacks,
  revision,
  destroy = false,
  schemas = [],
  foreseen = [],
}: ReportInput): Omit<Report, 'digest'> {
  const scrub = scrubber(stacks.map(({ plan }) => plan));
  const redacted = stacks.map((stack) => ({ ...stack, plan: redactPlan(stack.plan), text: scrub(stack.text) }));
  const isLocal = isLocalFile(topology, redacted);
  const all = redacted.flatMap(reportedChanges);
  const changes = all.filter((change) => !isLocal(change));
  const drift = redacted.flatMap(reportedDrift).filter((entry) => !isLocal(entry));
  const endangered = dangers(topology, changes, redacted);
  const lifts = !destroy && liftsProtection(topology, changes);
  const endings = destroy ? [] : topology.loadBalancer.revocations.flatMap((list) => endOfList(list)?.text ?? []);
  const changing = new Set(stacks.filter(({ plan }) => hasChanges(plan)).map(({ name }) => name));
  const lost = redacted.flatMap(({ name, unknown }) => (unknown ? [{ stack: name, resources: unknown }] : []));
  return {
    environment: topology.environment,
    ...(topology.platform.kind === 'kubernetes' && { platform: topology.platform.kind }),
    protected: topology.protected,
    destroy,
    liftsProtection: lifts,
    revision,
    counts: count(changes),
    dangers: endangered,
    otherSchemas: otherSchemas(topology, schemas).map((found) => ({ ...found, wanted: topology.schemaVersion })),
    refusals: [
      ...redacted.flatMap(({ name, refusal }) => (refusal === undefined ? [] : [{ stack: name, message: refusal }])),
      ...(lifts ? [...new Set(endangered.map(({ stack }) => stack))] : []).map((stack) => ({
        stack,
        message:
          'it destroys what the same plan takes the protection from; make two changes of it, the first with protected = false alone',
      })),
    ],
    ...(lost.length > 0 && { lost }),
    ...(foreseen.length > 0 && { foreseen }),
    availability: availability({ topology, changes, drift, stacks: redacted, destroy }),
    ...(endings.length > 0 && { endings }),
    changes,
    localFiles: localFilesOf(topology, all.filter(isLocal)),
    picture: changes.length === 0 ? undefined : renderChanges(topology, pictured(changes)),
    files: fileDiffs(redacted),
    drift,
    ...checkPolicy({ topology, stacks: redacted, schemas }),
    stacks: stacks.map(({ name, sha256, configurationSha256 }) => ({
      name,
      sha256,
      configurationSha256,
      changes: changing.has(name),
    })),
    texts: redacted.filter(({ name }) => changing.has(name)).map(({ name, text }) => ({ stack: name, text })),
  };
}

/** What happens to containers, volumes and networks, by name. */
function pictured(changes: readonly ReportedChange[]): Record<string, Change> {
  return Object.fromEntries(
    changes.flatMap((change): [string, Change][] => {
      const { type, kind, job } = change;
      const action = effectOf(change);
      const drawn =
        kind === undefined
          ? /^docker_(container|volume|network)$/.test(type)
          : job || isContainer(change) || isVolume(change);
      return drawn && change.name !== undefined && action !== 'forget' ? [[change.name, action]] : [];
    }),
  );
}

function count(changes: readonly ReportedChange[]): Counts {
  const replaced = changes.filter(({ action }) => action === 'replace');
  const newPods = changes.filter((change) => change.newPods).length;
  const of = (action: Action) => changes.filter((change) => change.action === action).length;
  return {
    create: of('create'),
    update: of('update'),
    replace: of('replace'),
    destroy: of('destroy'),
    forget: of('forget'),
    replacedServers: replaced.filter((change) => !change.job && isContainer(change)).length,
    replacedJobs: replaced.filter(({ job }) => job).length,
    ...(newPods > 0 && { newPods }),
  };
}
