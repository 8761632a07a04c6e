import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../setup/process';
import { PAUSE_IMAGE } from './machine-files';
import { COREDNS_IMAGE, NETWORK_POLICIES_IMAGE } from './manifests';

/** The archive with the images that every machine has. */
export const BASE_IMAGES = 'images.tar';

// The same files give the same bytes.
const TAR = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--create', '--file'];

/** Writes the images of programs that need nothing else, without a Docker Engine. @param folder of the programs, and of the archive */
export async function writeImages(folder: string, architecture: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'wso2-kube-images-'));
  try {
    const images = { pause: PAUSE_IMAGE, coredns: COREDNS_IMAGE, 'network-policies': NETWORK_POLICIES_IMAGE };
    const manifest = await Promise.all(
      Object.entries(images).map(([program, tag]) =>
        writeImage(join(folder, program), program, tag, architecture, work),
      ),
    );
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    const entries = manifest.flatMap(({ Config, Layers }) => [Config, ...Layers]);
    await run('tar', [...TAR, join(folder, BASE_IMAGES), '--directory', work, 'manifest.json', ...entries]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @returns its entry in the manifest of an archive as of "docker save" */
async function writeImage(file: string, program: string, tag: string, architecture: string, work: string) {
  const root = join(work, `${program}-root`);
  await mkdir(root);
  await copyFile(file, join(root, program));
  const layer = `${program}.tar`;
  await run('tar', [...TAR, join(work, layer), '--directory', root, program]);
  const digest = createHash('sha256')
    .update(await readFile(join(work, layer)))
    .digest('hex');
  const configuration = {
    architecture,
    os: 'linux',
    config: { Entrypoint: [`/${program}`] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  await writeFile(join(work, `${program}.json`), JSON.stringify(configuration));
  return { Config: `${program}.json`, RepoTags: [tag], Layers: [layer] };
}
