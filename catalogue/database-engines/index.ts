import type { DatabaseEngine } from '../distributions';
import type { TomlTable } from '../toml';
import type { DatabaseTls } from './jdbc-url';

/** What differs from one database management system to the next. */
export interface DatabaseEngineFacts {
  /** The vendor's name for it. */
  readonly title: string;
  readonly port: number;
  readonly adminUsername: string;
  /** Class name of the JDBC driver. */
  readonly driver: string;
  /** Maven coordinates of the driver without its version, and the version that is built in unless another is named. */
  readonly driverArtifact: string;
  readonly driverVersion: string;
  readonly validationQuery: string;
  /** Further options of each connection pool. */
  readonly poolOptions: TomlTable;
  /** What deployment.toml needs beside the connections. */
  readonly toml: TomlTable;
  /** How the server is run and its schemas are created. Undefined where that is left to the user. */
  readonly container?: DatabaseContainerFacts;
}

export interface DatabaseContainerFacts {
  /** Official image. */
  readonly image: string;
  /** uid:gid of the server's user in it. */
  readonly owner: string;
  readonly dataPath: string;
  readonly stopSignal: string;
  readonly command: (port: number, maxConnections: number) => readonly string[];
  readonly environment: (adminUsername: string, passwordFile: string) => Readonly<Record<string, string>>;
  readonly healthCommand: (address: string, port: number) => readonly string[];
  /** Script in `runtime/jobs/` that creates the schemas with this image's client. */
  readonly schemaScript: string;
  /** Variables by which that client is told what to do about TLS. */
  readonly clientTls: Readonly<Record<DatabaseTls, Readonly<Record<string, string>>>>;
  /** How it is told of authorities that the user has named. */
  readonly clientAuthorities: {
    readonly variables: Readonly<Record<string, string>>;
    /** Script in `runtime/jobs/` that goes before the other. @default - variables are enough */
    readonly script?: string;
  };
}

/** Where the schema job has the certificates of the authorities that the user has named. */
export const DATABASE_AUTHORITIES_FILE = '/database-authorities.pem';

/** MySQL and SQL Server compare text without regard to case; the user store must not do it again. */
const CASE_SENSITIVE_USER_STORE: TomlTable = {
  user_store: { properties: { CaseInsensitiveUsername: false, UseCaseSensitiveUsernameForCacheKeys: false } },
};

export const DATABASE_ENGINES: Readonly<Record<DatabaseEngine, DatabaseEngineFacts>> = {
  postgresql: {
    title: 'PostgreSQL',
    port: 5432,
    adminUsername: 'postgres',
    driver: 'org.postgresql.Driver',
    driverArtifact: 'org.postgresql:postgresql',
    driverVersion: '42.7.8',
    validationQuery: 'SELECT 1',
    poolOptions: {},
    toml: {},
    container: {
      image: 'postgres:17.6',
      owner: '999:999',
      dataPath: '/var/lib/postgresql/data',
      // PostgreSQL's fast shutdown: sessions end, a checkpoint is written.
      stopSignal: 'SIGINT',
      command: (port, maxConnections) => ['postgres', '-c', `max_connections=${maxConnections}`, '-p', String(port)],
      environment: (adminUsername, passwordFile) => ({
        POSTGRES_USER: adminUsername,
        POSTGRES_PASSWORD_FILE: passwordFile,
      }),
      // Over TCP, because the image's first start answers on the socket before it is ready.
      healthCommand: (address, port) => ['CMD', 'pg_isready', '-q', '-h', address, '-p', String(port)],
      schemaScript: 'run-postgresql-schema.sh',
      clientTls: {
        off: { PGSSLMODE: 'disable' },
        required: { PGSSLMODE: 'require' },
        verified: { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' },
      },
      clientAuthorities: { variables: { PGSSLROOTCERT: DATABASE_AUTHORITIES_FILE } },
    },
  },
  mysql: {
    title: 'MySQL',
    port: 3306,
    adminUsername: 'root',
    driver: 'com.mysql.cj.jdbc.Driver',
    driverArtifact: 'com.mysql:mysql-connector-j',
    driverVersion: '9.5.0',
    validationQuery: 'SELECT 1',
    poolOptions: {},
    toml: CASE_SENSITIVE_USER_STORE,
    container: {
      image: 'mysql:8.4',
      owner: '999:999',
      dataPath: '/var/lib/mysql',
      stopSignal: 'SIGTERM',
      command: (port, maxConnections) => [
        'mysqld',
        `--port=${port}`,
        `--max-connections=${maxConnections}`,
        // The product's indexes exceed the key length with four-byte characters (product-is issue 8786).
        '--character-set-server=latin1',
        '--collation-server=latin1_swedish_ci',
        // Consent attributes are read with group_concat, which otherwise cuts them at 1024.
        '--group-concat-max-len=10000',
      ],
      environment: (_, passwordFile) => ({ MYSQL_ROOT_PASSWORD_FILE: passwordFile }),
      healthCommand: (address, port) => ['CMD', 'mysqladmin', 'ping', '--silent', '-h', address, '-P', String(port)],
      schemaScript: 'run-mysql-schema.sh',
      clientTls: { off: { TLS: 'off' }, required: { TLS: 'required' }, verified: { TLS: 'verified' } },
      clientAuthorities: { variables: {}, script: 'trust-mysql-authorities.sh' },
    },
  },
  mssql: {
    title: 'SQL Server',
    port: 1433,
    adminUsername: 'sa',
    driver: 'com.microsoft.sqlserver.jdbc.SQLServerDriver',
    driverArtifact: 'com.microsoft.sqlserver:mssql-jdbc',
    driverVersion: '13.2.1.jre11',
    validationQuery: 'SELECT 1',
    poolOptions: {},
    toml: CASE_SENSITIVE_USER_STORE,
  },
  oracle: {
    title: 'Oracle',
    port: 1521,
    adminUsername: 'system',
    driver: 'oracle.jdbc.OracleDriver',
    driverArtifact: 'com.oracle.database.jdbc:ojdbc11',
    driverVersion: '23.9.0.25.07',
    validationQuery: 'SELECT 1 FROM DUAL',
    // This driver takes its time-outs as properties, not from the URL.
    poolOptions: { connectionProperties: 'oracle.net.CONNECT_TIMEOUT=10000;oracle.jdbc.ReadTimeout=60000' },
    toml: {},
  },
};
