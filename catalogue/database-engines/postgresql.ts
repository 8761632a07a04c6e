import { DATABASE_AUTHORITIES_FILE, type DatabaseEngineFacts, FAILOVER_SECONDS, timeOuts } from './engine';
import { addressesOf, withQuery } from './jdbc-url';

export const postgresql: DatabaseEngineFacts = {
  title: 'PostgreSQL',
  port: 5432,
  adminUsername: 'postgres',
  dialect: 'postgresql',
  driver: 'org.postgresql.Driver',
  driverArtifact: 'org.postgresql:postgresql',
  driverVersion: '42.7.8',
  jdbcUrl: ({ servers, failsOver, database, tls }) =>
    withQuery(`jdbc:postgresql://${addressesOf(servers)}/${encodeURIComponent(database)}`, {
      connectTimeout: String(timeOuts(failsOver).connect),
      socketTimeout: String(timeOuts(failsOver).answer),
      tcpKeepAlive: 'true',
      // Every new connection asks its server whether it is the primary. No loginTimeout: it is for all servers together, so one that hangs
      // would use it up before the next is asked. A server that hangs is given up in the TLS handshake, after sslResponseTimeout (5 s).
      ...(failsOver && { targetServerType: 'primary', hostRecheckSeconds: String(FAILOVER_SECONDS.recheck) }),
      ...{
        off: { sslmode: 'disable' },
        required: { sslmode: 'require' },
        // The driver's own default looks for a file; this factory uses the JVM's truststore, which is the node's.
        verified: { sslmode: 'verify-full', sslfactory: 'org.postgresql.ssl.DefaultJavaSSLFactory' },
      }[tls],
    }),
  validationQuery: 'SELECT 1',
  poolOptions: {},
  toml: {},
  schemasOfService: false,
  limitsConnections: true,
  // A primary that becomes a standby restarts, so its connections end.
  failover: { clientVariables: { PGTARGETSESSIONATTRS: 'read-write' } },
  container: {
    image: 'postgres:17.6',
    sandboxImage: 'postgresql',
    owner: '999:999',
    dataPath: '/var/lib/postgresql/data',
    socketPath: '/var/run/postgresql',
    dataFolderVariable: 'PGDATA',
    // PostgreSQL's fast shutdown: sessions end, a checkpoint is written.
    stopSignal: 'SIGINT',
    adminRenamable: true,
    command: (port, maxConnections) => ['postgres', '-c', `max_connections=${maxConnections}`, '-p', String(port)],
    environment: (adminUsername, passwordFile) => ({
      POSTGRES_USER: adminUsername,
      POSTGRES_PASSWORD_FILE: passwordFile,
    }),
    // Over TCP, because the image's first start answers on the socket before it is ready.
    healthCommand: (address, port) => ['CMD', 'pg_isready', '-q', '-h', address, '-p', String(port)],
    dump: (admin, port) => `pg_dumpall -h /var/run/postgresql -p ${port} -U ${admin}`,
    schemaScript: 'run-postgresql-schema.sh',
    takesVerifiers: true,
    clientTls: {
      // Nobody who has not shown a certificate is told a password.
      off: { PGSSLMODE: 'disable', PGREQUIREAUTH: '!password' },
      required: { PGSSLMODE: 'require', PGREQUIREAUTH: '!password' },
      verified: { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' },
    },
    clientAuthorities: { public: true, variables: { PGSSLROOTCERT: DATABASE_AUTHORITIES_FILE } },
  },
};
