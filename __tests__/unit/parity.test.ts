import { readFileSync } from 'node:fs';
import { DISTRIBUTION_NAMES, DISTRIBUTIONS } from '../../catalogue/distributions';
import { DELIBERATE_DIFFERENCES } from '../../catalogue/distributions/deliberate-differences';
import { DIFFERENCES_FILE, differencesPage } from '../../tools/list-differences';
import { differences, reasonFor, TEMPLATES, templatedDistributions } from '../../tools/parity';

const templated = templatedDistributions();

test('every distribution with the accelerator is compared with a template', () => {
  expect(templated).toEqual(DISTRIBUTION_NAMES.filter((name) => DISTRIBUTIONS[name].accelerator !== undefined).sort());
});

describe.each(templated)('%s', (name) => {
  test('differs from the template only where it is meant to', () => {
    expect(differences(name).filter(({ reason }) => reason === undefined)).toEqual([]);
  });

  test('leaves out no key of the template', () => {
    expect(differences(name).filter(({ ours }) => ours === undefined)).toEqual([]);
  });

  test('is compared with a template of the size that upstream ships', () => {
    const lines = readFileSync(`${TEMPLATES}/${name}.tsv`, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(340);
  });
});

test('every deliberate difference is one', () => {
  const used = templated.flatMap((name) => differences(name).map(({ key }) => reasonFor(key)));
  expect(DELIBERATE_DIFFERENCES.filter((entry) => !used.includes(entry))).toEqual([]);
});

test('the page in docs/ is what the command prints', () => {
  expect(readFileSync(DIFFERENCES_FILE, 'utf8')).toBe(differencesPage());
});
