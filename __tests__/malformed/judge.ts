import type { Received } from '../support/nginx-alone';
import { type Aim, FORGED } from './http1';

/** Why a request should not have reached a node; nothing where it may. */
export function objections(request: Received, { denied }: Pick<Aim, 'denied'>): string[] {
  const reached = denied.filter((prefix) =>
    spellings(request.path).some((path) => isBelow(path.toLowerCase(), prefix)),
  );
  const forged = Object.keys(request.headers).filter((name) => request.headers[name]?.includes(FORGED));
  return [...reached.map((prefix) => `reaches ${prefix}`), ...forged.map((name) => `forged ${name}`)];
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix};`);
}

/**
 * A path and what the product makes of it: where it begins with the prefix of a tenant or of an organisation, both that and the first segment
 * are taken out, wherever they stand together, and the segment is put in front. Once for a tenant and once for an organisation,
 * in the case of letters that both have.
 */
function spellings(path: string, prefixes: readonly (readonly RegExp[])[] = [TENANT, ORGANISATION]): string[] {
  return [
    path,
    ...prefixes.flatMap((patterns) =>
      patterns.flatMap((pattern) => {
        const [both, first] = pattern.exec(path) ?? [];
        if (both === undefined) return [];
        const others = prefixes.filter((each) => each !== patterns);
        return spellings(first + path.replaceAll(both, ''), others);
      }),
    ),
  ];
}

const TENANT = [/^\/t\/[^/]+(\/[^/]+)/];
/** With its name, and without one. */
const ORGANISATION = [/^\/o\/[^/]+(\/[^/]+)/, /^\/o(\/[^/]+)/];
