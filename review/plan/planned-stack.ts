import type { Plan } from './plan-json';
import { actionOf } from './resource-change';

/** The parts of a stack's `cdk.tf.json` that a report needs. */
export interface StackConfiguration {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, ConfiguredResource>>>>;
}

export interface ConfiguredResource {
  readonly '//'?: { readonly metadata?: { readonly path?: string } };
  readonly lifecycle?: { readonly prevent_destroy?: boolean };
}

/** Files that are not as a job installed them, or as they were put into a node. */
export interface ChangedFiles {
  /** Name of the volume, or of the node's container. */
  readonly volume: string;
  /** Paths in it. */
  readonly files: readonly string[];
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
  /** What is replaced although nothing of the configuration has changed: addresses, and why, in words. @default - nothing */
  readonly requested?: ReadonlyMap<string, string>;
  /** Files that are not as they were installed. @default - none */
  readonly changedFiles?: readonly ChangedFiles[];
  /** What somebody else has changed of objects in the cluster, in words, by address. @default - it was not looked at */
  readonly changedFields?: ReadonlyMap<string, readonly string[]>;
  /** What serves, and what is beside it, although the state does not know it. @default - the state was not lost */
  readonly unknown?: readonly string[];
}

/** Whether there is anything to apply. */
export function hasChanges({ resource_changes: resources = [], output_changes: outputs = {} }: Plan): boolean {
  return (
    resources.some(({ change }) => actionOf(change) !== undefined) ||
    Object.values(outputs).some(({ actions }) => actions.some((action) => action !== 'no-op'))
  );
}

/** Path of the construct that declares a resource; undefined where none does any more. */
export function constructPath({ configuration }: PlannedStack, address: string): string | undefined {
  const [type = '', id = ''] = address.split('.');
  return configuration.resource?.[type]?.[id]?.['//']?.metadata?.path?.replace(/(\/Default)+$/, '');
}
