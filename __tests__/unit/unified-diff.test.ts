import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, run } from '../../cli/setup/process';
import { unifiedDiff } from '../../review/plan/unified-diff';
import { temporaryDirectory } from '../support/synth';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** A sequence that is the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Applies a diff as patch(1) does, to the letter. */
function patched(before: string, diff: string): string {
  const source = before.split('\n').slice(0, -1);
  const result: string[] = [];
  let position = 0;
  for (const hunk of diff.split(/\n(?=@@)/)) {
    const [header = '', ...lines] = hunk.split('\n');
    const [, start, length = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(header) as RegExpExecArray;
    const from = Number(start) - (length === '0' ? 0 : 1);
    result.push(...source.slice(position, from));
    position = from;
    for (const line of lines) {
      if (line[0] !== '+' && source[position++] !== line.slice(1)) throw new Error(`not in the text: ${line}`);
      if (line[0] !== '-') result.push(line.slice(1));
    }
    if (position - from !== Number(length)) throw new Error(`wrong length: ${header}`);
  }
  return text([...result, ...source.slice(position)]);
}

test('equal texts have no hunk', () => {
  expect(unifiedDiff('one\ntwo\n', 'one\ntwo\n')).toBe('');
  expect(unifiedDiff('', '')).toBe('');
});

test('a change has three lines around it', () => {
  const before = numbers(12);
  expect(unifiedDiff(text(before), text(before.with(5, 'changed')))).toBe(
    `@@ -3,7 +3,7 @@
 line 3
 line 4
 line 5
-line 6
+changed
 line 7
 line 8
 line 9`,
  );
});

test('changes that lie apart are hunks of their own', () => {
  const before = numbers(30);
  const diff = unifiedDiff(text(before), text(before.with(2, 'one').with(25, 'two')));
  expect(diff.match(/^@@.*@@$/gm)).toEqual(['@@ -1,6 +1,6 @@', '@@ -23,7 +23,7 @@']);
});

test.each([
  ['from nothing', '', 'one\ntwo\n', '@@ -0,0 +1,2 @@\n+one\n+two'],
  ['to nothing', 'one\n', '', '@@ -1 +0,0 @@\n-one'],
])('%s', (_, before, after, diff) => {
  expect(unifiedDiff(before, after)).toBe(diff);
});

test('applied to the one text makes the other, whatever they are', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const words = () => Array.from({ length: 1 + Math.floor(next() * 40) }, () => `word ${Math.floor(next() * 8)}`);
    const [before, after] = [text(words()), text(words())];
    if (before !== after) expect([seed, patched(before, unifiedDiff(before, after))]).toEqual([seed, after]);
  }
});

test('is no longer than what diff(1) finds', async () => {
  const next = random(7);
  const before = numbers(200);
  const after = before.flatMap((line) => (next() < 0.1 ? [] : next() < 0.1 ? [line, 'new'] : [line]));
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'before'), text(before));
  writeFileSync(join(directory, 'after'), text(after));
  const logFile = join(directory, 'log');
  const theirs = await run('diff', ['--minimal', 'before', 'after'], { cwd: directory, logFile }).catch((error) => {
    if (error instanceof CommandError && error.exitCode === 1) return undefined;
    throw error;
  });
  expect(theirs).toBeUndefined();
  const count = (diff: string, signs: RegExp) => diff.split('\n').filter((line) => signs.test(line)).length;
  expect(count(unifiedDiff(text(before), text(after)), /^[-+]/)).toBe(count(readFileSync(logFile, 'utf8'), /^[<>]/));
});
