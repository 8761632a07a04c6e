import type { TomlTable } from '../toml';

/**
 * After two attempts that get no connection the primary user store refuses everybody, without asking the database again, for two
 * minutes: a database that was away for a second would cost two minutes of logins, on all nodes at once. So it asks after a second.
 * The product allows no less than a minute unless its minimum is lowered, too; secondary stores keep the delay that they have.
 */
export const USER_STORE_RECOVERS_SOON: TomlTable = {
  user_store: { properties: { ConnectionRetryDelay: '1000' } },
  user_store_commons: { min_connection_retry_delay_in_milli_seconds: '1000' },
};
