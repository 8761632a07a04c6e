import { readFileSync } from 'node:fs';
import {
  DISTRIBUTION_NAMES,
  DISTRIBUTIONS,
  type DistributionName,
  TEMPLATE_DIGESTS,
  templateDigest,
} from '../../catalogue/distributions';
import { DELIBERATE_DIFFERENCES } from '../../catalogue/distributions/deliberate-differences';
import { DIFFERENCES_FILE, differencesPage } from '../../tools/list-differences';
import { differences, generatedToml, reasonFor, TEMPLATES, templatedDistributions } from '../../tools/parity';

const templated = templatedDistributions();

const WITH_ACCELERATOR = DISTRIBUTION_NAMES.filter((name) => DISTRIBUTIONS[name].accelerator !== undefined);

test('every distribution with the accelerator is compared with the template of its release', () => {
  const named = WITH_ACCELERATOR.filter((name) => !name.endsWith('-financial-services'));
  expect(templated).toEqual(named.sort());
});

test.each(WITH_ACCELERATOR.filter((name) => name.endsWith('-financial-services')))(
  '%s means the newest release that there is for it',
  (name) => {
    expect(DISTRIBUTIONS[name].accelerator?.release).toBe('4.0.1');
    expect(generatedToml(name)).toEqual(generatedToml(`${name}-4.0.1` as DistributionName));
  },
);

test('the templates that an archive is compared with are those', () => {
  const digests = templated.map((name) => [name, templateDigest(readFileSync(`${TEMPLATES}/${name}.tsv`, 'utf8'))]);
  const known = Object.entries(TEMPLATE_DIGESTS).flatMap(([release, versions]) =>
    Object.entries(versions).map(([version, digest]) => [`wso2is-${version}-financial-services-${release}`, digest]),
  );
  expect(Object.fromEntries(digests)).toEqual(Object.fromEntries(known));
});

describe.each(templated)('%s', (name) => {
  test('differs from the template only where it is meant to', () => {
    expect(differences(name).filter(({ reason }) => reason === undefined)).toEqual([]);
  });

  test('leaves out no key of the template but those that are meant', () => {
    const leftOut = differences(name).filter(({ ours }) => ours === undefined);
    expect(leftOut.filter(({ key }) => !reasonFor(key)?.leftOut)).toEqual([]);
  });

  test('is compared with a template of the size that upstream ships', () => {
    const lines = readFileSync(`${TEMPLATES}/${name}.tsv`, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(335);
  });
});

test('every deliberate difference is one', () => {
  const used = templated.flatMap((name) => differences(name).map(({ key }) => reasonFor(key)));
  expect(DELIBERATE_DIFFERENCES.filter((entry) => !used.includes(entry))).toEqual([]);
});

test('the page in docs/ is what the command prints', () => {
  expect(readFileSync(DIFFERENCES_FILE, 'utf8')).toBe(differencesPage());
});
