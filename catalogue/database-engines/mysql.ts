import {
  CASE_SENSITIVE_USER_STORE,
  DATABASE_AUTHORITIES_FILE,
  type DatabaseEngineFacts,
  FAILS_WHERE_READ_ONLY,
  timeOuts,
} from './engine';
import { addressesOf, withQuery } from './jdbc-url';

export const mysql: DatabaseEngineFacts = {
  title: 'MySQL',
  port: 3306,
  adminUsername: 'root',
  dialect: 'mysql',
  driver: 'com.mysql.cj.jdbc.Driver',
  driverArtifact: 'com.mysql:mysql-connector-j',
  driverVersion: '9.5.0',
  jdbcUrl: ({ servers, failsOver, database, tls }) =>
    withQuery(`jdbc:mysql://${addressesOf(servers)}/${encodeURIComponent(database)}`, {
      connectTimeout: String(timeOuts(failsOver).connect * 1000),
      socketTimeout: String(timeOuts(failsOver).answer * 1000),
      tcpKeepAlive: 'true',
      // What has gone to the next host may write there, stays there, and one round is enough: the pool asks again.
      ...(servers.length > 1 && {
        failOverReadOnly: 'false',
        secondsBeforeRetrySource: '0',
        queriesBeforeRetrySource: '0',
        retriesAllDown: '1',
      }),
      ...{
        // Without TLS the password travels encrypted by the server's public key, which the driver must then ask for.
        off: { sslMode: 'DISABLED', allowPublicKeyRetrieval: 'true' },
        required: { sslMode: 'REQUIRED' },
        verified: { sslMode: 'VERIFY_IDENTITY' },
      }[tls],
    }),
  validationQuery: 'SELECT 1',
  poolOptions: {},
  toml: CASE_SENSITIVE_USER_STORE,
  schemasOfService: false,
  limitsConnections: true,
  // The driver takes the first host that answers, whether or not it takes writes.
  failover: { validationQuery: FAILS_WHERE_READ_ONLY, clientVariables: { STANDBYS: 'refused' } },
  container: {
    image: 'mysql:8.4',
    sandboxImage: 'mariadb',
    owner: '999:999',
    dataPath: '/var/lib/mysql',
    socketPath: '/var/run/mysqld',
    stopSignal: 'SIGTERM',
    adminRenamable: false,
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
    dump: (admin, _, passwordFile) =>
      `sh -c 'MYSQL_PWD=$(cat ${passwordFile}) mysqldump --all-databases --single-transaction --routines -u ${admin}'`,
    schemaScript: 'run-mysql-schema.sh',
    takesVerifiers: false,
    clientTls: { off: { TLS: 'off' }, required: { TLS: 'required' }, verified: { TLS: 'verified' } },
    clientAuthorities: { public: false, variables: { AUTHORITIES: DATABASE_AUTHORITIES_FILE } },
  },
};
