import type { Rule } from '../rule';

export const databaseTls: Rule = {
  reason: 'whoever stands between can pose as the database, and read and change everything that the nodes send it',
  fix: 'set database.tls to "verified", with database.ca_file where the certificate is of an authority of your own',
  check: ({ topology }) => {
    const { container, tls } = topology.database;
    return topology.protected && container === undefined && tls !== 'verified'
      ? [{ location: 'database.tls', message: `is "${tls}", which does not check who answers` }]
      : [];
  },
};
