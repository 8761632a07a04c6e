import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Folder below `images/sandbox/` of each image that the sandbox builds. */
export const SANDBOX_IMAGES = {
  identityServer: 'identity-server',
  postgresql: 'postgresql',
  mariadb: 'mariadb',
  nginx: 'nginx',
} as const;

export type SandboxImage = keyof typeof SANDBOX_IMAGES;

/** Names of the images that this project builds, by what they stand in for. */
export type SandboxImages = Readonly<Record<SandboxImage, string>>;

/** A file of a build context. */
export interface SandboxImageFile {
  /** Path below the image's folder, with slashes. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

const SANDBOX = join(__dirname, 'sandbox');
const REPOSITORY = 'wso2-is-active-active/sandbox-';
// What editors, Java and operating systems leave behind.
const LEFTOVER = /(^\.DS_Store|^\.idea|^\.vscode|^\.#.*|~|\.swp|\.orig|\.rej|\.class)$/;

/**
 * Names of the sandbox's images. The tag is a hash of everything the image is built from, so a changed image is a changed name,
 * a plan shows it, and nothing is ever built twice.
 *
 * @param directory folder that holds the images' folders. @default - images/sandbox
 */
export function sandboxImageTags(directory: string = SANDBOX): SandboxImages {
  const tags = Object.entries(SANDBOX_IMAGES).map(([image, folder]) => {
    const hash = createHash('sha256');
    for (const { path, content } of sandboxImageFiles(image as SandboxImage, directory)) {
      hash.update(`${path}\0${content.length}\0`).update(content);
    }
    return [image, `${REPOSITORY}${folder}:${hash.digest('hex').slice(0, 12)}`];
  });
  return Object.fromEntries(tags) as SandboxImages;
}

/** The files an image is built from, in a fixed order, as git stores them: line feeds, and scripts executable. */
export function sandboxImageFiles(image: SandboxImage, directory: string = SANDBOX): SandboxImageFile[] {
  const root = join(directory, SANDBOX_IMAGES[image]);
  return filesBelow(root, '').map((path) => {
    const bytes = readFileSync(join(root, path));
    const content = bytes.includes(0)
      ? bytes
      : Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    return { path, content, executable: content.subarray(0, 2).toString() === '#!' };
  });
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !LEFTOVER.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });
}
