import { addressesOf } from '../catalogue/database-engines/jdbc-url';
import { LONGEST_STOP_SECONDS } from '../topology/container';
import { otherSchemas } from '../topology/schema-version';
import { DATABASE_SECRETS_PATH } from '../topology/volumes';
import { applyUntilServed } from './apply-until-served';
import { atWork } from './at-work';
import { afterInterruption, type CommandContext, openEnvironment } from './command';
import { requireVolumes } from './gone-volumes';
import { planAndReport } from './plan-report';
import { planAll } from './planning';
import { requirePolicy } from './policy';
import { requireLifted } from './protection';
import { waitUntilClientsAreServed } from './published/wait';
import { waitUntilAllServe } from './rotation';
import { foundSchemas, noteSchemaVersion } from './schema-version';
import { runCommand, UserError } from './setup/errors';
import { step } from './setup/progress';
import { welcome } from './welcome';

/**
 * `make upgrade`: the way to a version with another schema. Without a variable it stops all nodes and says what to do; UNDO=1 starts them
 * again; MIGRATED=1 says that the databases have the new schema, and starts the new version. Where it stands is what the engine and the
 * databases say, so every step can be repeated. FROM says once which version databases have that nobody has noted one for.
 */
runCommand(async () => {
  const context = await openEnvironment();
  await atWork(context, 'make upgrade', async () => {
    await requireLifted(context, 'make upgrade');
    await noteFrom(context);
    if (process.env.UNDO === '1') return undo(context);
    if (process.env.MIGRATED === '1') return start(context);
    return stop(context);
  });
}, afterInterruption());

async function noteFrom(context: CommandContext): Promise<void> {
  const from = process.env.FROM;
  if (!from) return;
  const known = (await foundSchemas(context, true)).filter(({ version }) => version !== undefined);
  if (known.length > 0) {
    throw new UserError(
      `FROM is for databases whose version nobody has noted, but ${known.map(({ where, version }) => `${where} has the schema of ${version}`).join(', ')}. Nothing was changed.`,
    );
  }
  await noteSchemaVersion(context, from);
  console.log(`Noted: the databases have the schema of ${from}.`);
}

/** First step. */
async function stop(context: CommandContext): Promise<void> {
  const { topology, engine } = context;
  const { environment, schemaVersion } = topology;
  const from = await versionBefore(context);
  if (from === undefined) {
    console.log(
      `The databases have the schema of ${schemaVersion}: nothing to migrate. Next: make up ENVIRONMENT=${environment}`,
    );
    return;
  }
  // What would stop the last step must show before the first one.
  const { report, changed } = await planAndReport(context);
  await requireVolumes(context, changed);
  requirePolicy(topology, { ...report, findings: report.findings.filter(({ rule }) => rule !== 'schema-version') });
  if (report.refusals.length > 0)
    throw new UserError(`${report.refusals.map(({ message }) => message).join('; ')}. Nothing was changed.`);
  const running = await runningNodes(context);
  if (running.length > 0) {
    await step(`Stop ${running.join(', ')}`, () =>
      engine.docker('stop', '--time', String(LONGEST_STOP_SECONDS), ...running),
    );
  }
  console.log(
    [
      '',
      `All nodes are stopped; clients get 503 with Retry-After. From ${from} to ${schemaVersion}:`,
      '',
      '  1. Back up, and keep the file until the new version has proven itself:',
      ...backup(context).map((line) => `       ${line}`),
      `  2. Migrate these databases with WSO2's migration client, as its guide for ${schemaVersion} says:`,
      ...access(context).map((line) => `       ${line}`),
      '  3. Start the new version:',
      `       make upgrade ENVIRONMENT=${environment} MIGRATED=1`,
      '',
      `To go back instead, before 2 or after restoring the backup: make upgrade ENVIRONMENT=${environment} UNDO=1`,
    ].join('\n'),
  );
}

/** Before the migration, the way back. */
async function undo(context: CommandContext): Promise<void> {
  const { topology, engine } = context;
  const { environment, schemaVersion, nodes } = topology;
  const from = await versionBefore(context);
  if (from === undefined) {
    throw new UserError(
      `it was already said that the databases have the schema of ${schemaVersion}, so the nodes before may not run on them. To go back: restore the backup with its markers, then set the version back and run make up ENVIRONMENT=${environment}.`,
    );
  }
  const existing = (await engine.containers()).map(({ name }) => name);
  const stopped = nodes.map(({ containerName }) => containerName).filter((name) => existing.includes(name));
  await step(`Start ${stopped.join(', ')}`, () => engine.docker('start', ...stopped));
  await waitUntilAllServe(context);
  await waitUntilClientsAreServed(context);
  console.log(`${environment} serves with version ${from} again. Set the version back in its configuration.`);
}

/** Last step. */
async function start(context: CommandContext): Promise<void> {
  const { topology } = context;
  const { environment, schemaVersion } = topology;
  if ((await versionBefore(context)) !== undefined) {
    const running = await runningNodes(context);
    if (running.length > 0) {
      throw new UserError(
        `${running.join(' and ')} ${running.length > 1 ? 'run' : 'runs'}: a migration beside them would be wrong. Nothing was changed. First: make upgrade ENVIRONMENT=${environment}`,
      );
    }
    await requireVolumes(context, await planAll(context));
    await noteSchemaVersion(context, schemaVersion);
    console.log(`Noted: the databases have the schema of ${schemaVersion}. If this is interrupted, repeat it.`);
  }
  const { report, changed } = await planAndReport(context);
  await requireVolumes(context, changed);
  const byNodes = topology.jobs.schema === undefined;
  requirePolicy(topology, {
    ...report,
    findings: report.findings.filter(({ rule }) => !byNodes || rule !== 'schema-version'),
  });
  await applyUntilServed(context, changed);
  console.log(welcome(topology));
}

/** The version that a database still has, where it is not the one that is wanted. */
async function versionBefore(context: CommandContext): Promise<string | undefined> {
  const { topology } = context;
  const found = await foundSchemas(context, true);
  if (found.length === 0)
    throw new UserError(`${topology.environment} is not there yet: make up ENVIRONMENT=${topology.environment}`);
  const unknown = found.filter(({ version }) => version === undefined);
  if (unknown.length > 0) {
    throw new UserError(
      `nobody has noted which version's schema ${unknown.map(({ where }) => where).join(', ')} ${unknown.length > 1 ? 'have' : 'has'}. Nothing was changed. Either run "make up" with the version before once, or say it: make upgrade ENVIRONMENT=${topology.environment} FROM=7.1.0`,
    );
  }
  return otherSchemas(topology, found)[0]?.version;
}

/** Also those that the configuration no longer has: they use the databases as well. */
async function runningNodes({ topology, engine }: CommandContext): Promise<string[]> {
  const names = [
    ...topology.nodes.map(({ containerName }) => containerName),
    ...topology.retired.stacks.map(({ name }) => name),
  ];
  return (await engine.containers())
    .filter(({ name, running }) => running && names.includes(name))
    .map(({ name }) => name);
}

/** Commands for a backup of everything. */
function backup({ topology: { environment, database } }: CommandContext): string[] {
  const { container, dump } = database;
  return [
    container && dump !== undefined
      ? `docker exec ${container.containerName} ${dump} | gzip > ${environment}-before.sql.gz`
      : `the databases on ${addressesOf(database.servers, ' or ')}, with your own tools`,
    `make -s backup ENVIRONMENT=${environment} | gpg --encrypt --recipient … > ${environment}-keys.tar.gpg`,
  ];
}

/** How a migration client reaches the databases. */
function access({ topology: { database, network, jobs } }: CommandContext): string[] {
  const names = jobs.schema?.run.environment.DATABASES?.split('\n').map((line) => line.split(' ')[0]) ?? [];
  const { container } = database;
  return [
    `${names.join(', ') || 'all of the environment'} on ${addressesOf(database.servers, ' or ')}${container ? `, from a container in the network ${network.name}` : ''}`,
    ...(container
      ? [
          `administrator's password: docker exec ${container.containerName} cat ${DATABASE_SECRETS_PATH}/DATABASE_ADMIN_PASSWORD`,
        ]
      : []),
  ];
}
