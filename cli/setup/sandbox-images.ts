import { copyFile, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SANDBOX_IMAGES, type SandboxImage, sandboxImageFiles } from '../../images/tags';
import { ensureBaseImage, imagesOnEngine } from './base-image';
import { cacheDirectory, withLock } from './cache';
import { concurrently } from './concurrently';
import { download, isDownloaded, requireMaven } from './maven';
import { run } from './process';
import { step } from './progress';

/** A file from a Maven repository that an image is built with; an entry of `artifacts.json` in the image's folder. */
interface Artifact {
  /** groupId:artifactId:version:type */
  readonly coordinates: string;
  /** Name in the folder `artifacts/` of the build context. */
  readonly file: string;
}

/**
 * Makes sure that the engine has these images of the sandbox, building what is missing.
 *
 * @param dockerEnv points the docker client at the engine
 * @param tags images wanted, with their names; see `sandboxImageTags`
 * @param directory folder that holds the images' folders. @default - images/sandbox
 * @throws UserError when Maven is missing and needed, or when a build fails
 */
export async function ensureSandboxImages({
  dockerEnv,
  tags,
  directory,
}: {
  dockerEnv: NodeJS.ProcessEnv;
  tags: Partial<Record<SandboxImage, string>>;
  directory?: string;
}): Promise<void> {
  const wanted = Object.entries(tags) as [SandboxImage, string][];
  const missing = async () => {
    const present = await imagesOnEngine(dockerEnv);
    return wanted.filter(([, tag]) => !present.has(tag));
  };
  if (wanted.length === 0 || (await missing()).length === 0) return;
  await withLock('sandbox-images', async () => {
    const images = (await missing()).map(([image, tag]) => ({
      image,
      tag,
      files: sandboxImageFiles(image, directory),
    }));
    const artifacts = new Map(images.map(({ image, files }) => [image, artifactsOf(files)]));
    if ([...artifacts.values()].flat().some(({ coordinates }) => !isDownloaded(coordinates))) {
      requireMaven('the server for the sandbox image');
    }
    const baseImage = ensureBaseImage(dockerEnv);
    const builds = images.map(({ image, tag, files }) => async () => {
      const downloads = await downloadAll(artifacts.get(image) ?? []);
      const base = await baseImage;
      await step(`Building ${tag}`, () => build(image, tag, files, downloads, base, dockerEnv));
    });
    await concurrently([async () => void (await baseImage), ...builds]);
  });
}

type Files = ReturnType<typeof sandboxImageFiles>;
type Download = Artifact & { readonly location: string };

function artifactsOf(files: Files): Artifact[] {
  const list = files.find(({ path }) => path === 'artifacts.json');
  return list ? (JSON.parse(list.content.toString()) as Artifact[]) : [];
}

async function downloadAll(artifacts: readonly Artifact[]): Promise<Download[]> {
  const downloads: Download[] = [];
  for (const artifact of artifacts) downloads.push({ ...artifact, location: await download(artifact.coordinates) });
  return downloads;
}

async function build(
  image: SandboxImage,
  tag: string,
  files: Files,
  downloads: readonly Download[],
  baseImage: string,
  dockerEnv: NodeJS.ProcessEnv,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'wso2-image-'));
  try {
    for (const { path, content, executable } of files) {
      await mkdir(dirname(join(context, path)), { recursive: true });
      await writeFile(join(context, path), content, { mode: executable ? 0o755 : 0o644 });
    }
    for (const { file, location } of downloads) {
      await mkdir(join(context, 'artifacts'), { recursive: true });
      await link(location, join(context, 'artifacts', file)).catch(() =>
        copyFile(location, join(context, 'artifacts', file)),
      );
    }
    const logFile = join(cacheDirectory(), 'logs', `${SANDBOX_IMAGES[image]}.log`);
    await rm(logFile, { force: true });
    const label = `wso2-is-active-active.sandbox-image=${SANDBOX_IMAGES[image]}`;
    const args = [
      'build',
      '--force-rm',
      '--build-arg',
      `BASE_IMAGE=${baseImage}`,
      '--label',
      label,
      '--tag',
      tag,
      context,
    ];
    await run('docker', args, { env: dockerEnv, logFile });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
