import { fsyncSync } from 'node:fs';
import { backUpSecrets } from './backup-secrets';
import { EVERY_PLATFORM, runOnEnvironment } from './command';
import { UserError } from './setup/errors';
import { volumeHostOf } from './volume-host-of';

/** `make backup ENVIRONMENT=… > file`: passwords, keys and certificates of the environment as a tar archive on standard output. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  if (process.stdout.isTTY) {
    throw new UserError(
      `the archive holds every secret of ${topology.environment}: send it to what encrypts it, such as make backup ENVIRONMENT=${topology.environment} | gpg --encrypt --recipient … > keys.tar.gpg`,
    );
  }
  const archive = await backUpSecrets(topology, await volumeHostOf(topology));
  await writeOut(archive);
  console.error(
    `${topology.environment}: passwords, keys and certificates, ${archive.length} bytes. The database is not in it.`,
  );
});

/** @throws UserError unless all of it could be handed over */
async function writeOut(archive: Buffer): Promise<void> {
  try {
    await new Promise<void>((done, failed) => {
      // Without a listener a broken pipe would end this process before it could say so.
      process.stdout.once('error', failed);
      process.stdout.write(archive, (error) => (error ? failed(error) : done()));
    });
    syncFile();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOSPC' ? 'the disk is full' : code === 'EPIPE' ? 'the reader has ended' : message;
    throw new UserError(`the backup is incomplete and must not be kept: ${reason}`);
  }
}

/** Some file systems say only now that there is no space. What is no file cannot be synchronised. */
function syncFile(): void {
  try {
    fsyncSync(process.stdout.fd);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
