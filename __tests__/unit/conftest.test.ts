import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReport } from '../../review/report/report';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { type Json, PROJECT } from '../support/synth';

// The documentation shows how conftest reads a report. What stands there must fit the reports that are written.
const REGO = /^```rego\n(.*?)^```$/ms.exec(readFileSync(join(PROJECT, 'docs', 'pipelines.md'), 'utf8'))?.[1] ?? '';
const reportOf = (name: string): Json => JSON.parse(JSON.stringify(buildReport(reportInput(readPlanFixture(name)))));
const BROKEN = reportOf('protected-database-replaced');

test.each([
  ['finding', BROKEN.findings[0]],
  ['violation', BROKEN.findings[0].violations[0]],
  ['accepted', BROKEN.suppressed[0]],
  ['input', BROKEN],
])('what it reads of %s is in a report', (variable, value) => {
  const keys = [...REGO.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'))].map(([, key]) => key as string);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) expect(value).toHaveProperty(key);
});
