import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EndToEndFile, inOrder, KNOWN, nextOf } from '../e2e/schedule';
import { PROJECT } from '../support/synth';

const files = readdirSync(join(PROJECT, '__tests__', 'e2e')).flatMap(
  (file) => /^(.*)\.test\.ts$/.exec(file)?.[1] ?? [],
);

/** Seconds until the programs of the test cluster are there, on a machine that has built none before. */
const BUILT_AFTER = 900;

/** Runs all with the seconds that they are said to take. @returns when each began and ended, in the order of their beginnings */
function played(places: number): { file: EndToEndFile; from: number; to: number }[] {
  const waiting = inOrder(files);
  const all: { file: EndToEndFile; from: number; to: number }[] = [];
  for (let now = 0; waiting.length > 0; ) {
    const running = all.filter(({ to }) => to > now);
    const next =
      running.length < places
        ? nextOf(
            waiting,
            running.map(({ file }) => file),
            now >= BUILT_AFTER,
          )
        : undefined;
    if (next === undefined) {
      now = Math.min(...running.map(({ to }) => to));
      continue;
    }
    waiting.splice(waiting.indexOf(next), 1);
    all.push({ file: next, from: now, to: now + next.seconds });
  }
  return all;
}

test('the lists name files that there are', () => {
  expect(KNOWN.filter((name) => !files.includes(name))).toEqual([]);
});

test('every file runs once, and of those under load one at a time', () => {
  const all = played(2);
  expect(all.map(({ file }) => file.name).sort()).toEqual([...files].sort());
  const underLoad = all.filter(({ file }) => file.underLoad);
  expect(underLoad.length).toBeGreaterThan(3);
  const together = underLoad.filter((one, index) => underLoad.slice(0, index).some(({ to }) => to > one.from));
  expect(together.map(({ file }) => file.name)).toEqual([]);
});

test('what needs the test cluster begins when its programs are there, and as soon as it may', () => {
  const [file] = inOrder(['kubernetes']) as [EndToEndFile];
  expect(file).toMatchObject({ underLoad: true, onCluster: true });
  expect([nextOf([file], [], false), nextOf([file], [], true)]).toEqual([undefined, file]);
  const { from = 0 } = played(2).find((each) => each.file.onCluster) ?? {};
  expect(from).toBeGreaterThanOrEqual(BUILT_AFTER);
});

test('neither place stands empty for long', () => {
  const all = played(2);
  const work = all.reduce((sum, { file }) => sum + file.seconds, 0);
  expect(Math.max(...all.map(({ to }) => to))).toBeLessThan((work / 2) * 1.1);
});

test('a file that nobody has measured runs as well, beside any other', () => {
  const [first, second] = inOrder(['new', 'faults']);
  expect([first?.name, second]).toEqual(['faults', { name: 'new', seconds: 60, underLoad: false, onCluster: false }]);
  expect(nextOf([second as EndToEndFile], [first as EndToEndFile], true)).toBe(second);
});
