import { type DatabaseEngineFacts, FAILOVER_SECONDS, type JdbcTarget } from './engine';
import { withoutBrackets, withQuery } from './jdbc-url';

export const oracle: DatabaseEngineFacts = {
  title: 'Oracle',
  port: 1521,
  adminUsername: 'system',
  dialect: 'oracle',
  driver: 'oracle.jdbc.OracleDriver',
  driverArtifact: 'com.oracle.database.jdbc:ojdbc11',
  driverVersion: '23.9.0.25.07',
  jdbcUrl: (target) => {
    const { servers, failsOver, database, tls } = target;
    const [{ host, port }] = servers;
    if (failsOver) return `jdbc:oracle:thin:@${descriptor(target)}`;
    return tls === 'off'
      ? `jdbc:oracle:thin:@//${host}:${port}/${database}`
      : withQuery(`jdbc:oracle:thin:@tcps://${host}:${port}/${database}`, { ssl_server_dn_match: dnMatch(target) });
  },
  validationQuery: 'SELECT 1 FROM DUAL',
  // This driver takes its time-outs as properties, not from the URL.
  poolOptions: { connectionProperties: 'oracle.net.CONNECT_TIMEOUT=10000;oracle.jdbc.ReadTimeout=60000' },
  toml: {},
  schemasOfService: true,
  limitsConnections: true,
  failover: {
    poolOptions: {
      connectionProperties: `oracle.net.CONNECT_TIMEOUT=10000;oracle.jdbc.ReadTimeout=${FAILOVER_SECONDS.answer * 1000}`,
    },
    clientVariables: {},
  },
};

/** The servers in their order, until one has the service. Data Guard has a role-based service run on the primary alone. */
function descriptor(target: JdbcTarget): string {
  const { servers, database, tls } = target;
  const protocol = tls === 'off' ? 'tcp' : 'tcps';
  const addresses = servers.map(
    ({ host, port }) => `(ADDRESS=(PROTOCOL=${protocol})(HOST=${withoutBrackets(host)})(PORT=${port}))`,
  );
  const security = tls === 'off' ? '' : `(SECURITY=(SSL_SERVER_DN_MATCH=${dnMatch(target)}))`;
  return `(DESCRIPTION=(FAILOVER=on)(LOAD_BALANCE=off)(TRANSPORT_CONNECT_TIMEOUT=${FAILOVER_SECONDS.connect})(ADDRESS_LIST=${addresses.join('')})(CONNECT_DATA=(SERVICE_NAME=${database}))${security})`;
}

function dnMatch({ tls }: JdbcTarget): string {
  return tls === 'verified' ? 'yes' : 'no';
}
