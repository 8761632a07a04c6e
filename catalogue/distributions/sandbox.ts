import { merge } from '../toml';
import { clientAddressToml } from './client-address-toml';
import { type Distribution, type DistributionDatabase, OFFICIAL_LAYOUT } from './distribution';
import { healthToml } from './health-toml';
import { USER_STORE_RECOVERS_SOON } from './user-store-toml';

const DATABASES: readonly DistributionDatabase[] = [
  {
    name: 'wso2_shared',
    scripts: ['dbscripts'],
    fixes: [],
    datasources: [{ table: 'shared_db', jndi: 'jdbc/SHARED_DB' }],
  },
  {
    name: 'wso2_user',
    scripts: ['dbscripts', 'dbscripts/probe'],
    fixes: [],
    datasources: [{ table: 'user', jndi: 'jdbc/WSO2USER_DB' }],
  },
];

/** The server that machines without an image registry get. */
export const sandbox: Distribution = {
  description: 'WSO2 Carbon Server 4.10.32, the kernel of Identity Server 7.1, built from packages.',
  lacks: [
    'OAuth2, OpenID Connect and the console: it has users, the management console and SOAP services',
    'the identity, consent and financial-services schemas',
    'Hazelcast: its nodes share a database but form no cluster',
  ],
  images: 'sandbox',
  bundledDrivers: ['postgresql'],
  ...OFFICIAL_LAYOUT,
  java: 21,
  stores: { type: 'PKCS12', extension: 'p12' },
  clusters: false,
  // The tests ask its nodes past the load balancer.
  refusesStrangers: false,
  adminUsername: 'admin',
  emailUsernames: false,
  healthPath: '/probe/health',
  consolePath: '/carbon/',
  schemaVersion: '4.10',
  databases: DATABASES,
  poolSize: 50,
  scheduledJobs: [],
  deploymentToml: (site) =>
    merge(healthToml(DATABASES), USER_STORE_RECOVERS_SOON, clientAddressToml(site), {
      realm_manager: { data_source: 'WSO2USER_DB' },
      user_store: { type: 'database_unique_id' },
      transport: { https: { properties: { maxHttpHeaderSize: '65536' } } },
    }),
  guessablePaths: ['/carbon/admin/login_action.jsp', '/services/'],
  replayablePaths: [
    { path: '/probe/echo', reason: 'answers with what it got and changes nothing' },
    { path: '/probe/slow', reason: 'waits and changes nothing' },
  ],
};
