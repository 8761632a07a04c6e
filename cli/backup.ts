import { backUpSecrets } from './backup-secrets';
import { selectedTopology } from './command';
import { EnvironmentEngine } from './environment-engine';
import { runCommand, UserError } from './setup/errors';

/** `make backup ENVIRONMENT=… > file`: passwords, keys and certificates of the environment as a tar archive on standard output. */
runCommand(async () => {
  const topology = selectedTopology();
  if (process.stdout.isTTY) {
    throw new UserError(
      `the archive holds every secret of ${topology.environment}: send it to what encrypts it, such as make backup ENVIRONMENT=${topology.environment} | gpg --encrypt --recipient … > keys.tar.gpg`,
    );
  }
  const archive = await backUpSecrets(topology, new EnvironmentEngine(topology));
  await new Promise<void>((done, failed) => process.stdout.write(archive, (error) => (error ? failed(error) : done())));
  console.error(
    `${topology.environment}: passwords, keys and certificates, ${archive.length} bytes. The database is not in it.`,
  );
});
