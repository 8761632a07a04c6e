import type { DatabaseTls } from '../catalogue/database-engines';
import { DISTRIBUTIONS } from '../catalogue/distributions';
import type { EnvironmentSettings } from './schema';

/** Connections left for the schema job, backups and people. */
export const RESERVED_CONNECTIONS = 20;

/** What the pools of all nodes together may open, and how that comes about. */
export interface ConnectionBudget {
  readonly datasources: number;
  readonly poolSize: number;
  readonly nodes: number;
  /** Product of the three, and the reserve. */
  readonly connections: number;
}

export function connectionBudget({
  identity_server: server,
  database,
}: Pick<EnvironmentSettings, 'identity_server' | 'database'>): ConnectionBudget {
  const distribution = DISTRIBUTIONS[server.distribution];
  const datasources = distribution.databases.flatMap((entry) => entry.datasources).length;
  const poolSize = database.pool_size ?? distribution.poolSize;
  const connections = datasources * poolSize * server.nodes + RESERVED_CONNECTIONS;
  return { datasources, poolSize, nodes: server.nodes, connections };
}

/** Off within the environment's own network; a server elsewhere is expected to encrypt. */
export function databaseTls({ database }: Pick<EnvironmentSettings, 'database'>): DatabaseTls {
  return database.tls ?? (database.host === undefined ? 'off' : 'required');
}
