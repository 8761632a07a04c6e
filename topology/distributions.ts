import type { TomlTable } from './deployment-toml';

/**
 * The catalogue of what can run on the nodes. Everything that differs from one distribution to the next is data here; nothing
 * else in the project asks for a version.
 */
export interface Distribution {
  /** One sentence: what it is, and what it lacks. */
  readonly description: string;
  /** Images when the configuration names none; `sandbox` means the ones that this project builds. */
  readonly images: 'sandbox' | { readonly identityServer: string; readonly database: string; readonly loadBalancer: string };
  /** uid:gid of the server's user in the image. */
  readonly owner: string;
  /** Home directory of that user, where the image's entry point and the two overlay directories are. */
  readonly home: string;
  /** Type and file extension of keystore and truststore. */
  readonly stores: { readonly type: 'PKCS12' | 'JKS'; readonly extension: 'p12' | 'jks' };
  /** GET request that answers 200 only when the server has started and can work. */
  readonly healthPath: string;
  /** Databases in the order of their creation. */
  readonly databases: readonly DistributionDatabase[];
  /** The rest of deployment.toml, below the keys that the topology owns. */
  readonly deploymentToml: TomlTable;
  /** Paths whose requests may be processed twice without harm. */
  readonly replayablePaths: readonly ReplayablePath[];
}

export interface DistributionDatabase {
  readonly name: string;
  /** Schema scripts below the server home, in order. */
  readonly scripts: { readonly postgresql: readonly string[] };
  /** Tables of deployment.toml that get a connection to this database, such as `shared_db` for `[database.shared_db]`. */
  readonly datasources: readonly string[];
}

export interface ReplayablePath {
  readonly path: string;
  /** Why a repeat is harmless. */
  readonly reason: string;
}

export const DISTRIBUTION_NAMES = ['sandbox', 'wso2is-7.1.0'] as const;
export type DistributionName = (typeof DISTRIBUTION_NAMES)[number];

const OFFICIAL_LAYOUT = { owner: '802:802', home: '/home/wso2carbon' } as const;

export const DISTRIBUTIONS: Readonly<Record<DistributionName, Distribution>> = {
  sandbox: {
    description:
      'WSO2 Carbon Server 4.10.32, the kernel of Identity Server 7.1, built from packages. It has users, the management console and SOAP services, but no OAuth2, no consent and no Hazelcast clustering.',
    images: 'sandbox',
    ...OFFICIAL_LAYOUT,
    stores: { type: 'PKCS12', extension: 'p12' },
    healthPath: '/probe/health',
    databases: [
      { name: 'wso2_shared', scripts: { postgresql: ['dbscripts/postgresql.sql'] }, datasources: ['shared_db'] },
      {
        name: 'wso2_user',
        scripts: { postgresql: ['dbscripts/postgresql.sql', 'dbscripts/probe/postgresql.sql'] },
        datasources: ['user'],
      },
    ],
    deploymentToml: {
      realm_manager: { data_source: 'WSO2USER_DB' },
      user_store: { type: 'database_unique_id' },
    },
    replayablePaths: [
      { path: '/probe/echo', reason: 'answers with what it got and changes nothing' },
      { path: '/probe/slow', reason: 'waits and changes nothing' },
    ],
  },
  'wso2is-7.1.0': {
    description: 'WSO2 Identity Server 7.1.0 without the accelerator.',
    images: { identityServer: 'wso2/wso2is:7.1.0', database: 'postgres:17.6', loadBalancer: 'nginx:1.30.6' },
    ...OFFICIAL_LAYOUT,
    stores: { type: 'PKCS12', extension: 'p12' },
    healthPath: '/api/health-check/v1.0/health',
    databases: [
      {
        name: 'wso2_identity',
        scripts: { postgresql: ['dbscripts/identity/postgresql.sql', 'dbscripts/consent/postgresql.sql'] },
        datasources: ['identity_db'],
      },
      { name: 'wso2_shared', scripts: { postgresql: ['dbscripts/postgresql.sql'] }, datasources: ['shared_db'] },
      { name: 'wso2_user', scripts: { postgresql: ['dbscripts/postgresql.sql'] }, datasources: ['user'] },
    ],
    deploymentToml: {
      realm_manager: { data_source: 'WSO2USER_DB' },
      user_store: { type: 'database_unique_id' },
      carbon_health_check: { enable: true },
    },
    replayablePaths: [
      {
        path: '/oauth2/token',
        reason: 'a client that got no answer repeats it itself; a consumed code is refused either way',
      },
      { path: '/oauth2/introspect', reason: 'reads only' },
      { path: '/oauth2/revoke', reason: 'revoking twice is revoking once' },
      { path: '/oidc/logout', reason: 'logging out twice is logging out once' },
    ],
  },
};
