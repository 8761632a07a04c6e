import { otherSchemas } from '../../../topology/schema-version';
import type { Rule } from '../rule';

export const schemaVersion: Rule = {
  reason: 'servers of one version on the schema of another fail, or damage what is in the database',
  fix: 'set the version back, or upgrade with "make upgrade", which stops all nodes for the migration of the databases',
  check: ({ topology, schemas = [] }) =>
    otherSchemas(topology, schemas).map(({ where, version }) => ({
      location: where,
      message: `has the schema of ${version}, the servers are of ${topology.schemaVersion}`,
    })),
};
