import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_ENGINES } from '../catalogue/database-engines';
import { DISTRIBUTIONS, type DistributionDatabase } from '../catalogue/distributions';
import { connectionBudget, databaseTls } from '../environment/database';
import type { Environment } from '../environment/schema';
import type { DatasourceSettings } from './deployment-toml';

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

/** What one database is made of. */
export interface DatabaseSchema {
  readonly database: string;
  /** Paths in the schema job's container, in the order in which they run. */
  readonly scripts: readonly string[];
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

export function databaseName({ database }: Pick<Environment, 'database'>, { name }: DistributionDatabase): string {
  return database.names[name] ?? name;
}

function fixFile(engine: string, name: string): string {
  return join(__dirname, '..', 'runtime', 'schema-fixes', engine, name);
}
