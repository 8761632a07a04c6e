import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sandboxImageTags } from '../../images/tags';
import type { Plan } from '../../review/plan/plan-json';
import { PLAN_FIXTURES, type PlanFixture } from '../support/plan-fixtures';

/** Keeps plans for the golden reports. */
export function writePlanFixture(name: string, fixture: PlanFixture): void {
  mkdirSync(PLAN_FIXTURES, { recursive: true });
  writeFileSync(join(PLAN_FIXTURES, `${name}.json.gz`), gzipSync(normalised(JSON.stringify(fixture)), { level: 9 }));
}

/** The parts of a plan that the report reads. The rest repeats them. */
export function reduced({
  format_version,
  resource_changes,
  resource_drift,
  variables,
  configuration,
  errored,
}: Plan): Plan {
  const declared = configuration?.root_module?.variables;
  return {
    format_version,
    errored,
    resource_changes,
    resource_drift,
    variables,
    ...(declared && { configuration: { root_module: { variables: declared } } }),
  };
}

/** What differs from one capture to the next. */
function normalised(text: string): string {
  const tags = Object.values(sandboxImageTags());
  const named = tags.reduce((result, tag) => result.replaceAll(tag, tag.replace(/:[^:]*$/, ':test')), text);
  const ids = new Map<string, string>();
  return named.replace(/[0-9a-f]{64}/g, (id) => {
    if (!ids.has(id)) ids.set(id, (ids.size + 1).toString(16).padStart(64, '0'));
    return ids.get(id) as string;
  });
}
