import { stringify } from 'smol-toml';
import type { DistributionDatabase } from './distributions';
import { JDBC_DRIVERS, type JdbcTarget, jdbcUrl } from './jdbc-url';

export type TomlValue = string | number | boolean | TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

/** What one node's deployment.toml is made from. Secrets are references to environment variables, never values. */
export interface DeploymentTomlProps {
  /** The load balancer's public name: the host name in every URL. */
  readonly hostname: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** This node's own address; with `createAdminAccount` the only thing in which two nodes differ. */
  readonly nodeAddress: string;
  /** True on node 1 alone: two nodes that create the account at once leave duplicate keys. */
  readonly createAdminAccount: boolean;
  readonly portOffset: number;
  readonly adminUsername: string;
  readonly stores: { readonly type: 'PKCS12' | 'JKS'; readonly extension: 'p12' | 'jks' };
  readonly databases: readonly DistributionDatabase[];
  readonly databaseServer: Pick<JdbcTarget, 'engine' | 'host' | 'port'>;
  readonly databaseUsername: string;
  /** Connections that each datasource of this node may open. */
  readonly poolSize: number;
  /** The distribution's own part. */
  readonly base: TomlTable;
}

/** Host name, administrator, proxy ports, databases and keystores, over the distribution's own part. */
export function deploymentToml(props: DeploymentTomlProps): TomlTable {
  return merge(props.base, {
    server: { hostname: props.hostname, node_ip: props.nodeAddress, offset: props.portOffset },
    super_admin: {
      username: props.adminUsername,
      password: '$env{ADMIN_PASSWORD}',
      create_admin_account: props.createAdminAccount,
    },
    database: Object.fromEntries(
      props.databases.flatMap(({ name, datasources }) =>
        datasources.map((datasource) => [datasource, datasourceTable(name, props)]),
      ),
    ),
    keystore: {
      primary: {
        file_name: `wso2carbon.${props.stores.extension}`,
        type: props.stores.type,
        password: '$env{KEYSTORE_PASSWORD}',
        key_password: '$env{KEYSTORE_PASSWORD}',
        alias: 'wso2carbon',
      },
    },
    truststore: {
      file_name: `client-truststore.${props.stores.extension}`,
      type: props.stores.type,
      password: '$env{KEYSTORE_PASSWORD}',
    },
    transport: {
      http: { properties: { proxyPort: props.httpPort } },
      https: { properties: { proxyPort: props.httpsPort, maxHttpHeaderSize: '65536' } },
    },
  });
}

export function renderToml(table: TomlTable): string {
  return `# Generated. Change the environment's TOML file instead.\n${stringify(table)}\n`;
}

/** `over` into `base`, table by table; where both have a value, `over` wins. */
export function merge(base: TomlTable, over: TomlTable): TomlTable {
  const merged: Record<string, TomlValue> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? merge(below, value) : value;
  }
  return merged;
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value);
}

function datasourceTable(database: string, props: DeploymentTomlProps): TomlTable {
  return {
    url: jdbcUrl({ ...props.databaseServer, database }),
    username: props.databaseUsername,
    password: '$env{DATABASE_PASSWORD}',
    driver: JDBC_DRIVERS[props.databaseServer.engine],
    pool_options: {
      maxActive: String(props.poolSize),
      maxWait: '60000',
      minIdle: '5',
      testOnBorrow: true,
      validationQuery: 'SELECT 1',
      validationInterval: '30000',
      defaultAutoCommit: false,
      commitOnReturn: true,
    },
  };
}
