import { withObjects } from './kubernetes-object';
import type { Plan } from './plan-json';

/** @throws when it is no plan, or one of a format that is not understood */
export function parsePlan(text: string): Plan {
  const plan = JSON.parse(text) as Plan;
  if (!/^1\./.test(plan.format_version ?? '')) {
    throw new Error(`the plan has format version ${plan.format_version}; this program reads 1.x`);
  }
  return withObjects(plan);
}
