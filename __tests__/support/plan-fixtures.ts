import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { withObjects } from '../../review/plan/kubernetes-object';
import type { Plan } from '../../review/plan/plan-json';
import type { PlannedStack } from '../../review/plan/planned-stack';

/** Plans of the real provider, made by `__tests__/golden/capture-plans.ts` and `capture-cluster-plans.ts`; `gunzip -c` shows them. */
export const PLAN_FIXTURES = join(__dirname, '..', 'fixtures', 'plans');

export interface PlanFixture {
  /** The environment's configuration. */
  readonly toml: string;
  /** Whether they are plans to destroy the environment. @default false */
  readonly destroy?: boolean;
  readonly stacks: readonly (Pick<PlannedStack, 'name' | 'text' | 'refusal'> & { readonly plan: Plan })[];
}

export function planFixtures(): string[] {
  return readdirSync(PLAN_FIXTURES).map((file) => file.replace('.json.gz', ''));
}

export function readPlanFixture(name: string): PlanFixture {
  const text = gunzipSync(readFileSync(join(PLAN_FIXTURES, `${name}.json.gz`))).toString();
  const { stacks, ...fixture } = JSON.parse(text) as PlanFixture;
  return { ...fixture, stacks: stacks.map((stack) => ({ ...stack, plan: withObjects(stack.plan) })) };
}
