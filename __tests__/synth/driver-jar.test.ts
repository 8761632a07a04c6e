import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_ENGINE_NAMES, DATABASE_ENGINES } from '../../catalogue/database-engines';
import { archiveEntries } from '../../environment/archive';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { deriveTopology, type Topology } from '../../topology/topology';
import { acceleratorArchive } from '../support/accelerator';
import { type Json, SMALLEST, synthesizeToFiles, TEST_IMAGES, temporaryDirectory, topology } from '../support/synth';
import { zip } from '../support/zip';

const PRODUCT = SMALLEST.replace('"sandbox"', '"wso2is-7.1.0"');
const LIBRARY = '/home/wso2carbon/wso2-artifact-volume/repository/components/lib/postgresql-42.7.8.jar';

/** An environment whose folder has a driver, as a checkout anywhere on a machine would. */
function withDriver(toml: string, content = 'class'): { derived: Topology; jar: Buffer } {
  const folder = temporaryDirectory('driver-');
  const jar = zip({ 'META-INF/MANIFEST.MF': 'x', 'org/postgresql/Driver.class': content });
  mkdirSync(join(folder, 'drivers'));
  writeFileSync(join(folder, 'drivers', 'postgresql-42.7.8.jar'), jar);
  const settings = 'driver_jar = "drivers/postgresql-42.7.8.jar"\n[load_balancer]';
  writeFileSync(join(folder, 'bank.toml'), toml.replace('[load_balancer]', settings));
  const [environment] = loadEnvironments(folder);
  if (environment === undefined) throw new Error('no environment');
  return { derived: deriveTopology(environment, readAssets(environment, TEST_IMAGES)), jar };
}

function nodes(derived: Topology) {
  const { stacks } = synthesizeToFiles([derived]);
  return stacks
    .filter(({ name }) => name.includes('-node-'))
    .map(({ directory, text, resources }) => ({
      directory,
      text,
      container: resources.find(({ type }) => type === 'docker_container')?.config as Json,
    }));
}

test('every node gets the jar, from a copy beside its configuration, and no image is built', () => {
  const { derived, jar } = withDriver(PRODUCT);
  expect(derived.identityServerBuild).toBeUndefined();
  expect(derived.nodes.map(({ image }) => image)).toEqual(['wso2/wso2is:7.1.0', 'wso2/wso2is:7.1.0']);
  const hash = createHash('sha256').update(jar).digest('hex');
  const both = nodes(derived);
  expect(both).toHaveLength(2);
  for (const { directory, container } of both) {
    const upload = container.upload.find(({ file }: Json) => file === LIBRARY);
    expect(upload).toEqual({ file: LIBRARY, permissions: '0644', source: expect.any(String), source_hash: hash });
    expect(upload.source).toMatch(/^assets\//);
    expect(readFileSync(join(directory, upload.source))).toEqual(jar);
  }
});

test('the same jar gives the same bytes wherever it is, and another one another plan', () => {
  const texts = (content?: string) => nodes(withDriver(PRODUCT, content).derived).map(({ text }) => text);
  expect(texts()).toEqual(texts());
  for (const [index, text] of texts('other').entries()) expect(text).not.toBe(texts()[index]);
});

describe("the sandbox's image", () => {
  const build = (engine: string) => {
    const { schemasOfService } = DATABASE_ENGINES[engine as 'oracle'];
    const service = schemasOfService ? 'service = "s"\n' : '';
    const server = `host = "db.bank.example"\nmax_connections = 1000\nschema = "manual"\n${service}`;
    return topology(`${SMALLEST}[database]\nengine = "${engine}"\n${server}`).identityServerBuild;
  };

  test('has the driver of PostgreSQL', () => {
    expect(build('postgresql')).toBeUndefined();
  });

  test.each(DATABASE_ENGINE_NAMES.filter((name) => name !== 'postgresql'))('gets that of %s', (engine) => {
    const { driverArtifact, driverVersion } = DATABASE_ENGINES[engine];
    expect(build(engine)).toMatchObject({
      base: TEST_IMAGES.identityServer,
      driver: `${driverArtifact}:${driverVersion}`,
    });
  });
});

test('an image with the accelerator is built without a driver', () => {
  const toml = PRODUCT.replace('"wso2is-7.1.0"', '"wso2is-7.1.0-financial-services"\nbuild = { accelerator = "ACC" }');
  const accelerator = join(temporaryDirectory('accelerator-'), 'accelerator.zip');
  writeFileSync(accelerator, acceleratorArchive('4.0.1', '7.1.0'));
  const { derived } = withDriver(toml.replace('ACC', accelerator));
  expect(derived.identityServerBuild).toMatchObject({ base: 'wso2/wso2is:7.1.0', accelerator });
  expect(derived.identityServerBuild?.driver).toBeUndefined();
  expect(derived.nodes[0]?.driver?.path).toBe(LIBRARY);
});

describe('the directory of an archive', () => {
  const file = (content: Buffer) => {
    const path = join(temporaryDirectory('archive-'), 'a.jar');
    writeFileSync(path, content);
    return path;
  };
  const archive = zip({ 'a/b.class': 'one', 'é.txt': 'two' });

  test('is read, also before a comment', () => {
    expect(archiveEntries(file(archive))).toEqual(['a/b.class', 'é.txt']);
    const commented = Buffer.concat([archive, Buffer.alloc(70, 'c')]);
    commented.writeUInt16LE(70, archive.length - 2);
    expect(archiveEntries(file(commented))).toEqual(['a/b.class', 'é.txt']);
  });

  test('is not there in what is no archive, however it was cut', () => {
    expect(archiveEntries('/nowhere.jar')).toBeUndefined();
    expect(archiveEntries(temporaryDirectory())).toBeUndefined();
    expect(archiveEntries(file(Buffer.alloc(0)))).toBeUndefined();
    expect(archiveEntries(file(Buffer.from('<html>not found</html>'.repeat(9))))).toBeUndefined();
    for (let length = 0; length < archive.length; length++) {
      expect([length, archiveEntries(file(archive.subarray(0, length)))]).toEqual([length, undefined]);
      if (length > 0) expect(archiveEntries(file(archive.subarray(length)))).toBeUndefined();
    }
  });
});
