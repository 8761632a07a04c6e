import { join } from 'node:path';
import { buildOnce } from '../../cli/setup/cache';
import { UserError } from '../../cli/setup/errors';
import { buildWithGo, OLDEST_GO } from '../../cli/setup/go';
import { CommandError, isInstalled, run } from '../../cli/setup/process';
import { step } from '../../cli/setup/progress';

const VERSION = '2.40.3';
const SOURCE = {
  package: 'github.com/docker/compose/v2/cmd',
  module: `github.com/docker/compose/v2@v${VERSION}`,
  texts: { 'github.com/docker/compose/v2/internal.Version': VERSION },
};

/**
 * Docker Compose: the one that is installed, else one that is built with Go, once.
 *
 * @returns the words that a command of it begins with
 * @throws UserError when there is none and none can be built
 */
export async function ensureCompose(): Promise<[string, ...string[]]> {
  if (await answers('docker', 'compose', 'version')) return ['docker', 'compose'];
  if (!isInstalled('go')) {
    throw new UserError(
      `Docker Compose is what the benchmark compares with: install its plugin (https://docs.docker.com/compose/install/), or Go ${OLDEST_GO} or newer, with which it is built`,
    );
  }
  const folder = await buildOnce(`docker-compose-${VERSION}-${process.arch}`, (directory) =>
    step(`Building Docker Compose ${VERSION}`, () => buildWithGo(SOURCE, join(directory, 'docker-compose'))),
  );
  return [join(folder, 'docker-compose')];
}

async function answers(program: string, ...args: string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
