import { at, MANIFEST, objectOf } from './kubernetes-object';
import type { Attributes, ResourceChange } from './plan-json';
import { REDACTED } from './redact';

/** What a plan does to a resource. */
export type Action = 'create' | 'update' | 'replace' | 'destroy' | 'forget';

/** What happens to a resource, or undefined where nothing does. */
export function actionOf({ actions }: ResourceChange['change']): Action | undefined {
  const has = (action: string) => actions.includes(action);
  if (has('delete')) return has('create') ? 'replace' : 'destroy';
  if (has('forget')) return has('create') ? 'replace' : 'forget';
  if (has('create')) return 'create';
  return has('update') ? 'update' : undefined;
}

/** A container or pod that Terraform waits for and that is meant to end. */
export function isJob(entry: ResourceChange): boolean {
  const { type, change } = entry;
  const values = change.after ?? change.before;
  if (type === MANIFEST) return kindOf(entry) === 'Job';
  return type === 'docker_container' && values !== null && isJobContainer(values);
}

/** Kind of an object of a cluster; undefined for everything else. */
export function kindOf({ type, change }: ResourceChange): string | undefined {
  if (type !== MANIFEST) return undefined;
  const values = change.after ?? change.before;
  return String(objectOf(values)?.kind ?? values?.kind);
}

/** Kinds whose pods are to keep running. */
const SERVERS = ['Deployment', 'StatefulSet'];

/** Whether a resource is a container, or makes pods that keep running. */
export function isContainer({ type, kind }: { readonly type: string; readonly kind?: string }): boolean {
  return kind === undefined ? type === 'docker_container' : SERVERS.includes(kind);
}

/** Whether a resource holds something: a volume, a claim or a Secret. */
export function isVolume({ type, kind = '' }: { readonly type: string; readonly kind?: string }): boolean {
  return type === 'docker_volume' || ['PersistentVolumeClaim', 'Secret'].includes(kind);
}

/** The same of a container's planned values. */
export function isJobContainer({ attach, must_run: mustRun }: Attributes): boolean {
  return attach === true && mustRun === false;
}

/** Name on the engine or in the cluster; undefined where there is none or it must not be shown. */
export function nameOf(entry: ResourceChange): string | undefined {
  const values = entry.change.after ?? entry.change.before;
  const name = at(objectOf(values), 'metadata', 'name') ?? values?.name;
  if (typeof name !== 'string' || name === REDACTED) return undefined;
  return kindOf(entry) === 'Job' ? name.replace(JOB_DIGEST, '') : name;
}

/** The name of a Job ends with a digest of what it does. */
const JOB_DIGEST = /-[0-9a-f]{10}$/;
