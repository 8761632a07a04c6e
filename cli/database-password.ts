import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf } from '../catalogue/database-engines/jdbc-url';
import type { Topology } from '../topology/topology';
import { withNumber, writeWhole } from './revise-configuration';
import { requireUsableValue } from './secret-values';
import { NOTE, placeOfSecret, storeSecret } from './secret-volumes';
import { UserError } from './setup/errors';
import { step } from './setup/progress';
import type { VolumeHost } from './volume-host';

const NAME = 'DATABASE_PASSWORD';

/** The two logins of an environment, on whichever platform. */
export interface DatabaseLogins {
  readonly topology: Topology;
  /** Where their passwords are. */
  readonly host: VolumeHost;
  /** The logins of the nodes that are there, also of retired ones; undefined of one from before there were two. */
  inUse(): Promise<(string | undefined)[]>;
  /** Whether the schema job has ended badly. */
  schemaJobFailed(): Promise<boolean>;
  /** Runs the schema job again, which locks a login whose password is not there. */
  runSchemaJob(): Promise<void>;
}

/** What a change of the database's password works with. */
export interface DatabaseRotation extends DatabaseLogins {
  /** Plans every layer. @returns what applies the plans; undefined where nothing would change */
  plan(): Promise<(() => Promise<void>) | undefined>;
  waitUntilAllServe(): Promise<void>;
  /** The same with the configuration as it is now. */
  reopened(): Promise<DatabaseRotation>;
}

/**
 * Gives the nodes a new password for the database: the second of two logins gets it, the nodes change to that login one by one through
 * the ordinary gates, then the first login is locked. Connections that are open, and those that are opened meanwhile, have a valid
 * password at every moment.
 *
 * @param value the new password. @default - one is generated
 */
export async function rotateDatabasePassword(rotation: DatabaseRotation, value: string | undefined): Promise<void> {
  const { topology, host } = rotation;
  const { environment, database, jobs } = topology;
  const revision = database.logins.revision + 1;
  const file = join('config', `${environment}.toml`);
  if (topology.protected) throw new UserError(byReview(topology, host, file, revision));
  if (jobs.schema === undefined) throw new UserError(byHand(topology, host, file, revision));
  if (value !== undefined) requireUsableValue(NAME, value, topology);
  const before = readFileSync(file, 'utf8');
  const after = withNumber(before, 'database', 'password_revision', revision);
  if (after === undefined) {
    throw new UserError(
      `${file}: the place for database.password_revision is not plain. Write password_revision = ${revision} into its table database yourself, then: make up ENVIRONMENT=${environment}`,
    );
  }
  if ((await rotation.plan()) !== undefined) {
    throw new UserError(
      `${environment} is not as configured, and a rotation changes nothing else: apply that first (make plan, make up ENVIRONMENT=${environment}). The password was not changed.`,
    );
  }
  await rotation.waitUntilAllServe();
  // What an earlier rotation could not finish: the login that is next must be nobody's.
  await lockOtherLogin(rotation);
  if (value !== undefined) {
    const place = placeOfSecret(NAME, topology);
    await storeSecret({ ...place, file: database.logins.other.secret, revision }, value, host);
  }
  writeWhole(file, after);
  console.log(`${file}: database.password_revision = ${revision}`);
  const next = await rotation.reopened();
  const apply = await next.plan();
  try {
    await apply?.();
  } catch (error) {
    if ((await next.inUse()).includes(next.topology.database.logins.current.role)) throw error;
    writeWhole(file, before);
    console.error(`No node was changed: ${file} is as it was, and the old password stays.`);
    throw error;
  }
  await next.waitUntilAllServe();
  await lockOtherLogin(next);
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
async function lockOtherLogin(logins: DatabaseLogins): Promise<void> {
  if (!mayBeLocked(logins.topology)) return;
  await forgetOther(logins);
  await lockByJob(logins);
}

/**
 * Locks the other login where every node works with the current one and it is not locked yet: its password is still there, or the schema
 * job has failed since. Where nothing is to do that is one look, and none where there was never another login.
 */
export async function lockUnusedLogin(logins: DatabaseLogins): Promise<void> {
  const { topology } = logins;
  if (!mayBeLocked(topology)) return;
  const { current } = topology.database.logins;
  if ((await logins.inUse()).some((login) => login !== current.role)) return;
  const failed = await logins.schemaJobFailed();
  if ((await forgetOther(logins)) || failed) await lockByJob(logins);
}

/** Not before there was a second one, and not where others make the logins. */
function mayBeLocked({ database, jobs }: Topology): boolean {
  return database.logins.revision > 1 && jobs.schema !== undefined;
}

/** Forgets the password of the login that no node uses any more. @returns whether it was there */
async function forgetOther({ topology, host }: DatabaseLogins): Promise<boolean> {
  const { database, jobs, volumes } = topology;
  const { revision, other } = database.logins;
  const said = await host.runOnVolumes(jobs.secrets.image, FORGET, {
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
async function lockByJob({ topology: { database }, runSchemaJob }: DatabaseLogins): Promise<void> {
  await step(`Lock the login ${database.logins.other.role}, which no node uses any more`, runSchemaJob);
}

function byReview({ environment }: Topology, { placed }: VolumeHost, file: string, revision: number): string {
  return `${environment} is protected, so its configuration changes by review: raise database.password_revision to ${revision} in ${file} and have that reviewed. Before it is applied, put the new password ${placed} with that configuration: make import-secret ENVIRONMENT=${environment} NAME=${NAME} < password. The apply then changes the nodes one by one and locks the old login. Nothing was changed.`;
}

function byHand({ environment, database }: Topology, { placed }: VolumeHost, file: string, revision: number): string {
  return `the schema of ${environment} is created by others (database.schema = "manual"), and so are its logins. Have a second login ${database.logins.other.role} created on ${addressesOf(database.servers, ' or ')} with the rights of ${database.logins.current.role}, raise database.password_revision to ${revision} in ${file}, put its password ${placed} (make import-secret ENVIRONMENT=${environment} NAME=${NAME} < password), then: make up ENVIRONMENT=${environment}. Afterwards have the old login locked. Nothing was changed.`;
}
