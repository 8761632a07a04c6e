import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReport } from '../../review/report/report';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { type Json, PROJECT, temporaryDirectory } from '../support/synth';

// The documentation shows how conftest reads a report. What stands there must fit the reports that are written.
const REGO = /^```rego\n(.*?)^```$/ms.exec(readFileSync(join(PROJECT, 'docs', 'pipelines.md'), 'utf8'))?.[1] ?? '';
const reportOf = (name: string): Json => JSON.parse(JSON.stringify(buildReport(reportInput(readPlanFixture(name)))));
const BROKEN = reportOf('protected-database-replaced');
const hasConftest = spawnSync('conftest', ['--version']).status === 0;

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

(hasConftest ? test : test.skip)('conftest refuses what the policy refuses', () => {
  const directory = temporaryDirectory('conftest-');
  writeFileSync(join(directory, 'plan.rego'), REGO);
  const verdict = (report: Json) => {
    writeFileSync(join(directory, 'plan.json'), JSON.stringify(report));
    const args = ['test', '--policy', directory, '--output', 'json', join(directory, 'plan.json')];
    const { status, stdout } = spawnSync('conftest', args, { encoding: 'utf8' });
    const [{ failures = [], warnings = [] }] = JSON.parse(stdout);
    return { status, failures: failures.map(({ msg }: Json) => msg), warnings: warnings.length };
  };
  expect(verdict(BROKEN)).toEqual({
    status: 1,
    failures: ['stateful-destroy: docker_container.database is replaced'],
    warnings: 3,
  });
  expect(verdict(reportOf('first-create'))).toEqual({ status: 0, failures: [], warnings: 0 });
});
