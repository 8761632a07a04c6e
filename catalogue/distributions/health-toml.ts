import type { TomlTable } from '../toml';
import { type DistributionDatabase, jndiName } from './distribution';

/**
 * What the health request asks. It must be about this node: a secondary user store that fails, or a pool in heavy use, is the same
 * on all of them, and would take all of them out of a service that works.
 */
export function healthToml(databases: readonly DistributionDatabase[]): TomlTable {
  return {
    carbon_health_check: {
      // Off, the health request answers 200 whatever happens.
      enable: true,
      health_checker: {
        data_source_health_checker: {
          // It reports more connections in use than this share of the pool, which never are.
          pool_usage_limit_percentage: '100',
          properties: {
            'monitored.datasources': databases.flatMap(({ datasources }) => datasources.map(jndiName)).join(','),
          },
        },
        super_tenant_health_checker: { properties: { 'monitored.user.stores': 'PRIMARY' } },
      },
    },
    // Without an entry this checker is off, and 200 does not mean that the server has started.
    health_checker: [{ name: 'ServerStartupChecker', order: '96' }],
  };
}
