import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MAVEN_CHECKSUMS } from '../../catalogue/maven-checksums';
import { buildOnce, cacheDirectory } from './cache';
import { UserError } from './errors';
import { requireProgram } from './machine';
import { run } from './process';
import { step } from './progress';

const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
/** Takes a file without reading its POM. Some of WSO2's have a parent that is in no public repository. */
const COPY_WITHOUT_POM_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.10:copy';

/** @throws UserError where Maven is not installed @param what it is needed for */
export function requireMaven(what: string): void {
  requireProgram('mvn', `Maven downloads ${what}: install Maven 3.6 or newer (package maven).`);
}

/**
 * Downloads a file from the Maven repository of this machine's settings, once.
 *
 * @param coordinates groupId:artifactId:version:type
 * @param withoutPom takes the file without reading its POM, whose parent is in no public repository. @default - false
 * @param sha256 checksum of its content. @default - the one in the catalogue, if it is there
 * @returns the file in the cache
 * @throws UserError where its content is another
 */
export async function download(
  coordinates: string,
  {
    withoutPom = false,
    sha256 = MAVEN_CHECKSUMS[coordinates],
  }: { withoutPom?: boolean; sha256?: string | undefined } = {},
): Promise<string> {
  const folder = await buildOnce(artifactFolder(coordinates), (directory) =>
    step(`Downloading ${coordinates} with Maven`, async () => {
      const goal = withoutPom ? COPY_WITHOUT_POM_GOAL : COPY_GOAL;
      const args = ['-B', '-q', '--strict-checksums', goal, `-Dartifact=${coordinates}`];
      // Outside the repository, so that no project file is looked for.
      await run('mvn', [...args, `-DoutputDirectory=${directory}`], { cwd: directory, timeoutMs: 1_800_000 });
      const [name = ''] = await readdir(directory);
      await rename(join(directory, name), join(directory, 'artifact'));
    }),
  );
  const file = join(folder, 'artifact');
  if (sha256 !== undefined) await requireContent(coordinates, file, sha256);
  return file;
}

/** Maven's own checksums come from where the file comes from, so they prove nothing about who has written it. */
async function requireContent(coordinates: string, file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found === sha256) return;
  await rm(join(cacheDirectory(), artifactFolder(coordinates)), { recursive: true, force: true });
  throw new UserError(
    `${coordinates} is not what it should be: its SHA-256 is ${found}, expected ${sha256}. It was not used. Find out which Maven repository has answered (mvn --version, and your settings.xml), and why it has another file.`,
  );
}

export function isDownloaded(coordinates: string): boolean {
  return existsSync(join(cacheDirectory(), artifactFolder(coordinates)));
}

function artifactFolder(coordinates: string): string {
  return join('artifacts', coordinates.replaceAll(':', '_'));
}
