import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DistributionName } from '../../catalogue/distributions';
import { acceleratorProblem } from '../../environment/accelerator';
import { acceleratorArchive, acceleratorTemplate } from '../support/accelerator';
import { temporaryDirectory } from '../support/synth';
import { zip } from '../support/zip';

const TEMPLATE = 'a/repository/resources/wso2is-7.1.0-deployment.toml';

function problem(
  content: Buffer,
  distribution: DistributionName = 'wso2is-7.1.0-financial-services',
): string | undefined {
  const path = join(temporaryDirectory('accelerator-'), 'accelerator.zip');
  writeFileSync(path, content);
  return acceleratorProblem(path, distribution)?.replaceAll(path, 'accelerator.zip');
}

describe('the archive of the accelerator', () => {
  test.each([
    ['4.0.0', '7.0.0'],
    ['4.0.0', '7.1.0'],
    ['4.1.1', '7.0.0'],
    ['4.1.1', '7.1.0'],
    ['4.0.1', '7.0.0'],
    ['4.0.1', '7.1.0'],
    ['4.0.1', '7.2.0'],
    ['4.0.1', '7.3.0'],
  ] as const)('of %s fits the distribution of that release on %s', (release, version) => {
    const name = `wso2is-${version}-financial-services-${release}` as DistributionName;
    expect(problem(acceleratorArchive(release, version), name)).toBeUndefined();
  });

  test('fits whatever its comments, credentials and order of keys are', () => {
    const template = acceleratorTemplate('4.0.1', '7.1.0').replaceAll('(credential)', 'changed');
    expect(problem(zip({ [TEMPLATE]: `# a comment\r\n\n${template}` }))).toBeUndefined();
  });

  test('of another release is refused with the name of its distribution', () => {
    expect(problem(acceleratorArchive('4.1.1', '7.1.0'))).toBe(
      'found "accelerator.zip", which is release 4.1.1 of the accelerator, but wso2is-7.1.0-financial-services is configured for 4.0.1; use "wso2is-7.1.0-financial-services-4.1.1" as the distribution, or the zip of 4.0.1',
    );
  });

  test('of a release that nobody knows is refused with those that are known', () => {
    const template = acceleratorTemplate('4.0.1', '7.1.0').replace(
      'authorize_all_scopes = true',
      'authorize_all_scopes = false',
    );
    for (const text of [template, 'this is no TOML', '']) {
      expect(problem(zip({ [TEMPLATE]: text }))).toContain(
        'of no release that this project knows for 7.1.0 (4.0.0, 4.0.1, 4.1.1), so its configuration would not fit',
      );
    }
  });

  test('of another product, or for another version, is refused', () => {
    for (const content of [zip({ 'a/bin/merge.sh': '' }), acceleratorArchive('4.0.1', '7.2.0')]) {
      expect(problem(content)).toContain(
        'has no repository/resources/wso2is-7.1.0-deployment.toml; is it the accelerator',
      );
    }
  });

  test('that was not downloaded completely is refused', () => {
    const whole = acceleratorArchive('4.0.1', '7.1.0');
    expect(problem(whole.subarray(0, whole.length / 2))).toContain('has no repository/resources/');
    expect(problem(Buffer.from('<html>not found</html>'))).toContain('is no readable zip file');
  });

  test('is refused where the distribution has no accelerator', () => {
    expect(problem(acceleratorArchive('4.0.1', '7.1.0'), 'wso2is-7.1.0')).toContain('is of no use with wso2is-7.1.0');
  });
});
