import type { Topology } from '../../topology/topology';
import type { PlannedStack } from '../report/report';
import { RULES } from './rules';

/** What a rule looks at: the redacted plans and the topology that they are meant to be. */
export interface PolicyInput {
  readonly topology: Topology;
  readonly stacks: readonly PlannedStack[];
}

/** A place where a rule is broken. */
export interface Violation {
  /** Terraform address, or the key of the environment's configuration. */
  readonly where: string;
  readonly stack?: string;
  /** What was found; lower case, no full stop. */
  readonly found: string;
}

/** A rule of the policy: small and pure. */
export interface Rule {
  /** Stable name, for suppressions. */
  readonly id: string;
  /** What would go wrong; lower case, no full stop. */
  readonly reason: string;
  /** What to do; lower case, no full stop. */
  readonly fix: string;
  check(input: PolicyInput): readonly Violation[];
}

/** A broken rule that nobody has accepted. */
export interface Finding {
  readonly rule: string;
  readonly reason: string;
  readonly fix: string;
  readonly violations: readonly Violation[];
}

/** A broken rule that the environment's configuration accepts, with the reason that stands there. */
export interface Suppressed {
  readonly rule: string;
  readonly acceptedBecause: string;
  readonly violations: readonly Violation[];
}

/** Applies every rule to the plans. */
export function checkPolicy(input: PolicyInput): { findings: Finding[]; suppressed: Suppressed[] } {
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const { id, reason, fix, check } of RULES) {
    const violations = check(input);
    if (violations.length === 0) continue;
    const suppression = input.topology.policySuppressions.find(({ rule }) => rule === id);
    if (suppression) suppressed.push({ rule: id, acceptedBecause: suppression.reason, violations });
    else findings.push({ rule: id, reason, fix, violations });
  }
  return { findings, suppressed };
}
