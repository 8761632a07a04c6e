import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf } from '../catalogue/database-engines/jdbc-url';
import type { Topology } from '../topology/topology';
import { type CommandContext, openEnvironment } from './command';
import { planAll } from './planning';
import { withNumber, writeWhole } from './revise-configuration';
import { applyAll } from './rollout';
import { waitUntilAllServe } from './rotation';
import { requireUsableValue } from './secret-values';
import { NOTE, placeOfSecret, storeSecret } from './secret-volumes';
import { UserError } from './setup/errors';
import { step } from './setup/progress';

const NAME = 'DATABASE_PASSWORD';

/**
 * Gives the nodes a new password for the database: the second of two logins gets it, the nodes change to that login one by one through
 * the ordinary gates, then the first login is locked. Connections that are open, and those that are opened meanwhile, have a valid
 * password at every moment.
 *
 * @param value the new password. @default - one is generated
 */
export async function rotateDatabasePassword(context: CommandContext, value: string | undefined): Promise<void> {
  const { topology, engine } = context;
  const { environment, database, jobs } = topology;
  const revision = database.logins.revision + 1;
  const file = join('config', `${environment}.toml`);
  if (topology.protected) throw new UserError(byReview(topology, file, revision));
  if (jobs.schema === undefined) throw new UserError(byHand(topology, file, revision));
  if (value !== undefined) requireUsableValue(NAME, value, topology);
  const before = readFileSync(file, 'utf8');
  const after = withNumber(before, 'database', 'password_revision', revision);
  if (after === undefined) {
    throw new UserError(
      `${file}: the place for database.password_revision is not plain. Write password_revision = ${revision} into its table database yourself, then: make up ENVIRONMENT=${environment}`,
    );
  }
  if ((await planAll(context)).length > 0) {
    throw new UserError(
      `${environment} is not as configured, and a rotation changes nothing else: apply that first (make plan, make up ENVIRONMENT=${environment}). The password was not changed.`,
    );
  }
  await waitUntilAllServe(context);
  // What an earlier rotation could not finish: the login that is next must be nobody's.
  await lockOtherLogin(context);
  if (value !== undefined) {
    const place = placeOfSecret(NAME, topology);
    await storeSecret({ ...place, file: database.logins.other.secret, revision }, value, engine);
  }
  writeWhole(file, after);
  console.log(`${file}: database.password_revision = ${revision}`);
  const next = await openEnvironment();
  const changed = await planAll(next);
  try {
    await applyAll(next, changed);
  } catch (error) {
    if (await someNodeUses(next)) throw error;
    writeWhole(file, before);
    console.error(`No node was changed: ${file} is as it was, and the old password stays.`);
    throw error;
  }
  await waitUntilAllServe(next);
  await lockOtherLogin(next);
}

/** Whether a node's container is of this revision. */
async function someNodeUses({ topology, engine }: CommandContext): Promise<boolean> {
  const { nodes, database } = topology;
  const names = nodes.map(({ containerName }) => containerName);
  return (await engine.containers()).some(
    ({ name, variables }) => names.includes(name) && variables.DATABASE_LOGIN === database.logins.current.role,
  );
}

// What the next revision has been given already stays.
const FORGET = `${NOTE}
umask 077
cd /
[ -e "database-secrets/$OTHER" ] || [ -e "identity-server-secrets/$OTHER" ] ||
  grep -qs "  \\./$OTHER$" database-secrets/checksums identity-server-secrets/checksums || exit 0
revision=$(cat "/database-secrets/$OTHER.revision" 2>/dev/null || echo 0)
[ "$revision" -lt "$REVISION" ] || exit 0
for folder in /database-secrets /identity-server-secrets; do
  cd "$folder"
  rm -f "$OTHER" "$OTHER.revision"
  note "$OTHER" "$OTHER.revision"
done
echo forgotten
`;

/** Locks the other login, whether or not an earlier run did. */
export async function lockOtherLogin(context: CommandContext): Promise<void> {
  if (!mayBeLocked(context)) return;
  await forgetOther(context);
  await lockByJob(context);
}

/**
 * Locks the other login where every node works with the current one and it is not locked yet: its password is still there, or the schema
 * job has failed since. Where nothing is to do that is one look, and none where there was never another login.
 */
export async function lockUnusedLogin(context: CommandContext): Promise<void> {
  if (!mayBeLocked(context)) return;
  const { topology, engine } = context;
  const { nodes, retired, database, jobs } = topology;
  const names = [...nodes.map(({ containerName }) => containerName), ...retired.stacks.map(({ name }) => name)];
  const containers = await engine.containers();
  const logins = containers.filter(({ name }) => names.includes(name)).map(({ variables }) => variables.DATABASE_LOGIN);
  if (logins.some((login) => login !== database.logins.current.role)) return;
  const failed = containers.some(({ name, exitCode }) => name === jobs.schema?.run.name && exitCode !== 0);
  if ((await forgetOther(context)) || failed) await lockByJob(context);
}

/** Not before there was a second one, and not where others make the logins. */
function mayBeLocked({ topology: { database, jobs } }: CommandContext): boolean {
  return database.logins.revision > 1 && jobs.schema !== undefined;
}

/** Forgets the password of the login that no node uses any more. @returns whether it was there */
async function forgetOther({ topology, engine }: CommandContext): Promise<boolean> {
  const { database, jobs, volumes } = topology;
  const { revision, other } = database.logins;
  const said = await engine.runOnVolumes(jobs.secrets.image, FORGET, {
    mounts: [
      `${volumes.databaseSecrets.name}:/database-secrets`,
      `${volumes.identityServerSecrets.name}:/identity-server-secrets`,
    ],
    capabilities: ['DAC_OVERRIDE'],
    environment: { OTHER: other.secret, REVISION: String(revision) },
  });
  return said.includes('forgotten');
}

/** The schema job locks a login whose password is not there. */
async function lockByJob({ topology: { database, jobs }, engine }: CommandContext): Promise<void> {
  const schemaJob = jobs.schema?.run.name as string;
  await step(`Lock the login ${database.logins.other.role}, which no node uses any more`, () =>
    engine.docker('start', '--attach', schemaJob),
  );
}

function byReview({ environment }: Topology, file: string, revision: number): string {
  return `${environment} is protected, so its configuration changes by review: raise database.password_revision to ${revision} in ${file} and have that reviewed. Before it is applied, put the new password on the Docker host with that configuration: make import-secret ENVIRONMENT=${environment} NAME=${NAME} < password. The apply then changes the nodes one by one and locks the old login. Nothing was changed.`;
}

function byHand({ environment, database }: Topology, file: string, revision: number): string {
  return `the schema of ${environment} is created by others (database.schema = "manual"), and so are its logins. Have a second login ${database.logins.other.role} created on ${addressesOf(database.servers, ' or ')} with the rights of ${database.logins.current.role}, raise database.password_revision to ${revision} in ${file}, put its password on the Docker host (make import-secret ENVIRONMENT=${environment} NAME=${NAME} < password), then: make up ENVIRONMENT=${environment}. Afterwards have the old login locked. Nothing was changed.`;
}
