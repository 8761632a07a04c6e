import { DATABASE_AUTHORITIES_FILE } from '../catalogue/database-engines';
import { addressesOf, withoutBrackets } from '../catalogue/database-engines/jdbc-url';
import type { TopologyAssets } from '../environment/assets';
import { authoritiesPem } from '../environment/authorities';
import { databaseTls } from '../environment/database';
import type { Environment } from '../environment/schema';
import type { Mount } from './container';
import { DATABASE_START_SECONDS, databaseSchemas, schemaFixes } from './database';
import { databaseLogins } from './database-login';
import { storeFiles } from './key-stores';
import type { Layout } from './layout';
import type { LoadBalancerTopology } from './load-balancer';
import { imageEntrypoint, type NodeTopology } from './node';
import { wordedFor } from './pod-words';
import { tokenForLoadBalancers } from './pods';
import { runtimeScript } from './runtime-script';
import { referencedSecrets, requiredSecrets, suppliedSecrets } from './secrets';
import { SHARED_FOLDERS } from './shared-folders';
import { mountsOf } from './volumes';

/** A container that runs once and must end with exit code 0. */
export interface JobTopology {
  readonly name: string;
  readonly image: string;
  /** Shell script that it runs. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further files for the script to read, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** uid:gid that runs the script. @default "0:0", without any capability that is not listed */
  readonly user?: string;
  /** Linux capabilities that the script needs. @default - none */
  readonly capabilities?: readonly string[];
  readonly mounts: readonly Mount[];
}

export interface JobsTopology {
  readonly secrets: JobTopology;
  readonly keystores: JobTopology;
  readonly sharedFiles: JobTopology;
  /** Undefined where the schemas are the user's own affair. */
  readonly schema?: { readonly scripts: JobTopology; readonly run: JobTopology };
  readonly loadBalancerConfiguration: JobTopology;
}

/** All jobs in the order in which they run. */
export function jobsInOrder(jobs: JobsTopology): JobTopology[] {
  const { secrets, keystores, sharedFiles, schema, loadBalancerConfiguration } = jobs;
  return [secrets, keystores, sharedFiles, ...(schema ? [schema.scripts, schema.run] : []), loadBalancerConfiguration];
}

/** Root with these three alone: files get the owners that will read them. */
const HAND_OVER_FILES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];

/** Programs that the jobs and the nodes call in the servers' image. */
const IMAGE_PROGRAMS = ['curl', 'openssl', 'keytool', 'sha256sum', 'find'];

/** Where the nodes' entry point puts the valve that refuses strangers. */
const TOMCAT_TEMPLATE = 'repository/resources/conf/templates/repository/conf/tomcat/catalina-server.xml.j2';

/** Role that owns the databases, without a login. */
const DATABASE_OWNER_ROLE = 'wso2_owner';

/** What the jobs are made from. */
interface JobInputs {
  readonly environment: Environment;
  readonly layout: Layout;
  readonly assets: TopologyAssets;
}

/** What runs once on the Docker host: secrets, keystores, schemas, the load balancer's configuration. */
export function jobsTopology(
  environment: Environment,
  layout: Layout,
  assets: TopologyAssets,
  nodes: readonly NodeTopology[],
  loadBalancer: LoadBalancerTopology,
): JobsTopology {
  const inputs = { environment, layout, assets };
  return {
    secrets: secretsJob(inputs, nodes),
    keystores: keystoresJob(inputs),
    sharedFiles: sharedFilesJob(inputs),
    schema: schemaJobs(inputs),
    loadBalancerConfiguration: loadBalancerConfigurationJob(inputs, loadBalancer),
  };
}

function secretsJob(inputs: JobInputs, nodes: readonly NodeTopology[]): JobTopology {
  const { environment, layout } = inputs;
  const { distribution, images, jobs, owners, volumes } = layout;
  const required = requiredSecrets(environment, nodes);
  const { revision, current } = databaseLogins(environment);
  // Where every secret must be supplied, none is created before that is so.
  const scripts = [
    'require-image.sh',
    'database-secret.sh',
    'seal.sh',
    ...(required.length > 0 ? ['require-secrets.sh'] : []),
    'create-secrets.sh',
  ];
  return {
    name: jobs.secrets,
    image: images.identityServer,
    script: scriptOf(inputs, ...scripts),
    environment: {
      ENVIRONMENT: environment.name,
      IMAGE: images.identityServer,
      IMAGE_ENTRYPOINT: imageEntrypoint(distribution),
      IMAGE_PROGRAMS: IMAGE_PROGRAMS.join(' '),
      ...((distribution.refusesStrangers || environment.platform.kind === 'kubernetes') && {
        IMAGE_TEMPLATE: TOMCAT_TEMPLATE,
      }),
      DATABASE_OWNER: owners.database,
      SERVER_OWNER: owners.server,
      DATABASE_PASSWORD_FILE: current.secret,
      DATABASE_PASSWORD_REVISION: String(revision),
      SUPPLIED_SECRETS: suppliedSecrets(environment).join(' '),
      REFERENCED_SECRETS: referencedSecrets(nodes).join(' '),
      ENCRYPTION_KEY_BYTES: String(distribution.encryptionKeyBytes ?? 32),
      ...(required.length > 0 && { REQUIRED_SECRETS: required.join(' ') }),
    },
    capabilities: HAND_OVER_FILES,
    mounts: mountsOf(volumes, jobs.secrets),
  };
}

function keystoresJob(inputs: JobInputs): JobTopology {
  const { environment, layout, assets } = inputs;
  const { name, identity_server: server, load_balancer: balancer, authorities } = environment;
  const { images, jobs, nodes, owners, volumes } = layout;
  const { stores } = layout.distribution;
  const files = storeFiles(layout.distribution);
  return {
    name: jobs.keystores,
    image: images.identityServer,
    script: [
      ...tokenForLoadBalancers(environment, assets),
      scriptOf(
        inputs,
        ...(authorities.database ? ['trust-database-authorities.sh'] : []),
        'seal.sh',
        'issue-authority.sh',
        'create-keystores.sh',
      ),
    ].join('\n'),
    environment: {
      ENVIRONMENT: name,
      HOSTNAME_PUBLIC: balancer.hostname,
      NODE_NAMES: nodes.map(({ containerName }) => containerName).join(','),
      REVISION: String(server.keystore_revision),
      SIGNING_KEYS: server.signing_keys.join(' '),
      KEYSTORE: files.signing,
      TLS_KEYSTORE: files.tls,
      INTERNAL_KEYSTORE: files.internal,
      TRUSTSTORE: files.trust,
      STORE_TYPE: stores.type,
      SERVER_OWNER: owners.server,
      LOAD_BALANCER_OWNER: owners.loadBalancer,
      ...(balancer.certificate === 'supplied' && { CERTIFICATE: 'supplied' }),
    },
    ...(authorities.database && {
      // One certificate a file: that is how keytool takes them.
      files: Object.fromEntries(
        authorities.database.map(({ pem }, index) => [`/database-authorities/${index + 1}.pem`, pem]),
      ),
    }),
    capabilities: HAND_OVER_FILES,
    mounts: mountsOf(volumes, jobs.keystores),
  };
}

function sharedFilesJob(inputs: JobInputs): JobTopology {
  const { images, jobs, owners, volumes } = inputs.layout;
  return {
    name: jobs.sharedFiles,
    image: images.identityServer,
    script: scriptOf(inputs, 'prepare-shared-files.sh'),
    environment: { FOLDERS: SHARED_FOLDERS.join(' '), SERVER_OWNER: owners.server },
    capabilities: HAND_OVER_FILES,
    mounts: mountsOf(volumes, jobs.sharedFiles),
  };
}

function schemaJobs(inputs: JobInputs): JobsTopology['schema'] {
  const { environment, layout, assets } = inputs;
  const { authorities } = environment;
  const { base, current, other } = databaseLogins(environment);
  const { dbms, images, jobs, owners, volumes, budget, databaseServers, databaseFailsOver, databaseAdmin } = layout;
  const { container } = dbms;
  if (!layout.createsSchemas || container === undefined || images.database === undefined) return undefined;
  const { clientAuthorities, clientTls, schemaScript } = container;
  return {
    scripts: {
      name: jobs.schemaScripts,
      image: images.identityServer,
      script: scriptOf(inputs, 'seal.sh', 'copy-schema-scripts.sh'),
      environment: { SCHEMA_VERSION: layout.schemaVersion },
      // The image's home directory is open to the server's user alone.
      capabilities: ['CAP_DAC_OVERRIDE'],
      mounts: mountsOf(volumes, jobs.schemaScripts),
    },
    run: {
      name: jobs.schema,
      image: images.database,
      script: scriptOf(inputs, 'schema-version.sh', schemaScript),
      environment: {
        // Lists, where there are several: libpq takes them so.
        DATABASE_HOST: databaseServers.map(({ host }) => withoutBrackets(host)).join(','),
        DATABASE_PORT: databaseServers.map(({ port }) => port).join(','),
        ...(databaseFailsOver && {
          DATABASE_SERVERS: addressesOf(databaseServers, ' '),
          ...dbms.failover.clientVariables,
        }),
        ADMIN_ROLE: databaseAdmin,
        OWNER_ROLE: DATABASE_OWNER_ROLE,
        BASE_ROLE: base,
        RUNTIME_ROLE: current.role,
        RUNTIME_PASSWORD_FILE: current.secret,
        OTHER_ROLE: other.role,
        OTHER_PASSWORD_FILE: other.secret,
        CONNECTIONS: String(budget.connections),
        // In a cluster Terraform waits for the database, and a job that fails is begun again.
        ...(layout.databaseContainer &&
          environment.platform.kind === 'docker' && { WAIT_SECONDS: String(DATABASE_START_SECONDS) }),
        ENVIRONMENT: environment.name,
        SCHEMA_VERSION: layout.schemaVersion,
        DATABASES: databaseSchemas(environment, assets)
          .map((schema) => [schema.database, ...schema.scripts].join(' '))
          .join('\n'),
        ...clientTls[databaseTls(environment)],
        ...(authorities.database && clientAuthorities.variables),
      },
      files: {
        ...schemaFixes(environment, assets),
        ...(authorities.database && { [DATABASE_AUTHORITIES_FILE]: authoritiesPem(authorities.database) }),
      },
      user: owners.database,
      mounts: mountsOf(volumes, jobs.schema),
    },
  };
}

function loadBalancerConfigurationJob(inputs: JobInputs, { configuration }: LoadBalancerTopology): JobTopology {
  const { images, jobs, places, volumes } = inputs.layout;
  return {
    name: jobs.loadBalancerConfiguration,
    image: images.loadBalancer,
    script: scriptOf(inputs, 'seal.sh', 'install-load-balancer-configuration.sh'),
    environment: { REVISION: configuration.revision, STATUS_URL: places.ownStatusUrl },
    files: Object.fromEntries(
      Object.entries(configuration.files).map(([name, content]) => [`/candidate/${name}`, content]),
    ),
    // The check reads the private key, which belongs to Nginx's user, and hands its scratch folders to another.
    capabilities: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE'],
    mounts: mountsOf(volumes, jobs.loadBalancerConfiguration),
  };
}

/** Scripts of `runtime/jobs/`, one after the other in one shell. */
function scriptOf({ environment, assets }: JobInputs, ...names: readonly string[]): string {
  return wordedFor(environment, names.map((name) => runtimeScript(assets, `jobs/${name}`)).join('\n'));
}
