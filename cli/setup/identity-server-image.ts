import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { IDENTITY_SERVER_CONTEXT, type IdentityServerBuild } from '../../images/identity-server';
import { imagesOnEngine } from './base-image';
import { cacheDirectory, withLock } from './cache';
import { download, isDownloaded, requireMaven } from './maven';
import { run } from './process';
import { step } from './progress';

/**
 * Makes sure that the engine has an identity server image with the driver and the accelerator that were asked for.
 *
 * @param dockerEnv points the docker client at the engine
 * @throws UserError when Maven is missing and needed, or when the build fails, for example in the accelerator's own script
 */
export async function ensureIdentityServerImage({
  dockerEnv,
  build,
}: {
  dockerEnv: NodeJS.ProcessEnv;
  build: IdentityServerBuild;
}): Promise<void> {
  if ((await imagesOnEngine(dockerEnv)).has(build.image)) return;
  await withLock('identity-server-image', async () => {
    if ((await imagesOnEngine(dockerEnv)).has(build.image)) return;
    const context = await mkdtemp(join(tmpdir(), 'identity-server-'));
    try {
      await cp(IDENTITY_SERVER_CONTEXT, context, { recursive: true });
      await mkdir(join(context, 'libraries'));
      await mkdir(join(context, 'accelerator'));
      if (build.driver !== undefined) await addDriver(build.driver, join(context, 'libraries'));
      if (build.accelerator !== undefined) {
        await cp(build.accelerator, join(context, 'accelerator', basename(build.accelerator)));
      }
      const logFile = join(cacheDirectory(), 'logs', 'identity-server.log');
      await rm(logFile, { force: true });
      const args = ['build', '--force-rm', '--build-arg', `BASE_IMAGE=${build.base}`, '--tag', build.image, context];
      await step(`Building ${build.image} from ${build.base}`, () => run('docker', args, { env: dockerEnv, logFile }));
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
}

/** The file keeps the name that it has in the repository, so that a look into the image says what is in it. */
async function addDriver(driver: string, folder: string): Promise<void> {
  const [coordinates, sha256] = driver.split('@sha256:') as [string, string?];
  const [, artifact, version] = coordinates.split(':');
  const file = `${coordinates}:jar`;
  if (!isDownloaded(file)) requireMaven('the JDBC driver');
  await cp(await download(file, { sha256 }), join(folder, `${artifact}-${version}.jar`));
}
