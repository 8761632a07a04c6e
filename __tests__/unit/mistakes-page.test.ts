import { chosen } from '../chaos/attempts';
import { NOTHING_LOST } from '../chaos/fault';
import type { Result } from '../chaos/results';
import { MISTAKES } from '../mistakes/kinds';
import type { Mistake } from '../mistakes/mistake';
import { report } from '../mistakes/report';

const mistake = (name: string): Mistake => ({
  name,
  done: 'something is done',
  back: 'make up',
  bars: NOTHING_LOST,
  make: async () => undefined,
});
const TWO = [mistake('a thing, done'), mistake('another')];

const result = (index: number, missed: readonly string[] = []): Result => ({
  fault: TWO[index] as Mistake,
  date: '2026-01-02',
  machine: 'a machine',
  outcome: {
    sent: 10,
    failed: { get: 1, replayable: 2, write: 3 },
    worstMs: 0,
    worstOtherMs: 0,
    recoveryMs: 0,
    lost: 0,
    twice: 0,
    remarks: [],
    said: ['`make up`: “no”'],
    tookMs: 1500,
    missed,
  },
});

test('the page says what was done, what the commands said, what failed, and what was never made', () => {
  const page = report(TWO, [result(0, ['it was slow'])]);
  expect(page).toContain('Not made on an engine yet: another.');
  expect(page).toContain('1 mistakes, 10 requests. Missed by: a thing, done.');
  expect(page).toContain('| [a thing, done](#a-thing-done) | 2026-01-02 | 10 | 6 | nothing | 1.5 s |');
  expect(page).toContain(
    'Something is done. Brought back by: make up.\n\n- `make up`: “no”\n- **MISSED: it was slow**',
  );
  expect(report(TWO, [result(0), result(1)])).toContain('2 mistakes, 20 requests. Every bar was met.');
});

test('one that was not brought to its end is on the page as such', () => {
  const page = report(TWO, [{ ...result(0), outcome: undefined, failure: 'make up failed' }]);
  expect(page).toContain('Missed by: a thing, done.');
  expect(page).toContain('not brought to its end');
  expect(page).toContain('**MISSED: make up failed**');
});

test('faults and mistakes are chosen by parts of their names', () => {
  expect(chosen(TWO, undefined, 'mistake')).toEqual(TWO);
  expect(chosen(TWO, 'other|nothing', 'mistake')).toEqual([TWO[1]]);
  expect(() => chosen(TWO, 'nothing', 'mistake')).toThrow('no mistake is called nothing; there are:\n  a thing, done');
});

test('every mistake has a name of its own', () => {
  expect(new Set(MISTAKES.map(({ name }) => name)).size).toBe(MISTAKES.length);
  expect(MISTAKES.length).toBeGreaterThanOrEqual(20);
});
