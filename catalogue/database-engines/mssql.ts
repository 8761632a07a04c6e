import { CASE_SENSITIVE_USER_STORE, type DatabaseEngineFacts } from './engine';

export const mssql: DatabaseEngineFacts = {
  title: 'SQL Server',
  port: 1433,
  adminUsername: 'sa',
  dialect: 'mssql',
  driver: 'com.microsoft.sqlserver.jdbc.SQLServerDriver',
  driverArtifact: 'com.microsoft.sqlserver:mssql-jdbc',
  driverVersion: '13.2.1.jre11',
  jdbcUrl: ({ host, port, database, tls }) =>
    Object.entries({
      databaseName: braced(database),
      loginTimeout: '10',
      socketTimeout: '60000',
      encrypt: String(tls !== 'off'),
      ...(tls === 'required' && { trustServerCertificate: 'true' }),
    }).reduce((url, [key, value]) => `${url};${key}=${value}`, `jdbc:sqlserver://${host}:${port}`),
  validationQuery: 'SELECT 1',
  poolOptions: {},
  toml: CASE_SENSITIVE_USER_STORE,
  schemasOfService: false,
  // Its limit is far beyond every pool.
  limitsConnections: false,
};

/** SQL Server's quoting: anything goes between braces, a closing brace is doubled. */
function braced(value: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(value) ? value : `{${value.replaceAll('}', '}}')}}`;
}
