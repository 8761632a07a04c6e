/**
 * What the load balancer answers with 403 instead of forwarding it. Identity Server has its applications below prefixes of tenants
 * and organisations as well: `/t/<tenant>`, `/o`, `/o/<organisation>`, `/t/<tenant>/o/<organisation>`. Nobody needs them in another order
 * or number, so that is denied as well.
 */
const PREFIXES = '(?:/[to]/[^/]+)?(?:/[to]/[^/]+)?(?:/o(?:/[^/]+)?)?';

/** Matches the normalised path of an application's page, or, of one that ends in "/", all below it. A parameter changes nothing for Tomcat. */
export function pagePattern(path: string): string {
  return `^${PREFIXES}${path.replaceAll('.', '\\.')}${path.endsWith('/') ? '' : '/?(?:;|$)'}`;
}

/**
 * Matches a path that has the prefix of one tenant or organisation twice. The product takes it out of the path wherever it
 * stands, so `/o/a/api/hea/o/a/apilth-check` would be forwarded to `/api/health-check`.
 */
export const REPEATED_PREFIX = '^(?:/[to]/[^/]+)?(/[to]/[^/]+)(?=/).*\\1/';

/** Matches the normalised paths at and below a denied path. */
export function deniedPattern(denied: string): string {
  return `^${PREFIXES}${denied.replaceAll('.', '\\.')}`;
}

/** Whether a path of ours is denied. */
export function isDenied(path: string, deniedPaths: readonly string[]): boolean {
  return deniedPaths.some((denied) => new RegExp(deniedPattern(denied), 'i').test(path));
}
