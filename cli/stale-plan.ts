import type { Topology } from '../topology/topology';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import type { TerraformStackRunner } from './terraform';

/** Whether Terraform refused a saved plan because its state has changed since. */
export function isStale(error: unknown): boolean {
  return error instanceof CommandError && error.lastLines.some((line) => line.includes('Saved plan is stale'));
}

export function stalePlan(
  { topology }: { readonly topology: Topology },
  { stack }: Pick<TerraformStackRunner, 'stack'>,
): UserError {
  return new UserError(
    `the plan of ${stack.name} is stale: something else was applied after it was made. ${stack.name} was not touched. Make and review a new plan: make plan ENVIRONMENT=${topology.environment}`,
  );
}
