import { CASE_SENSITIVE_USER_STORE, type DatabaseEngineFacts, timeOuts } from './engine';
import { addressesOf } from './jdbc-url';

export const mssql: DatabaseEngineFacts = {
  title: 'SQL Server',
  port: 1433,
  adminUsername: 'sa',
  dialect: 'mssql',
  driver: 'com.microsoft.sqlserver.jdbc.SQLServerDriver',
  driverArtifact: 'com.microsoft.sqlserver:mssql-jdbc',
  driverVersion: '13.2.1.jre11',
  jdbcUrl: ({ servers, failsOver, database, tls }) =>
    Object.entries({
      databaseName: braced(database),
      loginTimeout: '10',
      socketTimeout: String(timeOuts(failsOver).answer * 1000),
      // The driver asks all addresses of the listener at once.
      ...(failsOver && { multiSubnetFailover: 'true' }),
      encrypt: String(tls !== 'off'),
      ...(tls === 'required' && { trustServerCertificate: 'true' }),
    }).reduce((url, [key, value]) => `${url};${key}=${value}`, `jdbc:sqlserver://${addressesOf(servers)}`),
  validationQuery: 'SELECT 1',
  poolOptions: {},
  toml: CASE_SENSITIVE_USER_STORE,
  schemasOfService: false,
  // Its limit is far beyond every pool.
  limitsConnections: false,
  failover: {
    oneHost:
      'its driver is not told several servers: name the listener of the availability group, which always leads to the primary (failoverPartner is for database mirroring, which is deprecated)',
    clientVariables: {},
  },
};

/** SQL Server's quoting: anything goes between braces, a closing brace is doubled. */
function braced(value: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(value) ? value : `{${value.replaceAll('}', '}}')}}`;
}
