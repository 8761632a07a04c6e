import type { DatabaseEngine } from '../distributions';

/** Whether connections to the database are encrypted, and whether the server's certificate and name are checked. */
export type DatabaseTls = 'off' | 'required' | 'verified';

/** Where a database is and how the driver should behave. */
export interface JdbcTarget {
  readonly engine: DatabaseEngine;
  /** Host name, IPv4 address, or IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** Name of the database; with Oracle the service that all schemas are in. */
  readonly database: string;
  readonly tls: DatabaseTls;
}

/**
 * The JDBC URL as `deployment.toml` needs it: the server copies it verbatim into XML, so it is escaped for XML (product-is issue
 * 28431). Without the time-outs a connection to a frozen database would hang for ever.
 */
export function jdbcUrl(target: JdbcTarget): string {
  return escapeXml(PLAIN_URLS[target.engine](target));
}

/** Text as it must stand in XML, in an element or in a double-quoted attribute. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] as string);
}

const PLAIN_URLS: Readonly<Record<DatabaseEngine, (target: JdbcTarget) => string>> = {
  postgresql: ({ host, port, database, tls }) =>
    withQuery(`jdbc:postgresql://${host}:${port}/${encodeURIComponent(database)}`, {
      connectTimeout: '10',
      socketTimeout: '60',
      tcpKeepAlive: 'true',
      ...{
        off: { sslmode: 'disable' },
        required: { sslmode: 'require' },
        // The driver's own default looks for a file; this factory uses the JVM's truststore, which is the node's.
        verified: { sslmode: 'verify-full', sslfactory: 'org.postgresql.ssl.DefaultJavaSSLFactory' },
      }[tls],
    }),
  mysql: ({ host, port, database, tls }) =>
    withQuery(`jdbc:mysql://${host}:${port}/${encodeURIComponent(database)}`, {
      connectTimeout: '10000',
      socketTimeout: '60000',
      tcpKeepAlive: 'true',
      ...{
        // Without TLS the password travels encrypted by the server's public key, which the driver must then ask for.
        off: { sslMode: 'DISABLED', allowPublicKeyRetrieval: 'true' },
        required: { sslMode: 'REQUIRED' },
        verified: { sslMode: 'VERIFY_IDENTITY' },
      }[tls],
    }),
  mssql: ({ host, port, database, tls }) =>
    Object.entries({
      databaseName: braced(database),
      loginTimeout: '10',
      socketTimeout: '60000',
      encrypt: String(tls !== 'off'),
      ...(tls === 'required' && { trustServerCertificate: 'true' }),
    }).reduce((url, [key, value]) => `${url};${key}=${value}`, `jdbc:sqlserver://${host}:${port}`),
  oracle: ({ host, port, database, tls }) =>
    tls === 'off'
      ? `jdbc:oracle:thin:@//${host}:${port}/${database}`
      : withQuery(`jdbc:oracle:thin:@tcps://${host}:${port}/${database}`, {
          ssl_server_dn_match: tls === 'verified' ? 'yes' : 'no',
        }),
};

function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return `${url}?${query.join('&')}`;
}

/** SQL Server's quoting: anything goes between braces, a closing brace is doubled. */
function braced(value: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(value) ? value : `{${value.replaceAll('}', '}}')}}`;
}
