import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureEngine } from '../../cli/setup/engine';
import { ensureIdentityServerImage } from '../../cli/setup/identity-server-image';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import {
  type IdentityServerBuild,
  type IdentityServerImageContent,
  identityServerBuild,
  readIdentityServerContext,
} from '../../images/identity-server';
import { sandboxImageTags } from '../../images/tags';
import { docker } from '../support/workspace';
import { zip } from '../support/zip';

// An archive laid out like the accelerator's, with a merge script of our own, on the sandbox's real server.
const { identityServer: base } = sandboxImageTags();
const folder = mkdtempSync(join(tmpdir(), 'accelerator-'));
const built: string[] = [];
let dockerEnv: NodeJS.ProcessEnv;

const SECOND_PART = 'dbscripts/financial-services/consent/postgresql.sql';
const MERGE = `#!/bin/bash
cd ../
cp -r carbon-home/* "$1"/
`;
const ARCHIVE = {
  'wso2-fsiam-accelerator-0.0.0/bin/merge.sh': MERGE,
  [`wso2-fsiam-accelerator-0.0.0/carbon-home/${SECOND_PART}`]: 'CREATE TABLE FS_CONSENT (ID INTEGER);\n',
  'wso2-fsiam-accelerator-0.0.0/carbon-home/repository/components/dropins/fixture.txt': 'new\n',
  // One that the server has already.
  'wso2-fsiam-accelerator-0.0.0/carbon-home/dbscripts/h2.sql': '-- replaced\n',
};

jest.setTimeout(300_000);

beforeAll(async () => {
  const engine = await ensureEngine();
  dockerEnv = engine.env;
  await ensureSandboxImages({ dockerEnv, tags: { identityServer: base } });
}, 900_000);

afterAll(async () => {
  if (built.length > 0) await docker('image', 'rm', '--force', ...built);
  rmSync(folder, { recursive: true, force: true });
});

function archive(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, zip(files));
  return path;
}

/** What the set-up reads for these parts. */
function contentOf({ accelerator }: Partial<IdentityServerBuild>): IdentityServerImageContent {
  return {
    context: readIdentityServerContext(),
    ...(accelerator !== undefined && { accelerator: readFileSync(accelerator) }),
  };
}

async function build(parts: Omit<IdentityServerBuild, 'image' | 'base'>): Promise<string> {
  const plan = identityServerBuild({ base, ...parts }, contentOf(parts));
  built.push(plan.image);
  await ensureIdentityServerImage({ dockerEnv, build: plan });
  return plan.image;
}

const inImage = (image: string, script: string) =>
  docker(
    'run',
    '--rm',
    '--label',
    'wso2-is-active-active.test=1',
    '--network',
    'none',
    '--entrypoint',
    'sh',
    image,
    '-c',
    `cd "$WSO2_SERVER_HOME" && ${script}`,
  );

test('an accelerator is merged, a driver added, and the server’s user owns both', async () => {
  const accelerator = archive('accelerator.zip', ARCHIVE);
  const image = await build({ accelerator, driver: 'com.mysql:mysql-connector-j:9.5.0' });
  expect(await inImage(image, `cat ${SECOND_PART} repository/components/dropins/fixture.txt dbscripts/h2.sql`)).toBe(
    'CREATE TABLE FS_CONSENT (ID INTEGER);\nnew\n-- replaced',
  );
  const jar = 'repository/components/lib/mysql-connector-j-9.5.0.jar';
  expect(await inImage(image, `stat -c '%u:%g' ${jar} ${SECOND_PART} dbscripts/h2.sql`)).toBe(
    '802:802\n802:802\n802:802',
  );
  expect(await inImage(image, `head -c 2 ${jar}`)).toBe('PK');
  // What runs, as whom and how is the base image's.
  const [before, after] = await Promise.all(
    [base, image].map((name) =>
      docker('image', 'inspect', '--format', '{{json .Config.Entrypoint}} {{.Config.User}} {{json .Config.Env}}', name),
    ),
  );
  expect(after).toBe(before);
  expect(await inImage(image, 'ls /tmp')).not.toMatch(/zip|accelerator|unpacked/);
});

test('the server starts from it', async () => {
  const image = await build({
    accelerator: archive('accelerator.zip', ARCHIVE),
    driver: 'com.mysql:mysql-connector-j:9.5.0',
  });
  const output = await docker(
    ...['run', '--rm', '--label', 'wso2-is-active-active.test=1', '--network', 'none', '--memory', '1280m'],
    ...['--entrypoint', 'timeout', image, '--signal=KILL', '120', 'sh', '-c'],
    // Until it says that it has started; without a database of its own it uses the one in its files.
    '/home/wso2carbon/docker-entrypoint.sh & until grep -qs "WSO2 Carbon started in" "$WSO2_SERVER_HOME"/repository/logs/*.log; do sleep 1; done; echo STARTED',
  );
  expect(output).toContain('STARTED');
});

test.each<[string, Record<string, string>, string]>([
  ['has no merge script', { 'a/readme.txt': 'x' }, 'has no bin/merge.sh; is it the accelerator for Identity Server?'],
  ['has nothing to merge', { 'a/bin/merge.sh': MERGE }, 'has no folder carbon-home beside bin'],
  [
    'has a script that installs less than it should',
    { 'a/bin/merge.sh': '#!/bin/bash\necho done\n', 'a/carbon-home/dbscripts/x.sql': 'x' },
    'bin/merge.sh did not install dbscripts/x.sql',
  ],
  [
    'has a script that fails',
    { 'a/bin/merge.sh': '#!/bin/bash\nexit 3\n', 'a/carbon-home/x': 'x' },
    'bin/merge.sh failed with exit code 3',
  ],
])('an archive that %s is refused with the reason', async (name, files, message) => {
  await expect(build({ accelerator: archive(`${name}.zip`, files) })).rejects.toThrow(message);
});

test('what an image is made of is in its name', () => {
  const one = archive('one.zip', { a: '1' });
  const other = archive('other.zip', { a: '2' });
  const copy = archive('copy.zip', { a: '1' });
  const name = (parts: Partial<IdentityServerBuild>) =>
    identityServerBuild({ base: 'wso2/wso2is:7.1.0', ...parts }, contentOf(parts)).image;
  const names = [
    {},
    { base: 'wso2/wso2is:7.2.0' },
    { driver: 'a:b:1' },
    { driver: 'a:b:2' },
    { accelerator: one },
    { accelerator: other },
  ].map(name);
  expect(new Set(names).size).toBe(names.length);
  expect(name({ accelerator: copy })).toBe(name({ accelerator: one }));
});
