import type { DatabaseEngineFacts } from './engine';
import { mariadb } from './mariadb';
import { mssql } from './mssql';
import { mysql } from './mysql';
import { oracle } from './oracle';
import { postgresql } from './postgresql';

export * from './engine';

const CATALOGUE = { postgresql, mysql, mariadb, mssql, oracle };

/** Name of a database management system, as configurations have it. */
export type DatabaseEngine = keyof typeof CATALOGUE;

/** The catalogue of database management systems. */
export const DATABASE_ENGINES: Readonly<Record<DatabaseEngine, DatabaseEngineFacts>> = CATALOGUE;

export const DATABASE_ENGINE_NAMES = Object.keys(DATABASE_ENGINES) as [DatabaseEngine, ...DatabaseEngine[]];

/** Names of those of which something is true, for messages. */
export function databaseEnginesWith(is: (dbms: DatabaseEngineFacts) => boolean): DatabaseEngine[] {
  return DATABASE_ENGINE_NAMES.filter((name) => is(DATABASE_ENGINES[name]));
}
