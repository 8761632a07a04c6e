import { DATABASE_ENGINES, type DatabaseServers, type DatabaseTls } from '../catalogue/database-engines';
import { DISTRIBUTIONS, type DistributionDatabase } from '../catalogue/distributions';
import type { TopologyAssets } from '../environment/assets';
import { connectionBudget, databaseTls } from '../environment/database';
import type { Environment } from '../environment/schema';
import type { ServerTopology } from './container';
import { type DatabaseLogins, databaseLogins } from './database-login';
import type { DatasourceSettings } from './deployment-toml';
import type { Layout } from './layout';
import { databasePod } from './pods';
import { DATABASE_SECRETS_PATH, mountsOf } from './volumes';

/** The shared database: a container of the environment, or a server of the user's. */
export interface DatabaseTopology {
  /** What the nodes log in with. */
  readonly logins: DatabaseLogins;
  /** Where it is. Several, where one of them at a time takes writes. */
  readonly servers: DatabaseServers;
  /** Whether connections are encrypted, and whether the server's certificate and name are checked. */
  readonly tls: DatabaseTls;
  readonly container?: DatabaseContainerTopology;
  /** Command in the container that writes all databases to standard output. */
  readonly dump?: string;
}

export interface DatabaseContainerTopology extends ServerTopology {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Folder in the data's volume that is to hold the data, and the variable that says so. @default - the volume itself */
  readonly dataFolder?: { readonly variable: string; readonly path: string };
  /** Folder of its socket, which it writes. */
  readonly socketPath: string;
  /** Size of /dev/shm in MiB. */
  readonly sharedMemoryMb: number;
}

/** What one database is made of. */
export interface DatabaseSchema {
  readonly database: string;
  /** Paths in the schema job's container, in the order in which they run. */
  readonly scripts: readonly string[];
}

/** Seconds that a database's container may take to answer: one that was killed may have much to recover. */
export const DATABASE_START_SECONDS = 180;

/** Where the database is and, where it is a container, how it runs. */
export function databaseTopology(environment: Environment, layout: Layout): DatabaseTopology {
  const { database } = environment;
  const { budget, places, databaseServers, databaseAdmin, databaseContainer, owners } = layout;
  const at = {
    servers: databaseServers,
    tls: databaseTls(environment),
    logins: databaseLogins(environment),
  };
  if (databaseContainer === undefined) return at;
  const { name, image, facts } = databaseContainer;
  const [{ port }] = databaseServers;
  const healthCommand = facts.healthCommand(places.databaseItself, port);
  const pod = databasePod(environment, healthCommand);
  return {
    ...at,
    dump: facts.dump(databaseAdmin, port, `${DATABASE_SECRETS_PATH}/DATABASE_ADMIN_PASSWORD`),
    container: {
      containerName: name,
      image,
      address: places.database,
      owner: owners.database,
      memoryMb: database.memory_mb,
      socketPath: facts.socketPath,
      sharedMemoryMb: Math.min(256, Math.floor(database.memory_mb / 4)),
      command: facts.command(port, database.max_connections ?? budget.connections),
      environment: facts.environment(databaseAdmin, `${DATABASE_SECRETS_PATH}/DATABASE_ADMIN_PASSWORD`),
      health: {
        command: healthCommand,
        intervalSeconds: 2,
        timeoutSeconds: 3,
        retries: 5,
        startPeriodSeconds: 60,
      },
      startTimeoutSeconds: DATABASE_START_SECONDS,
      stopSignal: facts.stopSignal,
      stopSeconds: 60,
      mounts: mountsOf(layout.volumes, name),
      ...(pod && { pod }),
      ...(pod &&
        facts.dataFolderVariable !== undefined && {
          dataFolder: { variable: facts.dataFolderVariable, path: `${facts.dataPath}/data` },
        }),
    },
  };
}

/** How every node reaches its databases. */
export function datasourceSettings(
  environment: Environment,
  { dbms, databaseServers: servers, databaseFailsOver: failsOver }: Layout,
): DatasourceSettings {
  const { database } = environment;
  const { current } = databaseLogins(environment);
  return {
    dbms,
    secret: current.secret,
    target: { servers, failsOver, tls: databaseTls(environment) },
    poolSize: connectionBudget(environment).poolSize,
    databases: DISTRIBUTIONS[environment.identity_server.distribution].databases.map((entry) => {
      const name = databaseName(environment, entry);
      return dbms.schemasOfService
        ? { datasources: entry.datasources, database: database.service as string, username: name }
        : { datasources: entry.datasources, database: name, username: current.role };
    }),
  };
}

/** What the schema job has to do. Empty where schemas are the user's own affair. */
export function databaseSchemas(environment: Environment, { runtime }: TopologyAssets): DatabaseSchema[] {
  const { dialect } = DATABASE_ENGINES[environment.database.engine];
  return DISTRIBUTIONS[environment.identity_server.distribution].databases.map((entry) => ({
    database: databaseName(environment, entry),
    scripts: [
      ...entry.scripts.map((folder) => `/schema-scripts/${folder}/${dialect}.sql`),
      ...entry.fixes.filter((fix) => runtime[fixFile(dialect, fix)] !== undefined).map((fix) => `/schema-fixes/${fix}`),
    ],
  }));
}

/** Our own scripts for the schema job, by path in its container: corrections of the product's, and repairs of what an earlier release did. */
export function schemaFixes(environment: Environment, { runtime }: TopologyAssets): Record<string, string> {
  const { dialect } = DATABASE_ENGINES[environment.database.engine];
  const names = DISTRIBUTIONS[environment.identity_server.distribution].databases.flatMap(({ fixes }) => fixes);
  return Object.fromEntries(
    ['schema-fixes', 'schema-repairs'].flatMap((folder) =>
      names.flatMap((name) => {
        const text = runtime[`${folder}/${dialect}/${name}`];
        return text === undefined ? [] : [[`/${folder}/${name}`, text]];
      }),
    ),
  );
}

export function databaseName({ database }: Pick<Environment, 'database'>, { name }: DistributionDatabase): string {
  return database.names[name] ?? name;
}

function fixFile(dialect: string, name: string): string {
  return `schema-fixes/${dialect}/${name}`;
}
