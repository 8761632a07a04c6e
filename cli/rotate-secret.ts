import { fstatSync, readFileSync } from 'node:fs';
import type { Topology } from '../topology/topology';
import { rotateAdministrator } from './administrator';
import { administratorContext } from './administrator-context';
import { atWork } from './at-work';
import { EVERY_PLATFORM, openEnvironment, runOnEnvironment, selectedTopology } from './command';
import { rotateDatabasePassword } from './database-password';
import { rotationOnEngine } from './database-rotation';
import { onKubernetes } from './on-kubernetes';
import { requireKnownSecret } from './secret-values';
import { UserError } from './setup/errors';

const SELECTED = { creates: true, on: EVERY_PLATFORM };
const ROTATED = ['DATABASE_PASSWORD', 'ADMIN_PASSWORD'];

/**
 * `make rotate-secret ENVIRONMENT=… NAME=…`: a new password in place of one that is in use, without a failed request: everywhere, or the old
 * one stays. It is generated on this machine unless standard input has one.
 */
runOnEnvironment(SELECTED, async (topology) => {
  const name = process.env.NAME ?? '';
  requireKnownSecret(name, topology);
  if (!ROTATED.includes(name)) {
    throw new UserError(
      `${name} cannot be rotated; allowed: ${ROTATED.join(', ')}. A certificate is renewed with "make import-secret".`,
    );
  }
  await (topology.platform.kind === 'kubernetes' ? onCluster(topology, name) : onEngine(name));
  console.log(`${name} of ${topology.environment} is rotated. Take a new backup: the last one has the old value.`);
});

async function onEngine(name: string): Promise<void> {
  const context = await openEnvironment();
  await atWork(context, 'make rotate-secret', async () =>
    name === 'ADMIN_PASSWORD'
      ? rotateAdministrator(await administratorContext(context.topology), givenValue())
      : rotateDatabasePassword(rotationOnEngine(context), givenValue()),
  );
}

async function onCluster(topology: Topology, name: string): Promise<void> {
  const { atWorkOnCluster, openCluster, rotationOnCluster } = onKubernetes();
  const administrator = await administratorContext(topology);
  const context = await openCluster(topology);
  await atWorkOnCluster(context, 'make rotate-secret', () =>
    name === 'ADMIN_PASSWORD'
      ? rotateAdministrator(administrator, givenValue())
      : rotateDatabasePassword(
          rotationOnCluster(context, () => selectedTopology(SELECTED)),
          givenValue(),
        ),
  );
}

/** What a pipe or a file on standard input holds. */
function givenValue(): string | undefined {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isFile() && !input.isSocket()) return undefined;
  const value = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  return value === '' ? undefined : value;
}
