import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_ENGINES } from '../catalogue/database-engines/index';
import { DISTRIBUTIONS, type DistributionDatabase } from '../catalogue/distributions/index';
import type { Environment } from '../environment/schema';
import type { DatasourceSettings } from './deployment-toml';

/** Connections left for the schema job, backups and people. */
export const RESERVED_CONNECTIONS = 20;

/** The shared database: a container of the environment, or a server of the user's. */
export interface DatabaseTopology {
  readonly host: string;
  readonly port: number;
  readonly container?: DatabaseContainerTopology;
}

export interface DatabaseContainerTopology {
  readonly name: string;
  readonly image: string;
  readonly address: string;
  readonly owner: string;
  readonly memoryMb: number;
  /** Where its data is in the container. */
  readonly dataPath: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthCommand: readonly string[];
  readonly stopSignal: string;
}

/** What the pools of all nodes together may open, and how that comes about. */
export interface ConnectionBudget {
  readonly datasources: number;
  readonly poolSize: number;
  readonly nodes: number;
  /** Product of the three, and the reserve. */
  readonly connections: number;
}

/** What one database is made of. */
export interface DatabaseSchema {
  readonly database: string;
  /** Paths in the schema job's container, in the order in which they run. */
  readonly scripts: readonly string[];
}

export function connectionBudget({
  identity_server: server,
  database,
}: Pick<Environment, 'identity_server' | 'database'>): ConnectionBudget {
  const distribution = DISTRIBUTIONS[server.distribution];
  const datasources = distribution.databases.flatMap((entry) => entry.datasources).length;
  const poolSize = database.pool_size ?? distribution.poolSize;
  const connections = datasources * poolSize * server.nodes + RESERVED_CONNECTIONS;
  return { datasources, poolSize, nodes: server.nodes, connections };
}

/** How every node reaches its databases. */
export function datasourceSettings(environment: Environment, host: string): DatasourceSettings {
  const { database } = environment;
  const engine = DATABASE_ENGINES[database.engine];
  return {
    target: {
      engine: database.engine,
      host,
      port: database.port ?? engine.port,
      tls: databaseTls(environment),
    },
    driver: engine.driver,
    validationQuery: engine.validationQuery,
    poolOptions: engine.poolOptions,
    poolSize: connectionBudget(environment).poolSize,
    databases: DISTRIBUTIONS[environment.identity_server.distribution].databases.map((entry) => {
      const name = databaseName(environment, entry);
      return database.engine === 'oracle'
        ? { datasources: entry.datasources, database: database.service as string, username: name }
        : { datasources: entry.datasources, database: name, username: database.username };
    }),
    toml: engine.toml,
  };
}

/** What the schema job has to do. Empty where schemas are the user's own affair. */
export function databaseSchemas(environment: Environment): DatabaseSchema[] {
  const { engine } = environment.database;
  return DISTRIBUTIONS[environment.identity_server.distribution].databases.map((entry) => ({
    database: databaseName(environment, entry),
    scripts: [
      ...entry.scripts.map((folder) => `/schema-scripts/${folder}/${engine}.sql`),
      ...entry.fixes.filter((fix) => existsSync(fixFile(engine, fix))).map((fix) => `/schema-fixes/${fix}`),
    ],
  }));
}

/** The corrections that the schema job runs after the product's scripts, by path in its container. */
export function schemaFixes(environment: Environment): Record<string, string> {
  const { engine } = environment.database;
  const names = DISTRIBUTIONS[environment.identity_server.distribution].databases.flatMap(({ fixes }) => fixes);
  return Object.fromEntries(
    names
      .map((name) => [`/schema-fixes/${name}`, fixFile(engine, name)] as const)
      .filter(([, file]) => existsSync(file))
      .map(([path, file]) => [path, readFileSync(file, 'utf8')]),
  );
}

/** Off within the environment's own network; a server elsewhere is expected to encrypt. */
export function databaseTls({ database }: Pick<Environment, 'database'>) {
  return database.tls ?? (database.host === undefined ? 'off' : 'required');
}

export function databaseName({ database }: Pick<Environment, 'database'>, { name }: DistributionDatabase): string {
  return database.names[name] ?? name;
}

function fixFile(engine: string, name: string): string {
  return join(__dirname, '..', 'runtime', 'schema-fixes', engine, name);
}
