import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

// docs/security.md says which test shows what; a test that was renamed must not leave a promise without proof.
const PAGE = readFileSync(join(PROJECT, 'docs', 'security.md'), 'utf8');
const SECTIONS = PAGE.split(/^## /m)
  .slice(1)
  .map((section): [string, string] => [section.split('\n')[0] as string, section]);
const ROWS = SECTIONS.filter(([, text]) => text.includes('| shown by |')).flatMap(([section, text]) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (---|.*\| shown by \|$)/.test(line))
    .map((line) => ({ section, danger: line.split(' | ')[0]?.slice(2) ?? '', line })),
);

test('the page says of every actor what shows that he fails', () => {
  const sections = new Set(ROWS.map(({ section }) => section));
  expect(sections.size).toBeGreaterThanOrEqual(5);
  expect(ROWS.length).toBeGreaterThan(30);
});

test.each(ROWS)('$section: "$danger" names a test that exists', ({ line }) => {
  const [, name = '', title = ''] =
    / \| `((?:unit|synth|e2e|golden|cluster)\/[a-z0-9-]+)` ([^|]{12,}) \|$/.exec(line) ?? [];
  const file = join(PROJECT, '__tests__', `${name}.test.ts`);
  expect([line, existsSync(file)]).toEqual([line, true]);
  const text = readFileSync(file, 'utf8');
  expect([title, text.includes(`'${title}'`)]).toEqual([title, true]);
});
