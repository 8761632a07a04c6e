import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce, cacheDirectory } from './cache';
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
 * @returns the file in the cache
 */
export async function download(
  coordinates: string,
  { withoutPom = false }: { withoutPom?: boolean } = {},
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
  return join(folder, 'artifact');
}

export function isDownloaded(coordinates: string): boolean {
  return existsSync(join(cacheDirectory(), artifactFolder(coordinates)));
}

function artifactFolder(coordinates: string): string {
  return join('artifacts', coordinates.replaceAll(':', '_'));
}
