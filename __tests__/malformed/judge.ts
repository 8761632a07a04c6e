import type { Received } from '../support/nginx-alone';
import { type Aim, FORGED } from './http1';

/** Why a request should not have reached a node; nothing where it may. */
export function objections(request: Received, { denied }: Pick<Aim, 'denied'>): string[] {
  const reached = denied.filter((prefix) =>
    spellings(request.path.toLowerCase()).some((path) => isBelow(path, prefix)),
  );
  const forged = Object.keys(request.headers).filter((name) => request.headers[name]?.includes(FORGED));
  return [...reached.map((prefix) => `reaches ${prefix}`), ...forged.map((name) => `forged ${name}`)];
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix};`);
}

/**
 * A path and what the product makes of it: where it begins with the prefix of a tenant or of an organisation, both that and the first segment
 * are taken out, wherever they stand together, and the segment is put in front.
 */
function spellings(path: string): string[] {
  const all = new Set([path]);
  for (const each of all) {
    for (const pattern of [/^(\/[to]\/[^/]+)(\/[^/]+)/, /^(\/o)(\/[^/]+)/]) {
      const [both, , first] = pattern.exec(each) ?? [];
      if (both !== undefined) all.add(first + each.replaceAll(both, ''));
    }
  }
  return [...all];
}
