import type { DatabaseEngineFacts, JdbcTarget } from '../catalogue/database-engines';
import { escapeXml, jdbcUrl } from '../catalogue/database-engines/jdbc-url';
import { type Datasource, DISTRIBUTIONS, type DistributionName } from '../catalogue/distributions';
import { flatten, isTable, merge, type TomlTable, withValue } from '../catalogue/toml';
import { GROWING_LISTS } from '../environment/deployment-toml-extensions';
import { INTERNAL_ALIAS, signingAlias, storeFiles, TLS_ALIAS } from './key-stores';

/** What one node's deployment.toml is made from. Secrets are references to environment variables, never values. */
export interface DeploymentTomlProps {
  readonly distribution: DistributionName;
  /** The load balancer's public name: the host name in every URL. */
  readonly hostname: string;
  /** The URL that users see. */
  readonly url: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Place of this node in the order of start, from 1. */
  readonly nodeNumber: number;
  readonly nodeAddress: string;
  /** Regular expression of the addresses from which a node believes who the client is. */
  readonly proxies: string;
  /** Whether the environment is a protected one. */
  readonly protected: boolean;
  /** Addresses or names of all nodes, as members of the cluster. */
  readonly memberAddresses: readonly string[];
  /** Name of the Hazelcast cluster; two environments must not share one. */
  readonly clusterDomain: string;
  readonly portOffset: number;
  readonly adminUsername: string;
  /** Number of the key that signs. */
  readonly signingKey: number;
  readonly databases: DatasourceSettings;
  /** Header with the client certificate that the load balancer has verified. @default - no client is asked for one */
  readonly clientCertificateHeader?: string;
  /** The user's own keys, for all nodes and for this one. */
  readonly extensions: readonly TomlTable[];
}

/** How the connection pools of a node are set up. */
export interface DatasourceSettings {
  readonly dbms: DatabaseEngineFacts;
  readonly target: Omit<JdbcTarget, 'database'>;
  /** Name of the secret with the password. */
  readonly secret: string;
  /** Connections that each datasource of a node may open. */
  readonly poolSize: number;
  readonly databases: readonly {
    readonly datasources: readonly Datasource[];
    readonly database: string;
    readonly username: string;
  }[];
}

const KEYSTORE_PASSWORD = '$env{KEYSTORE_PASSWORD}';

/** Port of Hazelcast, not shifted by the offset. It has no authentication and is never published. */
export const CLUSTER_PORT = 4000;

/**
 * Has Tomcat write its access log with the logger HTTP_ACCESS, which inherits the console and the main log file from the root
 * logger. In the catalina-server.xml of the kernel and of Identity Server 7.0 to 7.3 the key chooses the valve.
 */
export const ACCESS_LOG_TO_STDOUT: TomlTable = { http_access_log: { useLogger: true } };

/**
 * One node's deployment.toml: the distribution's own part, the user's keys, and over them what the topology decides. Two nodes
 * differ in `server.node_ip`, `super_admin.create_admin_account`, `clustering.local_member_host`, in the switches of
 * scheduled jobs, and in nothing else unless the user says so.
 */
export function deploymentToml(props: DeploymentTomlProps): TomlTable {
  const distribution = DISTRIBUTIONS[props.distribution];
  const { databases } = props;
  const first = props.nodeNumber === 1;
  const files = storeFiles(distribution);
  const store = (file: string): TomlTable => ({
    file_name: file,
    type: distribution.stores.type,
    password: KEYSTORE_PASSWORD,
    key_password: KEYSTORE_PASSWORD,
  });
  const site = {
    hostname: props.hostname,
    url: props.url,
    httpsPort: props.httpsPort,
    protected: props.protected,
    proxies: props.proxies,
    clientCertificateHeader: props.clientCertificateHeader,
    signingAlias: signingAlias(props.signingKey),
  };
  const pools = { database: datasourceTables(databases), ...datasourceList(databases) };
  const base = merge(distribution.deploymentToml(site), databases.dbms.toml, pools);
  const extended = props.extensions.reduce<TomlTable>((below, extension) => extend(below, extension), base);
  const owned = merge(
    {
      server: { hostname: props.hostname, node_ip: props.nodeAddress, offset: props.portOffset },
      super_admin: {
        username: props.adminUsername,
        password: '$env{ADMIN_PASSWORD}',
        create_admin_account: first,
      },
      keystore: {
        // Every key of this store is published and may sign; the other two would take its only key otherwise.
        primary: { ...store(files.signing), alias: signingAlias(props.signingKey) },
        tls: { ...store(files.tls), alias: TLS_ALIAS },
        internal: { ...store(files.internal), alias: INTERNAL_ALIAS },
      },
      truststore: { file_name: files.trust, type: distribution.stores.type, password: KEYSTORE_PASSWORD },
      transport: {
        http: { properties: { proxyPort: props.httpPort } },
        https: { properties: { proxyPort: props.httpsPort } },
      },
    },
    distribution.encryptionKeyBytes === undefined ? {} : { encryption: { key: '$env{ENCRYPTION_KEY}' } },
    distribution.clusters ? { clustering: clustering(props) } : {},
  );
  return distribution.scheduledJobs.reduce<TomlTable>(
    (toml, job) => {
      // What the user switched off stays off.
      const wanted = flatten(extended).get(job) !== false;
      return withValue(toml, job, first && wanted);
    },
    merge(extended, owned),
  );
}

/** The user's keys over a table. */
function extend(base: TomlTable, extension: TomlTable): TomlTable {
  return GROWING_LISTS.reduce(
    (extended, path) => {
      const [ours, theirs] = [valueAt(base, path), valueAt(extension, path)];
      return Array.isArray(ours) && Array.isArray(theirs) ? withValue(extended, path, [...ours, ...theirs]) : extended;
    },
    merge(base, extension),
  );
}

function valueAt(table: TomlTable, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
}

function clustering({ clusterDomain, nodeAddress, memberAddresses }: DeploymentTomlProps): TomlTable {
  return {
    membership_scheme: 'wka',
    domain: clusterDomain,
    local_member_host: nodeAddress,
    local_member_port: String(CLUSTER_PORT),
    members: memberAddresses.map((address) => `${address}:${CLUSTER_PORT}`),
  };
}

function datasourceTables(settings: DatasourceSettings): TomlTable {
  return Object.fromEntries(
    settings.databases.flatMap(({ datasources, ...place }) =>
      datasources.flatMap((entry) => ('table' in entry ? [[entry.table, datasourceTable(settings, place)]] : [])),
    ),
  );
}

function datasourceList(settings: DatasourceSettings): TomlTable {
  const entries = settings.databases.flatMap(({ datasources, ...place }) =>
    datasources.flatMap((entry) =>
      'id' in entry ? [{ id: entry.id, ...datasourceTable(settings, place), jmx_enable: false }] : [],
    ),
  );
  return entries.length === 0 ? {} : { datasource: entries };
}

/** How long a connection is trusted, in milliseconds, where its server may stop taking writes and the connection outlives that. */
const TRUSTED_MS = 1000;

function datasourceTable(settings: DatasourceSettings, place: { database: string; username: string }): TomlTable {
  const { dbms, target } = settings;
  const { failsOver } = target;
  return {
    url: jdbcUrl(dbms, { ...target, database: place.database }),
    username: escapeXml(place.username),
    password: `$env{${settings.secret}}`,
    driver: dbms.driver,
    pool_options: {
      maxActive: String(settings.poolSize),
      maxWait: '60000',
      minIdle: '5',
      testOnBorrow: true,
      validationQuery: (failsOver ? dbms.failover.validationQuery : undefined) ?? dbms.validationQuery,
      validationInterval: String(failsOver ? TRUSTED_MS : 30_000),
      defaultAutoCommit: false,
      commitOnReturn: true,
      ...((failsOver ? dbms.failover.poolOptions : undefined) ?? dbms.poolOptions),
    },
  };
}
