import { merge, type TomlTable } from '../toml';
import type { AcceleratorRelease } from './accelerator-template';
import { clientAddressToml } from './client-address-toml';
import {
  type Distribution,
  type DistributionDatabase,
  OFFICIAL_LAYOUT,
  type ReplayablePath,
  type Site,
} from './distribution';
import { financialServicesToml } from './financial-services-toml';
import { healthToml } from './health-toml';
import { USER_STORE_RECOVERS_SOON } from './user-store-toml';

/** What differs from one version of Identity Server to the next. */
interface Release {
  readonly java: Distribution['java'];
  readonly stores: Distribution['stores'];
  readonly encryptionKeyBytes: 16 | 32;
  /** Over the part that all versions have in common. */
  readonly toml: TomlTable;
  /** The same with the accelerator, whose templates differ in more than the product does. */
  readonly acceleratorToml: TomlTable;
  /** Releases of the accelerator that have a template for it, the one that is meant where none is named first. */
  readonly accelerators: readonly [AcceleratorRelease, ...AcceleratorRelease[]];
}

const JKS = { type: 'JKS', extension: 'jks' } as const;
const PKCS12 = { type: 'PKCS12', extension: 'p12' } as const;

/** The agent store of 7.2 is on a local H2 by default, a different one on every node; the accelerator switches it off, too. */
const WITHOUT_AGENTS: TomlTable = { agent_identity: { enabled: false } };

const RELEASES = {
  '7.0.0': {
    java: 11,
    stores: JKS,
    encryptionKeyBytes: 16,
    toml: {},
    acceleratorToml: financialServicesToml.identification('7.0.0'),
    accelerators: ['4.0.1', '4.1.1', '4.0.0'],
  },
  '7.1.0': {
    java: 21,
    stores: PKCS12,
    encryptionKeyBytes: 32,
    toml: {},
    // The template of 7.1.0 calls itself 7.0.0.
    acceleratorToml: financialServicesToml.identification('7.0.0'),
    accelerators: ['4.0.1', '4.1.1', '4.0.0'],
  },
  '7.2.0': {
    java: 21,
    stores: PKCS12,
    encryptionKeyBytes: 32,
    toml: WITHOUT_AGENTS,
    acceleratorToml: merge(
      financialServicesToml.identification('7.2.0'),
      WITHOUT_AGENTS,
      financialServicesToml.validators({ withoutSsaJti: true }),
    ),
    accelerators: ['4.0.1'],
  },
  '7.3.0': {
    java: 21,
    stores: PKCS12,
    encryptionKeyBytes: 32,
    toml: WITHOUT_AGENTS,
    acceleratorToml: merge(
      financialServicesToml.identification('7.3.0'),
      WITHOUT_AGENTS,
      financialServicesToml.validators({ withoutSsaJti: true }),
    ),
    accelerators: ['4.0.1'],
  },
} as const satisfies Record<string, Release>;

export type IdentityServerVersion = keyof typeof RELEASES;
export const IDENTITY_SERVER_VERSIONS = Object.keys(RELEASES) as IdentityServerVersion[];

/** Releases of the accelerator for a version, the one that is meant where none is named first. */
export function acceleratorsFor(version: IdentityServerVersion): Release['accelerators'] {
  return RELEASES[version].accelerators;
}

/** A version with a release of the accelerator that has a template for it. */
export type VersionWithAccelerator = {
  [Version in IdentityServerVersion]: `${Version}-financial-services-${(typeof RELEASES)[Version]['accelerators'][number]}`;
}[IdentityServerVersion];

const IDENTITY_SCRIPTS = ['dbscripts/identity', 'dbscripts/consent'];

const DATABASES: readonly DistributionDatabase[] = [
  {
    name: 'wso2_identity',
    scripts: IDENTITY_SCRIPTS,
    fixes: [],
    datasources: [{ table: 'identity_db', jndi: 'jdbc/WSO2IdentityDB' }],
  },
  {
    name: 'wso2_shared',
    scripts: ['dbscripts'],
    fixes: [],
    datasources: [{ table: 'shared_db', jndi: 'jdbc/SHARED_DB' }],
  },
  { name: 'wso2_user', scripts: ['dbscripts'], fixes: [], datasources: [{ table: 'user', jndi: 'jdbc/WSO2USER_DB' }] },
];

const FINANCIAL_SERVICES_DATABASES: readonly DistributionDatabase[] = [
  {
    name: 'fs_identitydb',
    scripts: IDENTITY_SCRIPTS,
    fixes: ['accelerator-identity.sql'],
    datasources: [{ table: 'identity_db', jndi: 'jdbc/WSO2IdentityDB' }],
  },
  {
    name: 'fs_iskm_configdb',
    scripts: ['dbscripts'],
    fixes: [],
    datasources: [
      { table: 'shared_db', jndi: 'jdbc/SHARED_DB' },
      { table: 'config', jndi: 'jdbc/WSO2CONFIG_DB' },
    ],
  },
  { name: 'fs_userdb', scripts: ['dbscripts'], fixes: [], datasources: [{ table: 'user', jndi: 'jdbc/WSO2USER_DB' }] },
  {
    name: 'fs_consentdb',
    scripts: ['dbscripts/financial-services/consent', 'dbscripts/financial-services/event-notifications'],
    fixes: [],
    datasources: [{ id: 'WSO2FS_DB' }],
  },
];

/** `/oauth2/token` is none of them: a code that comes a second time revokes the tokens that it was exchanged for. */
/** The product's own tasks that have a switch: what they delete, they delete for all nodes. */
const SCHEDULED_JOBS = ['session_data.cleanup.enable_expired_data_cleanup'];

const REPLAYABLE_PATHS: readonly ReplayablePath[] = [
  { path: '/oauth2/introspect', reason: 'reads only' },
  { path: '/oauth2/revoke', reason: 'revoking twice is revoking once' },
];

/**
 * The login pages' form, log-in by API, tokens, codes of devices, account recovery, and the old services. Introspection and revocation take a
 * client's password as well, but resource servers call them for every request of theirs.
 */
const GUESSABLE_PATHS = [
  '/commonauth',
  '/oauth2/token',
  '/oauth2/authn',
  '/oauth2/device_authorize',
  '/oauth2/device',
  '/api/identity/auth/',
  '/api/identity/recovery/',
  '/api/users/v1/recovery/',
  '/api/users/v2/recovery/',
  '/carbon/admin/login_action.jsp',
  '/services/',
];

/** Identity Server without an accelerator. */
export function identityServer(version: IdentityServerVersion): Distribution {
  const release = RELEASES[version];
  return {
    ...common(version),
    description: `WSO2 Identity Server ${version}.`,
    lacks: ['the Financial Services accelerator', ...agentsLack(release.toml)],
    adminUsername: 'admin',
    emailUsernames: false,
    databases: DATABASES,
    poolSize: 50,
    scheduledJobs: SCHEDULED_JOBS,
    deploymentToml: (site) => merge(productToml(site), activeActiveToml(site, DATABASES), release.toml),
  };
}

/** Identity Server with the Financial Services accelerator. */
export function financialServices(version: IdentityServerVersion, accelerator: AcceleratorRelease): Distribution {
  const release = RELEASES[version];
  return {
    ...common(version),
    description: `WSO2 Identity Server ${version} with release ${accelerator} of the Financial Services IAM accelerator.`,
    lacks: [
      'API Manager: the accelerator runs with Identity Server alone',
      'MariaDB: the accelerator refuses its driver',
      ...agentsLack(release.acceleratorToml),
    ],
    accelerator: { release: accelerator, server: version },
    // It chooses its queries by the driver's name, and throws where it is none of these.
    databaseEngines: ['postgresql', 'mysql', 'mssql', 'oracle'],
    adminUsername: 'is_admin@wso2.com',
    emailUsernames: true,
    databases: FINANCIAL_SERVICES_DATABASES,
    poolSize: 150,
    // Not among them is sending events at once: each node sends what it was given itself.
    scheduledJobs: [...SCHEDULED_JOBS, 'financial_services.consent.periodical_expiration.enabled'],
    deploymentToml: (site) =>
      merge(
        financialServicesToml.base(site, accelerator),
        activeActiveToml(site, FINANCIAL_SERVICES_DATABASES),
        tlsToml(financialServicesToml.ciphers),
        release.acceleratorToml,
      ),
  };
}

function common(version: IdentityServerVersion) {
  const { java, stores, encryptionKeyBytes } = RELEASES[version];
  return {
    images: { identityServer: `wso2/wso2is:${version}`, loadBalancer: 'nginx:1.30.6' },
    bundledDrivers: [],
    ...OFFICIAL_LAYOUT,
    java,
    stores,
    encryptionKeyBytes,
    schemaVersion: version,
    clusters: true,
    refusesStrangers: true,
    healthPath: '/api/health-check/v1.0/health',
    consolePath: '/console',
    replayablePaths: REPLAYABLE_PATHS,
    guessablePaths: GUESSABLE_PATHS,
  } satisfies Partial<Distribution>;
}

/** What the product's own deployment.toml sets, apart from what the topology owns. */
function productToml(site: Site): TomlTable {
  return {
    server: { base_path: site.url },
    realm_manager: { data_source: 'WSO2USER_DB' },
    user_store: { type: 'database_unique_id' },
    // The accelerator's templates have it always; the product alone reads no header.
    ...(site.clientCertificateHeader !== undefined && {
      oauth: { mutualtls: { client_certificate_header: site.clientCertificateHeader } },
    }),
    transport: {
      https: {
        properties: { maxHttpHeaderSize: '65536' },
        sslHostConfig: { properties: { protocols: TLS_PROTOCOLS } },
      },
    },
  };
}

/** What no template has, but two nodes that are watched and restarted need. */
function activeActiveToml(site: Site, databases: readonly DistributionDatabase[]): TomlTable {
  return {
    // Calls of the server to itself stay on the node; its certificate has this name, too.
    server: { internal_hostname: 'localhost' },
    // The product's public default is replaced; the recovery pages know the password, the server its hash.
    identity: { auth_framework: { endpoint: { app_password: '$env{APP_PASSWORD}' } } },
    account_recovery: { endpoint: { auth: { hash: '$env{APP_PASSWORD_HASH}' } } },
    // Sessions are written in the request itself: a queue in memory would die with its node.
    session_data: {
      persistence: { enable_persistence: true, persistence_pool_size: '0', persist_temporary_data: true },
      // The product never deletes expired sessions unless it is told to. In a protected environment that is for whoever runs its
      // database to say: the first time, years of them may go.
      cleanup: { enable_expired_data_cleanup: !site.protected },
    },
    // The task that suspends idle accounts, where one is configured, runs on the cluster's coordinator alone; 7.0 knows no such key.
    identity_mgt_account_suspension: { execute_task_on_master_node: true },
    // By default the login is in it too: while a password rotates, nodes of two logins would not tell each other what has changed.
    governance_data: { cache_id: '$ref{database.shared_db.url}' },
    ...healthToml(databases),
    ...USER_STORE_RECOVERS_SOON,
    ...clientAddressToml(site),
    // Hazelcast's own hook ends it beside the server's, which still sends messages. The others see the closed connection. A frozen
    // member is believed to live for so long, and what is asked of it waits: the product says 600 s.
    hazelcast: {
      'hazelcast.shutdownhook.enabled': 'false',
      'hazelcast.logging.type': 'log4j2',
      'hazelcast.max.no.heartbeat.seconds': '60',
    },
  };
}

const TLS_PROTOCOLS = '+TLSv1.2,+TLSv1.3';

/** The product allows TLS 1.0 and 1.1, and the template's list of ciphers has none of TLS 1.3. */
function tlsToml(ciphers: readonly string[]): TomlTable {
  const list = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', ...ciphers].join(',');
  return { transport: { https: { sslHostConfig: { properties: { protocols: TLS_PROTOCOLS, ciphers: list } } } } };
}

function agentsLack(toml: TomlTable): string[] {
  return 'agent_identity' in toml ? ['agent identities, which are switched off because their store is local'] : [];
}
