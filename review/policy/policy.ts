import type { PolicyInput, Violation } from './rule';
import { RULES } from './rules';

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
  for (const [id, { reason, fix, onKubernetes, check }] of Object.entries(RULES)) {
    const words = { reason, fix, ...(input.topology.platform.kind === 'kubernetes' && onKubernetes) };
    const violations = check(input);
    if (violations.length === 0) continue;
    const suppression = input.topology.policySuppressions.find(({ rule }) => rule === id);
    if (suppression) suppressed.push({ rule: id, acceptedBecause: suppression.reason, violations });
    else findings.push({ rule: id, ...words, violations });
  }
  return { findings, suppressed };
}
