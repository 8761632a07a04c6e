/** Names of the rules, for suppressions in an environment's configuration. They stay; a rule that goes leaves its name unused. */
export const RULE_IDS = [
  'schema-version',
  'stateful-destroy',
  'prevent-destroy',
  'local-state',
  'image-pinned',
  'secrets-supplied',
  'nodes-in-one-stack',
  'node-count',
  'published-without-tls',
  'administration-paths',
  'engine-tls',
  'database-tls',
  'revocation-list',
  'default-credential',
  'privileged',
  'root-user',
  'host-access',
  'health-check',
  'restart',
  'memory-limit',
  'log-limit',
  'signing-key-step',
] as const;

export type RuleId = (typeof RULE_IDS)[number];
