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

/** A container that Terraform waits for and that is meant to end. */
export function isJob({ type, change }: ResourceChange): boolean {
  const values = change.after ?? change.before;
  return type === 'docker_container' && values !== null && isJobContainer(values);
}

/** The same of a container's planned values. */
export function isJobContainer({ attach, must_run: mustRun }: Attributes): boolean {
  return attach === true && mustRun === false;
}

/** Name on the engine, for containers, networks and volumes; undefined where there is none or it must not be shown. */
export function nameOf({ change }: ResourceChange): string | undefined {
  const name = (change.after ?? change.before)?.name;
  return typeof name === 'string' && name !== REDACTED ? name : undefined;
}
