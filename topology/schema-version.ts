import type { Topology } from './topology';

/** Which version's schema a database has. */
export interface FoundSchema {
  /** The database's name; where schemas are the user's own affair, the node that runs on them. */
  readonly where: string;
  /** The version; undefined where nobody has noted one. */
  readonly version: string | undefined;
}

/** Those on which the environment's servers may not run. What nobody has noted is for the schema job to find out. */
export function otherSchemas(
  { schemaVersion }: Pick<Topology, 'schemaVersion'>,
  found: readonly FoundSchema[],
): { readonly where: string; readonly version: string }[] {
  return found.flatMap(({ where, version }) =>
    version === undefined || version === schemaVersion ? [] : [{ where, version }],
  );
}
