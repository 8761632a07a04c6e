import type { DatabaseEngineFacts } from './engine';
import { withQuery } from './jdbc-url';

export const oracle: DatabaseEngineFacts = {
  title: 'Oracle',
  port: 1521,
  adminUsername: 'system',
  dialect: 'oracle',
  driver: 'oracle.jdbc.OracleDriver',
  driverArtifact: 'com.oracle.database.jdbc:ojdbc11',
  driverVersion: '23.9.0.25.07',
  jdbcUrl: ({ host, port, database, tls }) =>
    tls === 'off'
      ? `jdbc:oracle:thin:@//${host}:${port}/${database}`
      : withQuery(`jdbc:oracle:thin:@tcps://${host}:${port}/${database}`, {
          ssl_server_dn_match: tls === 'verified' ? 'yes' : 'no',
        }),
  validationQuery: 'SELECT 1 FROM DUAL',
  // This driver takes its time-outs as properties, not from the URL.
  poolOptions: { connectionProperties: 'oracle.net.CONNECT_TIMEOUT=10000;oracle.jdbc.ReadTimeout=60000' },
  toml: {},
  schemasOfService: true,
  limitsConnections: true,
};
