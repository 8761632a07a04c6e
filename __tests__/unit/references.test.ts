import { readFileSync } from 'node:fs';
import { CONFIGURATION_PAGE, renderConfigurationReference } from '../../tools/write-configuration-reference';
import { CONSTRUCTS_PAGE, renderConstructsReference } from '../../tools/write-constructs-reference';
import { DISTRIBUTIONS_PAGE, renderDistributions } from '../../tools/write-distributions';
import { POLICY_PAGE, renderPolicy } from '../../tools/write-policy';

test.each([
  [
    'docs/configuration.md',
    CONFIGURATION_PAGE,
    renderConfigurationReference,
    'npx tsx tools/write-configuration-reference.ts',
  ],
  ['docs/distributions.md', DISTRIBUTIONS_PAGE, renderDistributions, 'npx tsx tools/write-distributions.ts'],
  ['docs/policy.md', POLICY_PAGE, renderPolicy, 'npx tsx tools/write-policy.ts'],
  ['docs/constructs.md', CONSTRUCTS_PAGE, renderConstructsReference, 'npx tsx tools/write-constructs-reference.ts'],
])(
  '%s is up to date',
  (_, file, render, command) => {
    const isFresh = readFileSync(file, 'utf8') === render();
    expect(isFresh ? 'up to date' : `out of date; run: ${command}`).toBe('up to date');
  },
  60_000,
);

test('the reference of the configuration says of every key what it means', () => {
  const rows = renderConfigurationReference()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((line) => /\|\s*\|$/.test(line) || / any |undefined/.test(line))).toEqual([]);
});

test('every link within the reference of the constructs leads somewhere', () => {
  const page = readFileSync(CONSTRUCTS_PAGE, 'utf8');
  const headings = [...page.matchAll(/^#+ (\w+)$/gm)].map(([, heading]) => heading?.toLowerCase());
  const links = [...page.matchAll(/\]\(#(\w+)\)/g)].map(([, target]) => target);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((target) => !headings.includes(target))).toEqual([]);
});
