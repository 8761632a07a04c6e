/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What is read of `terraform show -json <saved plan>`, format 1.x; keys that are not named here are ignored. */
export interface Plan {
  readonly format_version: string;
  readonly resource_changes?: readonly ResourceChange[];
  /** What a refresh found different from the state. */
  readonly resource_drift?: readonly ResourceChange[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
  readonly variables?: Readonly<Record<string, { readonly value?: Json }>>;
  readonly configuration?: {
    readonly root_module?: { readonly variables?: Readonly<Record<string, { readonly sensitive?: boolean }>> };
  };
  /** What the resources are to be; what is known only after the apply is missing. */
  readonly planned_values?: { readonly root_module: { readonly resources?: readonly PlannedResource[] } };
  readonly terraform_version?: string;
  /** Whether planning failed; what it had planned until then is there all the same. */
  readonly errored?: boolean;
}

export interface PlannedResource {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly schema_version: number;
  readonly values: Attributes;
}

export interface ResourceChange {
  readonly address: string;
  readonly mode?: string;
  readonly type: string;
  /** Why Terraform chose the action, such as `replace_because_cannot_update`. */
  readonly action_reason?: string;
  readonly change: {
    /** One action; a replacement is the pair of delete and create, in either order. */
    readonly actions: readonly string[];
    readonly before: Attributes | null;
    readonly after: Attributes | null;
    /** The shape of `after`, true where the value is known only after the apply. */
    readonly after_unknown?: Json;
    /** The shape of `before` and `after`, true where the value must not be shown. */
    readonly before_sensitive?: Json;
    readonly after_sensitive?: Json;
    /** Attributes that force the replacement. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

export type Attributes = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
