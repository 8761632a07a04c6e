import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_NAMES } from '../chaos/all-names';
import { NOTHING_LOST } from '../chaos/fault';
import { report } from '../chaos/report';
import { type Result, Results, withResult } from '../chaos/results';
import { MISTAKES } from '../mistakes/kinds';
import { report as mistakesReport } from '../mistakes/report';
import { PROJECT } from '../support/synth';

// What `make chaos` keeps of its runs, and the page that is made from it.

const NAMES = ['kill', 'freeze', 'roll'];

function result(name: string, date: string, what: Partial<Result> = {}): Result {
  const outcome = {
    sent: 1000,
    failed: { get: 0, replayable: 0, write: 2 },
    worstMs: 1234,
    worstOtherMs: 200,
    recoveryMs: 0,
    lost: 0,
    twice: 0,
    remarks: [],
    missed: [],
  };
  return { fault: { name, done: `${name} it`, bars: NOTHING_LOST }, date, machine: '2 × CPU', outcome, ...what };
}

const FIRST = [result('kill', '2026-11-01'), result('roll', '2026-11-01')];

test('a fault that is done again replaces its own row alone, and each says its day', () => {
  const results = withResult(FIRST, result('kill', '2026-11-09'), NAMES);
  expect(results.map(({ fault, date }) => [fault.name, date])).toEqual([
    ['kill', '2026-11-09'],
    ['roll', '2026-11-01'],
  ]);
  const page = report(results, NAMES);
  expect(page).toContain('| kill | 2026-11-09 | 1000 | 0 | 0 | 2 | 1.2 s |');
  expect(page).toContain('| roll | 2026-11-01 | 1000 |');
});

test('rows are in the order of the suite, and those of faults that are gone go', () => {
  const results = withResult([...FIRST, result('gone', '2026-11-01')], result('freeze', '2026-11-09'), NAMES);
  expect(results.map(({ fault }) => fault.name)).toEqual(['kill', 'freeze', 'roll']);
});

test('rows on Kubernetes have a part of the page of their own, and none without them', () => {
  const missed = { ...result('roll', '2026-11-09').outcome, missed: ['1 GET failed'] } as Result['outcome'];
  const onCluster = result('roll', '2026-11-09', {
    platform: 'kubernetes',
    machine: 'three machines',
    outcome: missed,
  });
  const [engine = '', cluster = ''] = report([result('kill', '2026-11-01'), onCluster], NAMES).split(
    '## On Kubernetes',
  );
  expect(engine).toContain('**1 faults, 1000 requests. Every bar was met.**');
  expect(engine).not.toContain('| roll |');
  expect(cluster).toContain('On three machines');
  expect(cluster).toContain('**1 faults, 1000 requests. Missed by: roll.**');
  expect(report(FIRST, NAMES)).not.toContain('## On Kubernetes');
});

test('what was never done is named', () => {
  expect(report(FIRST, NAMES)).toContain('Not done yet: freeze.');
  expect(report(withResult(FIRST, result('freeze', '2026-11-09'), NAMES), NAMES)).not.toContain('Not done yet');
});

test('a bar that was missed, and a fault that could not be done to its end, are in the verdict and in the row', () => {
  const missed = { ...result('kill', '2026-11-09').outcome, missed: ['3 GET failed'] } as Result['outcome'];
  const broken = { outcome: undefined, failure: 'make up ENVIRONMENT=chaos: exit code 1' };
  const results = [result('kill', '2026-11-09', { outcome: missed }), result('roll', '2026-11-09', broken)];
  const page = report(results, NAMES);
  expect(page).toContain('Missed by: kill, roll.');
  expect(page).toContain('**MISSED: 3 GET failed**');
  expect(page).toContain('**MISSED: make up ENVIRONMENT=chaos: exit code 1**');
  expect(report(FIRST, NAMES)).toContain('Every bar was met.');
});

// UPDATE_GOLDEN=1 writes it anew, where its words or the faults that there are have changed.
test.each([
  ['faults', ALL_NAMES, report],
  ['mistakes', MISTAKES.map(({ name }) => name), (results: readonly Result[]) => mistakesReport(MISTAKES, results)],
] as const)('the page of %s in docs/ is made from the results beside it', (name, all, page) => {
  const results = new Results(name, all, page);
  if (process.env.UPDATE_GOLDEN === '1') results.writePage();
  expect(readFileSync(join(PROJECT, 'docs', `${name}.md`), 'utf8')).toBe(results.render());
});
