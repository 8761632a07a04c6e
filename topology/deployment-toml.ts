import { type Datasource, DISTRIBUTIONS, type DistributionName } from './distributions';
import { escapeXml, type JdbcTarget, jdbcUrl } from './jdbc-url';
import { flatten, isTable, merge, type TomlTable, withValue } from './toml';

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
  /** Addresses of all nodes. */
  readonly memberAddresses: readonly string[];
  /** Name of the Hazelcast cluster; two environments must not share one. */
  readonly clusterDomain: string;
  readonly portOffset: number;
  readonly adminUsername: string;
  readonly databases: DatasourceSettings;
  /** Header with the client certificate that the load balancer has verified. @default - no client is asked for one */
  readonly clientCertificateHeader?: string;
  /** The user's own keys, for all nodes and for this one. */
  readonly extensions: readonly TomlTable[];
}

/** How the connection pools of a node are set up. */
export interface DatasourceSettings {
  readonly target: Omit<JdbcTarget, 'database'>;
  readonly driver: string;
  readonly validationQuery: string;
  /** Further options of each pool. */
  readonly poolOptions: TomlTable;
  /** Connections that each datasource of a node may open. */
  readonly poolSize: number;
  readonly databases: readonly {
    readonly datasources: readonly Datasource[];
    readonly database: string;
    readonly username: string;
  }[];
  /** What the DBMS needs outside the datasources. */
  readonly toml: TomlTable;
}

/** Port of Hazelcast, not shifted by the offset. It has no authentication and is never published. */
export const CLUSTER_PORT = 4000;

/**
 * Has Tomcat write its access log with the logger HTTP_ACCESS, which inherits the console and the main log file from the root
 * logger. In the catalina-server.xml of the kernel and of Identity Server 7.0 to 7.3 the key chooses the valve.
 */
export const ACCESS_LOG_TO_STDOUT: TomlTable = { http_access_log: { useLogger: true } };

/** The keys that the topology decides, and what decides them; `*` stands for any one key. */
export const OWNED_KEYS: readonly { readonly path: string; readonly owner: string }[] = [
  { path: 'server.hostname', owner: 'load_balancer.hostname' },
  { path: 'server.base_path', owner: 'load_balancer.hostname' },
  { path: 'server.node_ip', owner: 'network.subnet' },
  { path: 'server.offset', owner: 'identity_server.port_offset' },
  { path: 'super_admin.username', owner: 'identity_server.admin_username' },
  { path: 'super_admin.password', owner: 'the generated secret ADMIN_PASSWORD' },
  { path: 'super_admin.create_admin_account', owner: 'the order of start: node 1 alone creates the account' },
  { path: 'database.*.url', owner: 'the [database] table' },
  { path: 'database.*.type', owner: 'the [database] table' },
  { path: 'database.*.hostname', owner: 'the [database] table' },
  { path: 'database.*.username', owner: 'database.username' },
  { path: 'database.*.password', owner: 'the secret DATABASE_PASSWORD' },
  { path: 'database.*.driver', owner: 'database.engine' },
  { path: 'database.*.pool_options.maxActive', owner: 'database.pool_size' },
  { path: 'keystore.primary', owner: 'the shared keystore that the environment creates' },
  { path: 'truststore', owner: 'the shared truststore that the environment creates' },
  { path: 'transport.http.properties.proxyPort', owner: 'load_balancer.http_port' },
  { path: 'transport.https.properties.proxyPort', owner: 'load_balancer.https_port' },
  { path: 'transport.http.properties.port', owner: 'identity_server.port_offset' },
  { path: 'transport.https.properties.port', owner: 'identity_server.port_offset' },
  { path: 'clustering', owner: 'network.subnet and identity_server.nodes, which fix the members of the cluster' },
  { path: 'encryption.key', owner: 'the generated secret ENCRYPTION_KEY' },
  {
    path: 'oauth.mutualtls.client_certificate_header',
    owner: 'load_balancer.client_certificates: a client could forge a header of any other name',
  },
  { path: 'account_recovery.endpoint.auth.hash', owner: 'the generated secret APP_PASSWORD' },
  { path: 'identity.auth_framework.endpoint.app_password', owner: 'the generated secret APP_PASSWORD' },
  {
    path: 'financial_services.consent.validation.signature.alias',
    owner: 'the shared keystore, whose key has that name',
  },
];

/**
 * One node's deployment.toml: the distribution's own part, the user's keys, and over them what the topology decides. Two nodes
 * differ in `server.node_ip`, `super_admin.create_admin_account`, `clustering.local_member_host`, in the switches of
 * scheduled jobs, and in nothing else unless the user says so.
 */
export function deploymentToml(props: DeploymentTomlProps): TomlTable {
  const distribution = DISTRIBUTIONS[props.distribution];
  const { databases } = props;
  const first = props.nodeNumber === 1;
  const site = {
    hostname: props.hostname,
    url: props.url,
    clientCertificateHeader: props.clientCertificateHeader,
  };
  const pools = { database: datasourceTables(databases), ...datasourceList(databases) };
  const base = merge(distribution.deploymentToml(site), databases.toml, pools);
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
        primary: {
          file_name: `wso2carbon.${distribution.stores.extension}`,
          type: distribution.stores.type,
          password: '$env{KEYSTORE_PASSWORD}',
          key_password: '$env{KEYSTORE_PASSWORD}',
          alias: KEY_ALIAS,
        },
      },
      truststore: {
        file_name: `client-truststore.${distribution.stores.extension}`,
        type: distribution.stores.type,
        password: '$env{KEYSTORE_PASSWORD}',
      },
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

/** One thing in the user's part of deployment.toml that cannot stand. */
export interface ExtensionProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong with the keys that a user adds to a distribution's deployment.toml. */
export function extensionProblems(distribution: DistributionName, extension: TomlTable): ExtensionProblem[] {
  const lists = DISTRIBUTIONS[distribution].databases
    .flatMap(({ datasources }) => datasources)
    .flatMap((datasource) => ('id' in datasource ? datasource.id : []));
  return leaves(extension).flatMap(({ path, value }): ExtensionProblem[] => {
    const rule = OWNED_KEYS.find((key) => touches(path, key.path.split('.')));
    if (rule) {
      return [{ path, message: `belongs to the topology: it follows from ${rule.owner}; change that instead` }];
    }
    if (path[0] === 'datasource' && lists.length > 0) {
      if (path.length > 1) {
        const entry = path.slice(0, 2);
        // Said once for the table, not for each of its keys.
        if (path.length > 2 && path[2] !== Object.keys(tableAt(extension, entry))[0]) return [];
        const list = lists.join(', ');
        return [
          {
            path: entry,
            message: `would become a part of the last entry of the list [[datasource]] (${list}); write it as [[identity_server.deployment_toml.datasource]] with id = "${entry[1]}"`,
          },
        ];
      }
      const taken = (Array.isArray(value) ? value : []).flatMap((entry) =>
        isTable(entry) && typeof entry.id === 'string' && lists.includes(entry.id) ? entry.id : [],
      );
      if (taken.length > 0) {
        return [
          { path, message: `entry ${taken.join(', ')} belongs to the topology: it follows from the [database] table` },
        ];
      }
    }
    return literalSecrets(path, value);
  });
}

const KEY_ALIAS = 'wso2carbon';
const SECRET_KEY = /(password|passwd|secret|private_key|access_key|api_key|token_value)$/i;
const REFERENCE = /^\$(env|secret|sys|ref)\{[^}]+\}$/;
/** Passwords that are printed in the product's documentation. */
const PUBLISHED_PASSWORDS = ['wso2carbon', 'wso2123', 'dashboard', 'admin', 'root', 'password', 'changeit'];

function literalSecrets(path: readonly string[], value: unknown): ExtensionProblem[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry) =>
      isTable(entry) ? leaves(entry).flatMap((leaf) => literalSecrets([...path, ...leaf.path], leaf.value)) : [],
    );
  }
  const key = path[path.length - 1] as string;
  if (!SECRET_KEY.test(key) || typeof value !== 'string' || value === '' || REFERENCE.test(value)) return [];
  const name = path
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');
  const what = PUBLISHED_PASSWORDS.includes(value)
    ? 'is a password that the documentation prints'
    : 'holds a secret in clear text, and this file is under version control';
  return [{ path, message: `${what}; write "$env{${name}}" and supply the value as a secret of that name` }];
}

/** The user's keys over a table. Lists are replaced as a whole, but entries of `datasource` are added to ours. */
function extend(base: TomlTable, extension: TomlTable): TomlTable {
  const { datasource: ours } = base;
  const { datasource: theirs } = extension;
  const merged = merge(base, extension);
  return Array.isArray(ours) && Array.isArray(theirs) ? { ...merged, datasource: [...ours, ...theirs] } : merged;
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

function datasourceTable(settings: DatasourceSettings, place: { database: string; username: string }): TomlTable {
  return {
    url: jdbcUrl({ ...settings.target, database: place.database }),
    username: escapeXml(place.username),
    password: '$env{DATABASE_PASSWORD}',
    driver: settings.driver,
    pool_options: {
      maxActive: String(settings.poolSize),
      maxWait: '60000',
      minIdle: '5',
      testOnBorrow: true,
      validationQuery: settings.validationQuery,
      validationInterval: '30000',
      defaultAutoCommit: false,
      commitOnReturn: true,
      ...settings.poolOptions,
    },
  };
}

/** The values of a table with their paths; lists are values. */
function leaves(table: TomlTable, above: readonly string[] = []): { path: string[]; value: unknown }[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTable(value) && Object.keys(value).length > 0 ? leaves(value, path) : [{ path, value }];
  });
}

function tableAt(table: TomlTable, path: readonly string[]): TomlTable {
  return path.reduce((inner, key) => inner[key] as TomlTable, table);
}

/** Whether writing at `path` changes something at or below `owned`, or replaces a table that it is in. */
function touches(path: readonly string[], owned: readonly string[]): boolean {
  return owned.slice(0, path.length).every((part, index) => part === '*' || part === path[index]);
}
