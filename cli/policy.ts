import type { Report } from '../review/report/report';
import type { Topology } from '../topology/topology';
import { UserError } from './setup/errors';

/** A protected environment is applied only when it keeps the policy, or says in its configuration why not. */
export function requirePolicy({ protected: isProtected, environment }: Topology, { findings }: Report): void {
  if (!isProtected || findings.length === 0) return;
  const lines = findings.flatMap(({ rule, reason, fix, violations }) => [
    `  ${rule}: ${reason}`,
    ...violations.map(({ location, message }) => `    ${location} ${message}`),
    `    To fix it: ${fix}.`,
  ]);
  throw new UserError(
    [
      `${environment} is protected and breaks the policy; nothing was applied.`,
      ...lines,
      'A rule that is broken on purpose is accepted in the configuration: [[policy.suppressions]] with rule and reason.',
    ].join('\n'),
  );
}
