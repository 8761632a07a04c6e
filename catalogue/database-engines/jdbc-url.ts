import type { DatabaseEngineFacts, DatabaseServer, JdbcTarget } from './engine';

/**
 * The JDBC URL as `deployment.toml` needs it: the server copies it verbatim into XML, so it is escaped for XML (product-is issue
 * 28431).
 */
export function jdbcUrl(dbms: DatabaseEngineFacts, target: JdbcTarget): string {
  return escapeXml(dbms.jdbcUrl(target));
}

/** Text as it must stand in XML, in an element or in a double-quoted attribute. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] as string);
}

/** Servers as most drivers and our messages have them, with this between two. */
export function addressesOf(servers: readonly DatabaseServer[], separator = ','): string {
  return servers.map(({ host, port }) => `${host}:${port}`).join(separator);
}

/** A host without the brackets that tell an IPv6 address from its port. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

export function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return `${url}?${query.join('&')}`;
}
