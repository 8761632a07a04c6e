import { DATABASE_AUTHORITIES_FILE } from '../catalogue/database-engines';
import type { JobTopology } from '../topology/jobs';
import { type FoundSchema, otherSchemas } from '../topology/schema-version';
import type { CommandContext } from './command';
import type { EngineContainer, EnvironmentEngine } from './environment-engine';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';

type OnEngine = Pick<CommandContext, 'topology' | 'engine'>;

/** Where the schema job's script has the authorities when it runs without uploaded files. */
const SCRATCH_AUTHORITIES = '/tmp/database-authorities.pem';

/**
 * Which version's schema the databases have, by their markers. Databases are asked only where the last schema job was not about the
 * version that is wanted: it has found what it says. Where schemas are the user's own affair, the nodes that are there tell.
 *
 * @param always asks in any case. @default false
 * @returns nothing where there is no database yet
 */
export async function foundSchemas(context: OnEngine, always = false): Promise<FoundSchema[]> {
  const { topology, engine } = context;
  const { jobs, nodes, schemaVersion, network, volumes } = topology;
  const containers = await engine.containers();
  if (jobs.schema === undefined) {
    return containers
      .filter(({ name }) => nodes.some(({ containerName }) => containerName === name))
      .map(({ name, variables }) => ({ where: name, version: variables.SCHEMA_VERSION }));
  }
  const job = containers.find(({ name }) => name === jobs.schema?.run.name);
  const isKnown = job?.exitCode === 0 && !job.running && job.variables.SCHEMA_VERSION === schemaVersion;
  if (isKnown && !always) return [];
  if (!always) await requireSameServer(engine, job, jobs.schema.run);
  if (!(await engine.names('network')).includes(network.name)) return [];
  if (!(await engine.names('volume')).includes(volumes.databaseSecrets.name)) return [];
  const lines = (await runSchemaJob(context, { PURPOSE: 'versions', WAIT_SECONDS: always ? '60' : '0' })).split('\n');
  return lines.flatMap((line) => {
    const [, where, version] = /^(\S+) has the schema of (\S+)$/.exec(line) ?? [];
    return where === undefined ? [] : [{ where, version: version === 'unknown' ? undefined : version }];
  });
}

/** What the job works with, of which nothing decides who gets the administrator's password, and how. */
const NOT_ABOUT_THE_SERVER = new Set([
  ...['ENVIRONMENT', 'SCHEMA_VERSION', 'DATABASES', 'CONNECTIONS', 'WAIT_SECONDS', 'OWNER_ROLE', 'BASE_ROLE'],
  ...['RUNTIME_ROLE', 'RUNTIME_PASSWORD_FILE', 'OTHER_ROLE', 'OTHER_PASSWORD_FILE'],
  // Only forbids; a job of the first release has none.
  'PGREQUIREAUTH',
]);

/**
 * A plan may be of a configuration that nobody has read yet: it sends a password only where one that was applied has sent it.
 *
 * @throws UserError where another server would be asked than by the last job, or in another way
 */
async function requireSameServer(
  engine: EnvironmentEngine,
  applied: EngineContainer | undefined,
  { name: container, environment, files }: JobTopology,
): Promise<void> {
  const others = Object.keys(environment).filter(
    (name) => !NOT_ABOUT_THE_SERVER.has(name) && environment[name] !== applied?.variables[name],
  );
  const authorities = files?.[DATABASE_AUTHORITIES_FILE];
  if (others.length === 0 && authorities !== undefined) {
    // As an archive, in which the text is as it was uploaded.
    const trusted = await engine.docker('cp', `${container}:${DATABASE_AUTHORITIES_FILE}`, '-').catch(() => '');
    if (!trusted.includes(authorities.trim())) others.push('database.ca_file');
  }
  if (others.length === 0) return;
  throw new UserError(`no schema job has logged in to this server in this way yet (${others.join(', ')})`);
}

/** The same for a report: where the database cannot be asked, the schema job will. */
export async function schemasForReport(context: OnEngine): Promise<FoundSchema[]> {
  try {
    return await foundSchemas(context);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const said = error instanceof CommandError ? error.lastLines : error.message.split('\n');
    const [reason = ''] = said.slice(-1);
    console.warn(
      `The databases were not asked for the version of their schema: ${reason.trim()}. The schema job asks again.`,
    );
    return [];
  }
}

/** Notes in every database with our marker that it now has the schema of this version. */
export async function noteSchemaVersion(context: OnEngine, version: string): Promise<void> {
  await runSchemaJob(context, { PURPOSE: 'note', SCHEMA_VERSION: version });
}

/** @throws UserError when a database has the schema of another version than the servers that are to run on it */
export async function requireSchemaVersion(context: OnEngine): Promise<void> {
  const { environment, schemaVersion } = context.topology;
  const others = otherSchemas(context.topology, await schemasForReport(context));
  if (others.length === 0) return;
  throw new UserError(
    [
      `the servers would be of version ${schemaVersion}, but nothing has the schema of it yet; nothing was changed.`,
      ...others.map(({ where, version }) => `  ${where}: the schema of ${version}`),
      `To upgrade: make upgrade ENVIRONMENT=${environment}. It stops all nodes, says how to back up, and waits for your migration.`,
      `To stay: set identity_server.distribution (or schema_version) back.`,
    ].join('\n'),
  );
}

/** Runs the schema job's script in a container that is gone afterwards. @returns what it prints */
async function runSchemaJob(
  { topology, engine }: OnEngine,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const job = topology.jobs.schema?.run;
  if (job === undefined) return '';
  const authorities = job.files?.[DATABASE_AUTHORITIES_FILE];
  const environment = Object.entries({
    ...job.environment,
    ...variables,
    ...(authorities !== undefined && { AUTHORITIES_PEM: authorities }),
  }).flatMap(([name, value]) => [
    '--env',
    `${name}=${value === DATABASE_AUTHORITIES_FILE ? SCRATCH_AUTHORITIES : value}`,
  ]);
  const mounts = job.mounts.map(({ volume, path }) => `${volume}:${path}:ro`);
  const script = `if [ -n "\${AUTHORITIES_PEM:-}" ]; then printf '%s' "$AUTHORITIES_PEM" >${SCRATCH_AUTHORITIES}; fi\n${job.script}`;
  // The image that is there already: a plan pulls none.
  const there = (await engine.containers()).find(
    ({ name }) => name === topology.database.container?.containerName || name === job.name,
  );
  const image = there?.image ?? job.image;
  const further = ['--pull', 'never', ...environment];
  try {
    return await engine.runOnVolumes(image, script, {
      mounts,
      network: topology.network.name,
      user: job.user,
      further,
    });
  } catch (error) {
    // The engine's own failures have other codes.
    if (error instanceof CommandError && (error.exitCode ?? 125) < 125) throw new UserError(error.lastLines.join('\n'));
    throw error;
  }
}
