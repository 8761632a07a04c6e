import {
  DATABASE_ENGINES,
  type DatabaseServer,
  type DatabaseServers,
  type DatabaseTls,
} from '../catalogue/database-engines';
import { DISTRIBUTIONS } from '../catalogue/distributions';
import type { EnvironmentSettings } from './schema';

/** Connections left for the schema job, backups and people. */
export const RESERVED_CONNECTIONS = 20;

/**
 * A database container is sized for the pools of this many nodes, and more share them: a container whose limit changes is replaced, and
 * then nothing is served until it is back.
 */
const SIZED_FOR_NODES = 2;

/** What the pools of all nodes together may open, and how that comes about. */
export interface ConnectionBudget {
  readonly datasources: number;
  readonly poolSize: number;
  readonly nodes: number;
  /** At least the product of the three and the reserve. */
  readonly connections: number;
}

export function connectionBudget({
  identity_server: server,
  database,
}: Pick<EnvironmentSettings, 'identity_server' | 'database'>): ConnectionBudget {
  const distribution = DISTRIBUTIONS[server.distribution];
  const datasources = distribution.databases.flatMap((entry) => entry.datasources).length;
  const { pool_size: chosen, max_connections: limit } = database;
  const shared = [externalServers(database), chosen, limit].every((setting) => setting === undefined);
  const { nodes } = server;
  const all = distribution.poolSize * (shared ? SIZED_FOR_NODES : nodes);
  const poolSize = chosen ?? Math.floor(all / nodes);
  const connections = datasources * (chosen === undefined ? all : chosen * nodes) + RESERVED_CONNECTIONS;
  return { datasources, poolSize, nodes, connections };
}

/** The database servers that are there already; undefined where the database is a container. */
export function externalServers({
  engine,
  host,
  hosts,
  port = DATABASE_ENGINES[engine].port,
}: EnvironmentSettings['database']): DatabaseServers | undefined {
  if (hosts === undefined) return host === undefined ? undefined : [{ host, port }];
  const [first, ...others] = hosts.map((name): DatabaseServer => {
    const [, alone = name, own] = /^(.*?\]?)(?::(\d+))?$/.exec(name) ?? [];
    return { host: alone, port: own === undefined ? port : Number(own) };
  });
  return first && [first, ...others];
}

/** Off within the environment's own network; a server elsewhere must encrypt and show who it is. */
export function databaseTls({ database }: Pick<EnvironmentSettings, 'database'>): DatabaseTls {
  return database.tls ?? (externalServers(database) === undefined ? 'off' : 'verified');
}
