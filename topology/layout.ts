import { DATABASE_ENGINES } from '../catalogue/database-engines';
import { DISTRIBUTIONS, type Distribution } from '../catalogue/distributions';
import { addressAt, CONTROL_PORT, parseSubnet } from '../environment/addresses';
import { connectionBudget } from '../environment/database';
import type { Environment } from '../environment/schema';
import { type IdentityServerBuild, identityServerBuild } from '../images/identity-server';
import { publicUrl } from './nginx-conf';
import type { SandboxImages } from './topology';

/** Who reads the database's secrets where no database container has a user of its own. */
const DATABASE_SECRETS_OWNER = '999:999';

/** Who is where: what the parts of the topology need to know of each other. */
export type Layout = ReturnType<typeof layOut>;

export function layOut(environment: Environment, sandboxImages: SandboxImages) {
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

export function nodeContainerName(environment: string, number: number): string {
  return `${environment}-node-${number}`;
}

export function databaseContainerName(environment: string): string {
  return `${environment}-database`;
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

/** An image of the user's is complete unless the user says what to add; the official ones have no driver. */
function buildOf({ identity_server: server, database }: Environment, base: string): IdentityServerBuild | undefined {
  const { bundlesDriver } = DISTRIBUTIONS[server.distribution];
  const lacksDriver = !bundlesDriver && server.image === undefined && server.driver_jar === undefined;
  if (server.build === undefined && !lacksDriver) return undefined;
  const { driverArtifact, driverVersion } = DATABASE_ENGINES[database.engine];
  const driver = server.build?.driver ?? (lacksDriver ? `${driverArtifact}:${driverVersion}` : undefined);
  return identityServerBuild({ base, driver, accelerator: server.build?.accelerator });
}
