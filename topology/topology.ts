import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { authoritiesPem } from '../environment/authorities';
import { driverJarPath } from '../environment/driver-jar';
import type { Environment } from '../environment/schema';
import { type IdentityServerBuild, identityServerBuild } from '../images/identity-server';
import { addressAt, CONTROL_PORT, dynamicRange, hostsLine, MAX_NODES, parseSubnet } from './addresses';
import {
  connectionBudget,
  type DatabaseTopology,
  databaseSchemas,
  databaseTls,
  datasourceSettings,
  schemaFixes,
} from './database';
import { DATABASE_AUTHORITIES_FILE, DATABASE_ENGINES } from './database-engines';
import { ACCESS_LOG_TO_STDOUT, CLUSTER_PORT, deploymentToml } from './deployment-toml';
import { DISTRIBUTIONS, type Distribution } from './distributions';
import {
  CLIENT_CERTIFICATE_HEADER,
  type LoadBalancerConfiguration,
  loadBalancerConfiguration,
  publicUrl,
} from './nginx-conf';
import { type StateBackend, stateBackend } from './state-backend';
import { renderToml } from './toml';

export type { DatabaseTopology } from './database';

/**
 * Every name, address, port, volume and file content of one environment, decided here and nowhere else. Constructs, commands
 * and tests read this value; it knows nothing of Terraform.
 */
export interface Topology {
  readonly environment: string;
  /** Whether stateful things refuse to be destroyed. */
  readonly protected: boolean;
  /** Docker Engine, or undefined for DOCKER_HOST or the local socket. */
  readonly engineHost?: string;
  /** Labels of every container, volume and network. */
  readonly labels: Readonly<Record<string, string>>;
  readonly network: NetworkTopology;
  readonly volumes: VolumeTopology;
  /** How the nodes' image is built, where it is not used as it is. */
  readonly identityServerBuild?: IdentityServerBuild;
  readonly jobs: JobsTopology;
  readonly database: DatabaseTopology;
  /** uid:gid of the database image's server user, who reads the database's secrets. */
  readonly databaseOwner: string;
  readonly nodes: readonly NodeTopology[];
  /** Port on which the nodes form a cluster; undefined where the distribution does not. */
  readonly clusterPort?: number;
  /** Name of the administrator that node 1 creates. */
  readonly adminUsername: string;
  readonly loadBalancer: LoadBalancerTopology;
  readonly laptop: LaptopTopology;
  /** Rules of the policy that the environment breaks on purpose. */
  readonly policySuppressions: Environment['policy']['suppressions'];
  /** The stacks in the order in which they are applied; each depends on the one before. */
  readonly stacks: readonly StackTopology[];
  readonly former: FormerTopology;
}

/** What an earlier configuration of the environment may have created, and this one does not have. */
export interface FormerTopology {
  /** Stacks of the nodes above today's number. */
  readonly stacks: readonly StackTopology[];
  /** The database's container, where the database is a server of the user's today. */
  readonly databaseContainer?: string;
}

export interface NetworkTopology {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  /** Part of the subnet from which Docker takes addresses for containers without a fixed one. */
  readonly dynamicRange: string;
}

/** Names of the volumes; each holds what the same readers may see. */
export interface VolumeTopology {
  readonly databaseData: string;
  readonly databaseSecrets: string;
  readonly identityServerSecrets: string;
  readonly certificateAuthority: string;
  readonly keystores: string;
  readonly schemaScripts: string;
  readonly loadBalancerCertificates: string;
  readonly loadBalancerConfiguration: string;
}

/** A container that runs once and must end with exit code 0. */
export interface JobTopology {
  readonly name: string;
  readonly image: string;
  /** Shell script that it runs. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further files for the script to read, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface JobsTopology {
  readonly secrets: JobTopology;
  readonly keystores: JobTopology;
  /** Undefined where the schemas are the user's own affair. */
  readonly schema?: { readonly scripts: JobTopology; readonly run: JobTopology };
  readonly loadBalancerConfiguration: JobTopology;
}

export interface NodeTopology {
  /** Place in the order of start, from 1. */
  readonly number: number;
  /** Short name, such as `node-1`: the name of its upstream and its route cookie. */
  readonly name: string;
  readonly containerName: string;
  readonly image: string;
  readonly address: string;
  readonly httpsPort: number;
  readonly owner: string;
  readonly memoryMb: number;
  /** Processors that it may use; undefined for as many as there are. */
  readonly cpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Files put into the container before it starts, by path. None holds a secret. */
  readonly files: Readonly<Record<string, string>>;
  /** JDBC driver put into the container before it starts; undefined where the image has it. */
  readonly driver?: LocalFile;
  readonly entrypoint: readonly string[];
  readonly secretsPath: string;
  readonly keystoresPath: string;
  /** Host names that the node must resolve to fixed addresses. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly healthCommand: readonly string[];
  readonly startTimeoutSeconds: number;
}

/** A file of the machine that synthesizes, to be put into a container. */
export interface LocalFile {
  /** Where it is, relative to the working directory. */
  readonly source: string;
  /** Hash of its content, hexadecimal. */
  readonly sha256: string;
  /** Where the container gets it. */
  readonly path: string;
}

export interface LoadBalancerTopology {
  readonly containerName: string;
  readonly image: string;
  readonly address: string;
  readonly owner: string;
  readonly memoryMb: number;
  readonly hostname: string;
  /** The URL that users see. */
  readonly url: string;
  /** The URL at which administrators log in. */
  readonly consoleUrl: string;
  readonly bindAddress: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statusUrl: string;
  /** Path prefixes that are answered with 403. */
  readonly deniedPaths: readonly string[];
  readonly configuration: LoadBalancerConfiguration;
  readonly entrypoint: readonly string[];
  readonly healthCommand: readonly string[];
}

/** Secrets that are the load balancer's alone; they are beside its certificates, where no node can read them. */
export const LOAD_BALANCER_SECRETS: readonly string[] = ['LOAD_BALANCER_CERTIFICATE', 'LOAD_BALANCER_PRIVATE_KEY'];

/** Files on the machine that runs Terraform, by path relative to a stack's folder. */
export interface LaptopTopology {
  readonly certificateFile: string;
  readonly hostsFile: string;
  readonly hostsLines: string;
}

export interface StackTopology {
  readonly name: string;
  readonly layer: 'foundation' | 'node' | 'load-balancer';
  readonly backend: StateBackend;
}

/** Images that this project builds, by what they stand in for. */
export interface SandboxImages {
  readonly identityServer: string;
  readonly postgresql: string;
  readonly mariadb: string;
  readonly nginx: string;
}

export const LABEL_PREFIX = 'wso2-is-active-active';

/** How often a node's entry point asks its server for a sign of life. */
const SECONDS_BETWEEN_CHECKS = 10;
/** Silence after which a server is restarted. It has long been out of the rotation by then, so there is time to be sure. */
const SILENCE_SECONDS = 300;
/** What requests that are under way get before their node stops. */
export const DRAIN_SECONDS = 2;
const DATABASE_OWNER_ROLE = 'wso2_owner';
/** Who reads the database's secrets where no database container has a user of its own. */
const DATABASE_SECRETS_OWNER = '999:999';
const NGINX_OWNER = '101:101';

/** Labels of what belongs to one component of an environment. */
export function componentLabels({ labels }: Topology): (component: string) => Readonly<Record<string, string>> {
  return (component) => ({ ...labels, [`${LABEL_PREFIX}.component`]: component });
}

/** Derives everything from one checked environment. */
export function deriveTopology(environment: Environment, sandboxImages: SandboxImages): Topology {
  const layout = layOut(environment, sandboxImages);
  const { name, load_balancer: balancer } = environment;
  const { subnet, distribution, images, placed } = layout;
  const volume = (purpose: string) => `${name}-${purpose}`;
  const stack = (stackName: string, layer: StackTopology['layer']): StackTopology => ({
    name: stackName,
    layer,
    backend: stateBackend(environment, stackName),
  });
  const database = databaseTopology(environment, layout);
  const nodes = placed.map((node) => nodeTopology(environment, layout, node));
  const loadBalancer = loadBalancerTopology(environment, layout);
  return {
    environment: name,
    protected: environment.protected,
    engineHost: environment.engine.host,
    labels: { [`${LABEL_PREFIX}.environment`]: name },
    network: {
      name,
      subnet: environment.network.subnet,
      gateway: addressAt(subnet, 1),
      dynamicRange: dynamicRange(subnet),
    },
    identityServerBuild: images.build,
    volumes: {
      databaseData: volume('database-data'),
      databaseSecrets: volume('database-secrets'),
      identityServerSecrets: volume('identity-server-secrets'),
      certificateAuthority: volume('certificate-authority'),
      keystores: volume('keystores'),
      schemaScripts: volume('schema-scripts'),
      loadBalancerCertificates: volume('load-balancer-certificates'),
      loadBalancerConfiguration: volume('load-balancer-configuration'),
    },
    jobs: jobsTopology(environment, layout, nodes, loadBalancer),
    databaseOwner: layout.databaseOwner,
    database,
    nodes,
    ...(distribution.clusters && { clusterPort: CLUSTER_PORT }),
    adminUsername: layout.adminUsername,
    loadBalancer,
    laptop: {
      certificateFile: `../../../build/${name}/ca.crt`,
      hostsFile: `../../../build/${name}/hosts`,
      hostsLines: hostsLine(balancer.hostname, balancer.bind_address, environment.engine.host),
    },
    policySuppressions: environment.policy.suppressions,
    stacks: [
      stack(`${name}-foundation`, 'foundation'),
      ...placed.map(({ containerName }) => stack(containerName, 'node')),
      stack(`${name}-load-balancer`, 'load-balancer'),
    ],
    former: {
      stacks: Array.from({ length: MAX_NODES }, (_, index) => index + 1)
        .slice(placed.length)
        .map((number) => stack(nodeContainerName(name, number), 'node')),
      ...(database.container === undefined && { databaseContainer: databaseContainerName(name) }),
    },
  };
}

function nodeContainerName(environment: string, number: number): string {
  return `${environment}-node-${number}`;
}

function databaseContainerName(environment: string): string {
  return `${environment}-database`;
}

/** The database's container, also one that an earlier configuration has left. */
export function databaseContainerOf({ database, former }: Topology): string | undefined {
  return database.container?.name ?? former.databaseContainer;
}

/** Whether this stack belongs to a node that the environment no longer has. */
export function isFormer({ former }: Topology, stack: string): boolean {
  return former.stacks.some(({ name }) => name === stack);
}

/** All jobs in the order in which they run. */
export function jobsInOrder({ secrets, keystores, schema, loadBalancerConfiguration }: JobsTopology): JobTopology[] {
  return [secrets, keystores, ...(schema ? [schema.scripts, schema.run] : []), loadBalancerConfiguration];
}

/** Who is where: what the parts of the topology need to know of each other. */
type Layout = ReturnType<typeof layOut>;

function layOut(environment: Environment, sandboxImages: SandboxImages) {
  const { name, identity_server: server, load_balancer: balancer, database } = environment;
  const distribution = DISTRIBUTIONS[server.distribution];
  const subnet = parseSubnet(environment.network.subnet);
  const engine = DATABASE_ENGINES[database.engine];
  const databaseAddress = addressAt(subnet, 2);
  const balancerAddress = addressAt(subnet, 3);
  return {
    distribution,
    subnet,
    engine,
    images: imagesOf(environment, distribution, sandboxImages),
    budget: connectionBudget(environment),
    databaseAddress,
    databaseHost: database.host ?? databaseAddress,
    databasePort: database.port ?? engine.port,
    databaseAdmin: database.admin_username ?? engine.adminUsername,
    databaseOwner: engine.container?.owner ?? DATABASE_SECRETS_OWNER,
    balancerAddress,
    statusUrl: `http://${balancerAddress}:${CONTROL_PORT}/status`,
    url: publicUrl({ hostname: balancer.hostname, httpsPort: balancer.https_port }),
    httpsPort: 9443 + server.port_offset,
    adminUsername: server.admin_username ?? distribution.adminUsername,
    placed: Array.from({ length: server.nodes }, (_, index) => ({
      number: index + 1,
      name: `node-${index + 1}`,
      containerName: nodeContainerName(name, index + 1),
      address: addressAt(subnet, 11 + index),
    })),
  };
}

function nodeTopology(environment: Environment, layout: Layout, node: Layout['placed'][number]): NodeTopology {
  const { name, identity_server: server, load_balancer: balancer } = environment;
  const { distribution, images, placed, databaseHost, databasePort, balancerAddress, statusUrl, url, httpsPort } =
    layout;
  const { adminUsername } = layout;
  const toml = deploymentToml({
    distribution: server.distribution,
    hostname: balancer.hostname,
    url,
    httpPort: balancer.http_port,
    httpsPort: balancer.https_port,
    nodeNumber: node.number,
    nodeAddress: node.address,
    memberAddresses: placed.map(({ address }) => address),
    clusterDomain: name,
    portOffset: server.port_offset,
    adminUsername,
    databases: datasourceSettings(environment, databaseHost),
    ...(environment.authorities.clients && { clientCertificateHeader: CLIENT_CERTIFICATE_HEADER }),
    extensions: [
      ...(server.logs.access === 'stdout' ? [ACCESS_LOG_TO_STDOUT] : []),
      server.deployment_toml,
      ...server.node_overrides.filter((entry) => entry.node === node.number).map((entry) => entry.deployment_toml),
    ],
  });
  const secretsPath = '/run/identity-server-secrets';
  const keystoresPath = `${distribution.home}/wso2-config-volume/repository/resources/security`;
  const entrypointPath = `${distribution.home}/active-active-entrypoint.sh`;
  const healthPath = `${distribution.home}/active-active-health.sh`;
  return {
    ...node,
    image: images.identityServer,
    httpsPort,
    owner: distribution.owner,
    memoryMb: server.memory_mb,
    ...(server.cpus !== undefined && { cpus: server.cpus }),
    environment: {
      IMAGE_ENTRYPOINT: `${distribution.home}/docker-entrypoint.sh`,
      SECRETS: secretsPath,
      KEYSTORES: keystoresPath,
      // A new revision replaces the nodes, one by one: they take certificates only when they start.
      KEYSTORE_REVISION: String(server.keystore_revision),
      // So do other authorities of the database server, which are in the truststore.
      ...(environment.authorities.database && {
        DATABASE_AUTHORITIES: createHash('sha256')
          .update(authoritiesPem(environment.authorities.database))
          .digest('hex')
          .slice(0, 12),
      }),
      DATABASE: `${databaseHost}:${databasePort}`,
      WAITING_FOR: '/tmp/active-active-waiting-for',
      START_CHECKS: String(Math.ceil(server.start_timeout_seconds / SECONDS_BETWEEN_CHECKS)),
      SILENCE_CHECKS: String(SILENCE_SECONDS / SECONDS_BETWEEN_CHECKS),
      DRAIN_URL: `http://${balancerAddress}:${CONTROL_PORT}/drain/${node.name}`,
      DRAIN_SECONDS: String(DRAIN_SECONDS),
      HEALTH_URL: `https://localhost:${httpsPort}${distribution.healthPath}`,
      HEALTH_CA: `${keystoresPath}/ca.crt`,
      STATUS_URL: statusUrl,
      NODE_NAME: node.name,
      ...(server.logs.audit === 'stdout' && { AUDIT_LOG: 'stdout' }),
      JVM_MEM_OPTS: `-Xms${server.heap_mb}m -Xmx${server.heap_mb}m`,
    },
    files: {
      [entrypointPath]: runtimeFile('identity-server/entrypoint.sh'),
      [healthPath]: runtimeFile('identity-server/health.sh'),
      [`${distribution.home}/wso2-config-volume/repository/conf/deployment.toml`]: renderToml(toml),
    },
    ...driverOf(environment, distribution),
    entrypoint: ['/bin/sh', entrypointPath],
    secretsPath,
    keystoresPath,
    hosts: { ...server.hosts, [balancer.hostname]: balancerAddress },
    healthCommand: ['CMD', '/bin/sh', healthPath],
    startTimeoutSeconds: server.start_timeout_seconds,
  };
}

function loadBalancerTopology(environment: Environment, layout: Layout): LoadBalancerTopology {
  const { name, load_balancer: balancer, authorities } = environment;
  const { distribution, images, placed, balancerAddress, statusUrl, url, httpsPort } = layout;
  const configuration = loadBalancerConfiguration(
    {
      hostname: balancer.hostname,
      httpPort: balancer.http_port,
      httpsPort: balancer.https_port,
      controlPort: CONTROL_PORT,
      subnet: environment.network.subnet,
      nodes: placed,
      nodePort: httpsPort,
      healthPath: distribution.healthPath,
      affinity: balancer.affinity === 'cookie',
      readTimeoutSeconds: balancer.read_timeout_seconds,
      deniedPaths: balancer.denied_paths,
      replayablePaths: distribution.replayablePaths,
      ...(authorities.clients && { clientAuthorities: authoritiesPem(authorities.clients) }),
    },
    {
      routing: runtimeFile('load-balancer/routing.js'),
      clientCertificate: runtimeFile('load-balancer/client-certificate.js'),
    },
  );
  return {
    containerName: `${name}-load-balancer`,
    image: images.loadBalancer,
    address: balancerAddress,
    owner: NGINX_OWNER,
    memoryMb: balancer.memory_mb,
    hostname: balancer.hostname,
    url,
    consoleUrl: `${url}${distribution.consolePath}`,
    bindAddress: balancer.bind_address,
    httpPort: balancer.http_port,
    httpsPort: balancer.https_port,
    statusUrl,
    deniedPaths: balancer.denied_paths,
    configuration,
    entrypoint: ['/bin/sh', '-c', runtimeFile('load-balancer/entrypoint.sh')],
    healthCommand: [
      'CMD',
      'curl',
      '-fsS',
      '-o',
      '/dev/null',
      '-m',
      '3',
      '--cacert',
      balancer.certificate === 'supplied' ? '/etc/nginx/certificates/tls.crt' : '/etc/nginx/certificates/ca.crt',
      '--resolve',
      `${balancer.hostname}:${balancer.https_port}:127.0.0.1`,
      `https://${balancer.hostname}:${balancer.https_port}/load-balancer-health`,
    ],
  };
}

function databaseTopology({ name, database }: Environment, layout: Layout): DatabaseTopology {
  const { engine, images, budget, databaseAddress, databaseHost, databasePort, databaseAdmin } = layout;
  return {
    host: databaseHost,
    port: databasePort,
    ...(database.host === undefined &&
      engine.container !== undefined &&
      images.database !== undefined && {
        container: {
          name: databaseContainerName(name),
          image: images.database,
          address: databaseAddress,
          owner: engine.container.owner,
          memoryMb: database.memory_mb,
          dataPath: engine.container.dataPath,
          command: engine.container.command(databasePort, database.max_connections ?? budget.connections),
          environment: engine.container.environment(databaseAdmin, '/run/database-secrets/DATABASE_ADMIN_PASSWORD'),
          healthCommand: engine.container.healthCommand(databaseAddress, databasePort),
          stopSignal: engine.container.stopSignal,
        },
      }),
  };
}

function jobsTopology(
  environment: Environment,
  layout: Layout,
  nodes: readonly NodeTopology[],
  { configuration }: LoadBalancerTopology,
): JobsTopology {
  const { name, identity_server: server, load_balancer: balancer, database, authorities } = environment;
  const { distribution, engine, images, budget, placed, databaseHost, databasePort, databaseAdmin, databaseOwner } =
    layout;
  const { statusUrl } = layout;
  const { stores } = distribution;
  const job = (
    purpose: string,
    image: string,
    script: string,
    variables: Record<string, string>,
    files?: Record<string, string>,
  ): JobTopology => ({
    name: `${name}-${purpose}-job`,
    image,
    script: runtimeFile(`jobs/${script}`),
    environment: variables,
    files,
  });
  const schemaJobs = (): JobsTopology['schema'] => {
    if (database.schema === 'manual' || engine.container === undefined || images.database === undefined)
      return undefined;
    return {
      scripts: job('schema-scripts', images.identityServer, 'copy-schema-scripts.sh', {}),
      run: preceded(
        authorities.database && engine.container.clientAuthorities.script,
        job(
          'schema',
          images.database,
          engine.container.schemaScript,
          {
            DATABASE_HOST: databaseHost,
            DATABASE_PORT: String(databasePort),
            ADMIN_ROLE: databaseAdmin,
            OWNER_ROLE: DATABASE_OWNER_ROLE,
            RUNTIME_ROLE: database.username,
            CONNECTIONS: String(budget.connections),
            DATABASES: databaseSchemas(environment)
              .map((schema) => [schema.database, ...schema.scripts].join(' '))
              .join('\n'),
            ...engine.container.clientTls[databaseTls(environment)],
            ...(authorities.database && engine.container.clientAuthorities.variables),
          },
          {
            ...schemaFixes(environment),
            ...(authorities.database && { [DATABASE_AUTHORITIES_FILE]: authoritiesPem(authorities.database) }),
          },
        ),
      ),
    };
  };

  const required = requiredSecrets(environment, nodes);
  const secretsJob = (variables: Record<string, string>): JobTopology => {
    const create = job('secrets', images.identityServer, 'create-secrets.sh', variables);
    // Where every secret must be supplied, none is created before that is so.
    return preceded(required.length > 0 && 'require-secrets.sh', create);
  };

  return {
    secrets: secretsJob({
      ENVIRONMENT: name,
      DATABASE_OWNER: databaseOwner,
      SERVER_OWNER: distribution.owner,
      SUPPLIED_SECRETS: suppliedSecrets(environment).join(' '),
      REFERENCED_SECRETS: referencedSecrets(nodes).join(' '),
      ENCRYPTION_KEY_BYTES: String(distribution.encryptionKeyBytes ?? 32),
      ...(required.length > 0 && { REQUIRED_SECRETS: required.join(' ') }),
    }),
    keystores: preceded(
      authorities.database && 'trust-database-authorities.sh',
      job(
        'keystores',
        images.identityServer,
        'create-keystores.sh',
        {
          ENVIRONMENT: name,
          HOSTNAME_PUBLIC: balancer.hostname,
          NODE_NAMES: placed.map(({ containerName }) => containerName).join(','),
          REVISION: String(server.keystore_revision),
          KEYSTORE: `wso2carbon.${stores.extension}`,
          TRUSTSTORE: `client-truststore.${stores.extension}`,
          STORE_TYPE: stores.type,
          SERVER_OWNER: distribution.owner,
          LOAD_BALANCER_OWNER: NGINX_OWNER,
          ...(balancer.certificate === 'supplied' && { CERTIFICATE: 'supplied' }),
        },
        // One certificate a file: that is how keytool takes them.
        authorities.database &&
          Object.fromEntries(
            authorities.database.map(({ pem }, index) => [`/database-authorities/${index + 1}.pem`, pem]),
          ),
      ),
    ),
    schema: schemaJobs(),
    loadBalancerConfiguration: job(
      'load-balancer-configuration',
      images.loadBalancer,
      'install-load-balancer-configuration.sh',
      { REVISION: configuration.revision, STATUS_URL: statusUrl },
    ),
  };
}

function imagesOf(environment: Environment, { images }: Distribution, sandbox: SandboxImages) {
  const { identity_server: server, database, load_balancer: balancer } = environment;
  const fromSandbox = images === 'sandbox';
  const databaseImage =
    fromSandbox && database.engine === 'postgresql'
      ? sandbox.postgresql
      : fromSandbox && database.engine === 'mysql'
        ? sandbox.mariadb
        : DATABASE_ENGINES[database.engine].container?.image;
  const base = server.image ?? (fromSandbox ? sandbox.identityServer : images.identityServer);
  const build = buildOf(environment, base);
  return {
    identityServer: build?.image ?? base,
    build,
    database: database.image ?? databaseImage,
    loadBalancer: balancer.image ?? (fromSandbox ? sandbox.nginx : images.loadBalancer),
  };
}

/** The image's own entry point copies what is in `wso2-artifact-volume` over the server's home. */
function driverOf(environment: Environment, { home }: Distribution): Pick<NodeTopology, 'driver'> {
  const source = driverJarPath(environment);
  if (source === undefined) return {};
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  const path = `${home}/wso2-artifact-volume/repository/components/lib/${basename(source)}`;
  return { driver: { source, sha256, path } };
}

/** An image of the user's is complete unless the user says what to add; the official ones have no driver. */
function buildOf({ identity_server: server, database }: Environment, base: string): IdentityServerBuild | undefined {
  const { bundlesDriver } = DISTRIBUTIONS[server.distribution];
  const lacksDriver = !bundlesDriver && server.image === undefined && server.driver_jar === undefined;
  if (server.build === undefined && !lacksDriver) return undefined;
  const { driverArtifact, driverVersion } = DATABASE_ENGINES[database.engine];
  const driver = server.build?.driver ?? (lacksDriver ? `${driverArtifact}:${driverVersion}` : undefined);
  return identityServerBuild({ base, driver, accelerator: server.build?.accelerator });
}

/** Names of the variables that the nodes' files refer to: every one is a secret. */
function referencedSecrets(nodes: readonly NodeTopology[]): string[] {
  const texts = nodes
    .flatMap(({ files }) => Object.entries(files))
    .filter(([path]) => path.endsWith('/deployment.toml'));
  return [
    ...new Set(texts.flatMap(([, text]) => [...text.matchAll(/\$env\{(\w+)\}/g)].map(([, name]) => name as string))),
  ];
}

/** The secrets of a database server that is already there: whoever runs it has chosen them. */
function suppliedSecrets({ database }: Environment): string[] {
  if (database.host === undefined) return [];
  return ['DATABASE_PASSWORD', ...(database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [])];
}

/** All secrets, where the environment is protected and nothing accepts that they are generated. */
function requiredSecrets({ protected: isProtected, policy, database }: Environment, nodes: readonly NodeTopology[]) {
  if (!isProtected || policy.suppressions.some(({ rule }) => rule === 'secrets-supplied')) return [];
  // The hash is made from the password.
  const referenced = referencedSecrets(nodes).map((name) => (name === 'APP_PASSWORD_HASH' ? 'APP_PASSWORD' : name));
  const administrator = database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [];
  return [...new Set(['DATABASE_PASSWORD', ...administrator, 'ADMIN_PASSWORD', 'KEYSTORE_PASSWORD', ...referenced])];
}

/** The job with another script of `runtime/jobs/` before its own, where there is one. */
function preceded(script: string | false | undefined, job: JobTopology): JobTopology {
  return script ? { ...job, script: `${runtimeFile(`jobs/${script}`)}\n${job.script}` } : job;
}

/** A script that runs in a container, as it stands in `runtime/`. */
function runtimeFile(path: string): string {
  return readFileSync(join(__dirname, '..', 'runtime', path), 'utf8');
}
