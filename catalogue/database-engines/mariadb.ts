import {
  CASE_SENSITIVE_USER_STORE,
  DATABASE_AUTHORITIES_FILE,
  type DatabaseEngineFacts,
  FAILS_WHERE_READ_ONLY,
  timeOuts,
} from './engine';
import { addressesOf, withQuery } from './jdbc-url';

/**
 * Identity Server takes MariaDB's own driver since 2020 (product-is issue 9700) and runs MySQL's scripts on it; the documentation
 * of 7.1 lists 11.4 among the tested ones. Its example did not work until bulk statements were off (product-is issue 27020).
 */
export const mariadb: DatabaseEngineFacts = {
  title: 'MariaDB',
  port: 3306,
  adminUsername: 'root',
  dialect: 'mysql',
  driver: 'org.mariadb.jdbc.Driver',
  driverArtifact: 'org.mariadb.jdbc:mariadb-java-client',
  // The last line that runs on Java 11.
  driverVersion: '3.5.11',
  // This driver takes the name of the database as it stands; nothing in it is decoded.
  jdbcUrl: ({ servers, failsOver, database, tls }) =>
    withQuery(`jdbc:mariadb:${failsOver ? 'sequential:' : ''}//${addressesOf(servers)}/${database}`, {
      connectTimeout: String(timeOuts(failsOver).connect * 1000),
      socketTimeout: String(timeOuts(failsOver).answer * 1000),
      tcpKeepAlive: 'true',
      // A host whose first statement fails counts as one that cannot be reached, and the next is asked. Where all were denied, the driver asks
      // none but the first of them until that is over: so soon.
      ...(failsOver && {
        initSql: FAILS_WHERE_READ_ONLY,
        deniedListTimeout: '1000',
        retriesAllDown: String(servers.length),
      }),
      useBulkStmts: 'false',
      sslMode: { off: 'disable', required: 'trust', verified: 'verify-full' }[tls],
    }),
  validationQuery: 'SELECT 1',
  poolOptions: {},
  toml: CASE_SENSITIVE_USER_STORE,
  schemasOfService: false,
  limitsConnections: true,
  failover: { validationQuery: FAILS_WHERE_READ_ONLY, clientVariables: { STANDBYS: 'passed over' } },
  container: {
    image: 'mariadb:11.8',
    sandboxImage: 'mariadb',
    owner: '999:999',
    dataPath: '/var/lib/mysql',
    socketPath: '/var/run/mysqld',
    stopSignal: 'SIGTERM',
    adminRenamable: false,
    command: (port, maxConnections) => [
      'mariadbd',
      `--port=${port}`,
      `--max-connections=${maxConnections}`,
      // The product's indexes exceed the key length with four-byte characters (product-is issue 8786).
      '--character-set-server=latin1',
      '--collation-server=latin1_swedish_ci',
      // As in MySQL and in 11.4. Since 11.6 a row changed by somebody else meanwhile is an error (1020), which the product, written
      // for MySQL, does not expect.
      '--innodb-snapshot-isolation=OFF',
    ],
    environment: (_, passwordFile) => ({ MARIADB_ROOT_PASSWORD_FILE: passwordFile }),
    // With the password: this server logs every refused login as a warning. Without TLS: the client would check the certificate that
    // the server makes for itself.
    healthCommand: (address, port) => [
      ...['CMD', 'sh', '-c'],
      `MYSQL_PWD=$(cat "$MARIADB_ROOT_PASSWORD_FILE") mariadb-admin ping --silent --skip-ssl -u root -h ${address} -P ${port}`,
    ],
    dump: (admin, _, passwordFile) =>
      `sh -c 'MYSQL_PWD=$(cat ${passwordFile}) mariadb-dump --all-databases --single-transaction --routines -u ${admin}'`,
    schemaScript: 'run-mysql-schema.sh',
    takesVerifiers: true,
    clientTls: { off: { TLS: 'off' }, required: { TLS: 'required' }, verified: { TLS: 'verified' } },
    clientAuthorities: { public: false, variables: { AUTHORITIES: DATABASE_AUTHORITIES_FILE } },
  },
};
