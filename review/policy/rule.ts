import type { FoundSchema } from '../../topology/schema-version';
import type { Topology } from '../../topology/topology';
import type { PlannedStack } from '../plan/planned-stack';

/** What a rule looks at: the redacted plans and the topology that they are meant to be. */
export interface PolicyInput {
  readonly topology: Topology;
  readonly stacks: readonly PlannedStack[];
  /** Which version's schema the databases have. @default - they are not there yet, or have the one that is planned */
  readonly schemas?: readonly FoundSchema[];
}

/** A place where a rule is broken. */
export interface Violation {
  /** Terraform address, or the key of the environment's configuration. */
  readonly location: string;
  readonly stack?: string;
  /** What was found; lower case, no full stop. */
  readonly message: string;
}

/** A rule of the policy: small and pure. */
export interface Rule {
  /** What would go wrong; lower case, no full stop. */
  readonly reason: string;
  /** What to do; lower case, no full stop. */
  readonly fix: string;
  /** Either of them where the environment is on Kubernetes. @default - the same words */
  readonly onKubernetes?: { readonly reason?: string; readonly fix?: string };
  check(input: PolicyInput): readonly Violation[];
}
