import { DATABASE_ENGINES, type DatabaseServers } from '../catalogue/database-engines';
import { DISTRIBUTIONS, type Distribution } from '../catalogue/distributions';
import { addressAt, MAX_NODES, parseSubnet } from '../environment/addresses';
import type { TopologyAssets } from '../environment/assets';
import { connectionBudget, externalServers } from '../environment/database';
import type { Environment } from '../environment/schema';
import { type IdentityServerBuild, identityServerBuild } from '../images/identity-server';
import { databaseContainerName, jobContainerName, loadBalancerContainerName, nodeContainerName } from './names';
import { publicUrl } from './nginx-conf';
import { FIRST_NODE, placesOf } from './places';
import { volumesTopology } from './volumes';

/** Who reads the database's secrets where no database container has a user of its own. */
const DATABASE_SECRETS_OWNER = '999:999';
/** uid:gid of Nginx in its images. */
const NGINX_OWNER = '101:101';
/** Where a node has one file for each secret. */
const NODE_SECRETS_PATH = '/run/identity-server-secrets';

/** Who is where: what the parts of the topology need to know of each other. */
export type Layout = ReturnType<typeof resolveLayout>;

export function resolveLayout(environment: Environment, assets: TopologyAssets) {
  const { name, identity_server: server, load_balancer: balancer, database } = environment;
  const distribution = DISTRIBUTIONS[server.distribution];
  const subnet = parseSubnet(environment.network.subnet);
  const dbms = DATABASE_ENGINES[database.engine];
  const places = placesOf(environment);
  const images = imagesOf(environment, distribution, assets);
  const nodes = Array.from({ length: server.nodes }, (_, index) => ({
    number: index + 1,
    name: `node-${index + 1}`,
    containerName: nodeContainerName(name, index + 1),
    address: places.node(index + 1),
  }));
  const owners = {
    database: dbms.container?.owner ?? DATABASE_SECRETS_OWNER,
    server: distribution.owner,
    loadBalancer: NGINX_OWNER,
  };
  const nodePaths = {
    secrets: NODE_SECRETS_PATH,
    keystores: `${distribution.home}/wso2-config-volume/repository/resources/security`,
    sharedFiles: `${distribution.home}/shared-files`,
  };
  const jobs = {
    secrets: jobContainerName(name, 'secrets'),
    keystores: jobContainerName(name, 'keystores'),
    sharedFiles: jobContainerName(name, 'shared-files'),
    schemaScripts: jobContainerName(name, 'schema-scripts'),
    schema: jobContainerName(name, 'schema'),
    loadBalancerConfiguration: jobContainerName(name, 'load-balancer-configuration'),
  };
  const external = externalServers(database);
  const databaseServers: DatabaseServers = external ?? [{ host: places.database, port: database.port ?? dbms.port }];
  /** The image and the facts that a database container is run with; undefined where the database is a server of the user's. */
  const databaseContainer =
    external === undefined && dbms.container !== undefined && images.database !== undefined
      ? { name: databaseContainerName(name), image: images.database, facts: dbms.container }
      : undefined;
  const createsSchemas = database.schema !== 'manual' && dbms.container !== undefined && images.database !== undefined;
  return {
    distribution,
    subnet,
    dbms,
    images,
    owners,
    nodePaths,
    jobs,
    databaseContainer,
    createsSchemas,
    budget: connectionBudget(environment),
    places,
    databaseServers,
    /** Whether one server takes over from another. */
    databaseFailsOver: database.hosts !== undefined,
    databaseAdmin: database.admin_username ?? dbms.adminUsername,
    balancerName: loadBalancerContainerName(name),
    url: publicUrl({ hostname: balancer.hostname, httpsPort: balancer.https_port }),
    httpsPort: 9443 + server.port_offset,
    schemaVersion: server.schema_version ?? distribution.schemaVersion,
    adminUsername: server.admin_username ?? distribution.adminUsername,
    nodes,
    volumes: volumesTopology(name, {
      secretsJob: jobs.secrets,
      keystoresJob: jobs.keystores,
      sharedFilesJob: jobs.sharedFiles,
      loadBalancerConfigurationJob: jobs.loadBalancerConfiguration,
      ...(createsSchemas && { schemaJobs: { scripts: jobs.schemaScripts, run: jobs.schema } }),
      ...(databaseContainer && {
        database: { name: databaseContainer.name, dataPath: databaseContainer.facts.dataPath },
      }),
      nodes: nodes.map(({ containerName }) => containerName),
      loadBalancer: loadBalancerContainerName(name),
      owners,
      nodePaths,
    }),
  };
}

/** The addresses that are kept for nodes, also for those that an environment does not have today. */
export function reservedNodeAddresses(subnet: string): string[] {
  return Array.from({ length: MAX_NODES }, (_, index) => addressAt(parseSubnet(subnet), FIRST_NODE + index));
}

function imagesOf(environment: Environment, { images }: Distribution, assets: TopologyAssets) {
  const { identity_server: server, database, load_balancer: balancer } = environment;
  const { sandboxImages: sandbox } = assets;
  const fromSandbox = images === 'sandbox';
  const { container } = DATABASE_ENGINES[database.engine];
  const databaseImage = container && (fromSandbox ? sandbox[container.sandboxImage] : container.image);
  const base = server.image ?? (fromSandbox ? sandbox.identityServer : images.identityServer);
  const build = buildOf(environment, base, assets);
  return {
    identityServer: build?.image ?? base,
    build,
    database: database.image ?? databaseImage,
    loadBalancer: balancer.image ?? (fromSandbox ? sandbox.nginx : images.loadBalancer),
  };
}

/** An image of the user's is complete unless the user says what to add; the official ones have no driver, the sandbox's has one. */
function buildOf(
  { identity_server: server, database }: Environment,
  base: string,
  { identityServerImage }: TopologyAssets,
): IdentityServerBuild | undefined {
  const bundled = DISTRIBUTIONS[server.distribution].bundledDrivers.includes(database.engine);
  const lacksDriver = !bundled && server.image === undefined && server.driver_jar === undefined;
  if (server.build === undefined && !lacksDriver) return undefined;
  const { driverArtifact, driverVersion } = DATABASE_ENGINES[database.engine];
  const driver = server.build?.driver ?? (lacksDriver ? `${driverArtifact}:${driverVersion}` : undefined);
  return identityServerBuild({ base, driver, accelerator: server.build?.accelerator }, identityServerImage);
}
