/** A key in which our deployment.toml differs from the accelerator's template on purpose. */
export interface DeliberateDifference {
  /** Key, or the table in which all keys differ. */
  readonly key: string;
  readonly reason: string;
  /** Whether ours leaves it out. @default - it has another value */
  readonly leftOut?: true;
}

const LOAD_BALANCER_URL =
  'the deployment guide: the load balancer’s name, and no port of the server after it (steps 7 and 9)';
const SECRET = 'no secret in a file: the entry point exports it, the server resolves the reference';
const OWN_DATABASE = 'the environment’s own database, with the driver’s time-outs';

const DATASOURCES = ['database.identity_db', 'database.shared_db', 'database.config', 'database.user', 'datasource[0]'];

/** Everything in which a generated file differs from the template of its version. The parity test allows nothing else. */
export const DELIBERATE_DIFFERENCES: readonly DeliberateDifference[] = [
  { key: 'server.hostname', reason: LOAD_BALANCER_URL },
  { key: 'server.base_path', reason: LOAD_BALANCER_URL },
  { key: 'authentication.endpoints', reason: LOAD_BALANCER_URL },
  { key: 'oauth.endpoints.v2', reason: LOAD_BALANCER_URL },
  { key: 'financial_services.consent.portal.params.identity_server_base_url', reason: LOAD_BALANCER_URL },
  { key: 'server.node_ip', reason: 'the node’s own address, which Hazelcast and the other nodes reach' },
  { key: 'super_admin.username', reason: 'a placeholder in the template; ours is identity_server.admin_username' },
  { key: 'super_admin.password', reason: SECRET },
  ...DATASOURCES.flatMap((datasource) => [
    { key: `${datasource}.url`, reason: OWN_DATABASE },
    { key: `${datasource}.username`, reason: 'a role of the environment without DDL rights' },
    { key: `${datasource}.password`, reason: SECRET },
    { key: `${datasource}.driver`, reason: 'a placeholder in the template; ours follows from database.engine' },
  ]),
  { key: 'keystore.primary.password', reason: SECRET },
  {
    key: 'keystore.primary.key_password',
    reason: 'the store’s password is not the published default any more, so the key’s is stated',
  },
  { key: 'keystore.primary.alias', reason: 'the key that signs: the default’s name for the first one' },
  {
    key: 'keystore.tls',
    reason: 'a store of its own: by default the server would serve TLS with a key that it publishes for signatures',
  },
  {
    key: 'keystore.internal',
    reason: 'a store of its own: by default it follows the signing key, whose rotation must not touch stored data',
  },
  { key: 'truststore.password', reason: SECRET },
  { key: 'account_recovery.endpoint.auth.hash', reason: 'the template’s is the hash of a published password' },
  { key: 'identity.auth_framework.endpoint.app_password', reason: SECRET },
  { key: 'financial_services.consent.portal.client_credentials', reason: SECRET },
  { key: 'transport.http.properties.proxyPort', reason: 'the deployment guide, step 9' },
  { key: 'transport.https.properties.proxyPort', reason: 'the deployment guide, step 9' },
  {
    key: 'transport.https.sslHostConfig.properties.protocols',
    reason: 'the product’s default still allows TLS 1.0 and 1.1',
  },
  { key: 'transport.https.sslHostConfig.properties.ciphers', reason: 'the template’s four, and two of TLS 1.3' },
  {
    key: 'server.internal_hostname',
    reason: 'the product’s default, stated because the certificate must have that name',
  },
  {
    key: 'clustering',
    reason: 'the guide leaves it out, but without it a change on one node is unseen by the others for up to 15 minutes',
  },
  {
    key: 'hazelcast',
    reason:
      'a hook of the JVM would end Hazelcast while the stopping server still uses it; a silent member is given up after 60 s, not 600',
  },
  {
    key: 'encryption.key',
    reason: 'must be equal on all nodes before the first start; the product’s default is a public constant',
  },
  {
    key: 'session_data.persistence',
    reason: 'the product’s defaults, stated because a second node depends on them: sessions are written at once',
  },
  {
    key: 'session_data.cleanup',
    reason:
      'the product never deletes expired sessions unless it is told to; on node 1 alone, and in a protected environment only where its configuration says so',
  },
  {
    key: 'identity_mgt_account_suspension',
    reason: 'the task that suspends idle accounts runs once in the cluster, not on every node',
  },
  {
    key: 'governance_data.cache_id',
    reason: 'by default the name of the login is in it, and nodes of two logins would not hear of each other’s changes',
  },
  {
    key: 'carbon_health_check',
    reason:
      'off, the health request answers 200 whatever happens; on, it must not ask what all nodes see alike: secondary user stores, use of the pools',
  },
  {
    key: 'health_checker[0]',
    reason: 'without the start-up checker the health request may answer 200 before the server has started',
  },
  ...['user_store.properties.ConnectionRetryDelay', 'user_store_commons'].map((key) => ({
    key,
    reason: 'a database that was away for a second would cost two minutes of logins, on all nodes at once',
  })),
  ...['catalinaValves.remoteIpValve', 'http_access_log.pattern'].map((key) => ({
    key,
    reason: 'the logs show the client, not the load balancer',
  })),
  {
    key: 'agent_identity',
    reason:
      'the store of agents is on a local H2, a different one on every node; the templates before 7.3.0 switch it off, too',
  },
  {
    key: 'datasource[1]',
    reason: 'that local store; with agent identities off nothing uses it',
    leftOut: true,
  },
];
