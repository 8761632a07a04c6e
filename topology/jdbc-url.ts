/** Where a database is and how the driver should behave. */
export interface JdbcTarget {
  readonly engine: 'postgresql';
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export const JDBC_DRIVERS: Readonly<Record<JdbcTarget['engine'], string>> = { postgresql: 'org.postgresql.Driver' };

/**
 * The JDBC URL as `deployment.toml` needs it. The server copies it verbatim into XML, so the parameters are joined with `&amp;`
 * (product-is issue 28431). Without the time-outs a connection to a frozen database would hang for ever.
 */
export function jdbcUrl({ engine, host, port, database }: JdbcTarget): string {
  const parameters = { connectTimeout: '10', socketTimeout: '60', tcpKeepAlive: 'true' };
  const query = Object.entries(parameters)
    .map(([key, value]) => `${key}=${value}`)
    .join('&amp;');
  return `jdbc:${engine}://${host}:${port}/${encodeURIComponent(database)}?${query}`;
}
