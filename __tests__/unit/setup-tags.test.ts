import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SANDBOX_IMAGES, type SandboxImage, sandboxImageFiles, sandboxImageTags } from '../../images/tags';

const images = Object.keys(SANDBOX_IMAGES) as SandboxImage[];
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'images-'));
  cpSync(join(__dirname, '../../images/sandbox'), copy, { recursive: true });
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

test('every folder of images/sandbox has a tag', () => {
  expect(Object.values(SANDBOX_IMAGES).sort()).toEqual(
    readdirSync(copy)
      .filter((name) => name !== 'README.md')
      .sort(),
  );
  for (const image of images) {
    expect(sandboxImageTags()[image]).toMatch(
      new RegExp(`^wso2-is-active-active/sandbox-${SANDBOX_IMAGES[image]}:[0-9a-f]{12}$`),
    );
  }
});

test('tags do not depend on place, permissions, line ends or what editors leave behind', () => {
  for (const image of images) {
    const folder = join(copy, SANDBOX_IMAGES[image]);
    const dockerfile = join(folder, 'Dockerfile');
    writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8').replaceAll('\n', '\r\n'));
    chmodSync(dockerfile, 0o700);
    writeFileSync(join(folder, 'Dockerfile~'), 'x');
    writeFileSync(join(folder, '.DS_Store'), 'x');
  }
  expect(sandboxImageTags(copy)).toEqual(sandboxImageTags());
});

test.each(images)('a change of %s changes its tag and no other', (image) => {
  appendFileSync(join(copy, SANDBOX_IMAGES[image], 'Dockerfile'), '#');
  const before = sandboxImageTags();
  const after = sandboxImageTags(copy);
  expect(images.filter((name) => before[name] !== after[name])).toEqual([image]);
});

test('a file that moves changes the tag', () => {
  const folder = join(copy, SANDBOX_IMAGES.nginx);
  cpSync(join(folder, 'nginx.conf'), join(folder, 'other.conf'));
  rmSync(join(folder, 'nginx.conf'));
  expect(sandboxImageTags(copy).nginx).not.toBe(sandboxImageTags().nginx);
});

test('scripts are executable in the build context whatever the checkout says', () => {
  const entryPoint = join(copy, SANDBOX_IMAGES.nginx, 'docker-entrypoint.sh');
  chmodSync(entryPoint, 0o644);
  const files = sandboxImageFiles('nginx', copy);
  expect(files.find(({ path }) => path === 'docker-entrypoint.sh')?.executable).toBe(true);
  expect(files.find(({ path }) => path === 'Dockerfile')?.executable).toBe(false);
});
