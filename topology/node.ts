import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { addressesOf } from '../catalogue/database-engines/jdbc-url';
import type { Distribution } from '../catalogue/distributions';
import { renderToml } from '../catalogue/toml';
import { CONTROL_PORT } from '../environment/addresses';
import type { DriverJar, TopologyAssets } from '../environment/assets';
import { authoritiesPem } from '../environment/authorities';
import type { Environment } from '../environment/schema';
import { LONGEST_STOP_SECONDS, type ServerTopology } from './container';
import { datasourceSettings } from './database';
import { databaseLogins } from './database-login';
import { ACCESS_LOG_TO_STDOUT, deploymentToml } from './deployment-toml';
import type { Layout } from './layout';
import { CLIENT_CERTIFICATE_HEADER } from './nginx-conf';
import { wordedFor } from './pod-words';
import { nodeOnKubernetes } from './pods';
import { runtimeScript } from './runtime-script';
import { SHARED_FOLDERS } from './shared-folders';
import { mountsOf } from './volumes';

/** One identity server. */
export interface NodeTopology extends ServerTopology {
  /** Place in the order of start, from 1. */
  readonly number: number;
  /** Short name, such as `node-1`: the name of its upstream and its route cookie. */
  readonly name: string;
  readonly httpsPort: number;
  /** Java heap in MiB, all of which is asked for at the start. */
  readonly heapMb: number;
  /** Processors that it may use; undefined for as many as there are. */
  readonly cpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Files put into the container before it starts, by path. None holds a secret. */
  readonly files: Readonly<Record<string, string>>;
  /** JDBC driver put into the container before it starts; undefined where the image has it. */
  readonly driver?: NodeDriver;
  readonly entrypoint: readonly string[];
  /** Where it has one file for each secret. */
  readonly secretsPath: string;
  /** Where it has the shared keystore and truststore. */
  readonly keystoresPath: string;
  /** Host names that the node must resolve to fixed addresses. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** A JDBC driver of the machine that synthesizes, and where the container gets it. */
export interface NodeDriver extends DriverJar {
  readonly path: string;
}

/** How often a node's entry point looks for a sign of life of its server. */
const SECONDS_BETWEEN_CHECKS = 10;
/** Standstill of its process after which a server is restarted. It has long been out of the rotation by then, so there is time to be sure. */
const STANDSTILL_SECONDS = 300;
/**
 * What requests that are under way get before their node stops. One may have been given to it just before and then wait for its connection;
 * the server waits for those that have reached it, too.
 */
export const DRAIN_SECONDS = 5;

/** The entry point that the image has itself. */
export function imageEntrypoint({ home }: Distribution): string {
  return `${home}/docker-entrypoint.sh`;
}

/** One identity server: its files, variables and health check. */
export function nodeTopology(
  environment: Environment,
  layout: Layout,
  assets: TopologyAssets,
  node: Layout['nodes'][number],
): NodeTopology {
  const { name, identity_server: server, load_balancer: balancer, database } = environment;
  const { distribution, images, nodes, places, databaseServers, url, httpsPort } = layout;
  const peers = distribution.refusesStrangers ? places.peers(nodes) : undefined;
  const { secrets: secretsPath, keystores: keystoresPath } = layout.nodePaths;
  const toml = deploymentToml({
    distribution: server.distribution,
    hostname: balancer.hostname,
    url,
    httpPort: balancer.http_port,
    httpsPort: balancer.https_port,
    nodeNumber: node.number,
    nodeAddress: places.nodeItself(node.number),
    proxies: places.proxies,
    protected: environment.protected,
    memberAddresses: nodes.map(({ number }) => places.member(number)),
    clusterDomain: name,
    portOffset: server.port_offset,
    adminUsername: layout.adminUsername,
    signingKey: server.signing_keys[0] as number,
    databases: datasourceSettings(environment, layout),
    ...(environment.authorities.clients && { clientCertificateHeader: CLIENT_CERTIFICATE_HEADER }),
    extensions: [
      ...(server.logs.access === 'stdout' ? [ACCESS_LOG_TO_STDOUT] : []),
      server.deployment_toml,
      ...server.node_overrides.filter((entry) => entry.node === node.number).map((entry) => entry.deployment_toml),
    ],
  });
  const entrypointPath = `${distribution.home}/active-active-entrypoint.sh`;
  const healthPath = `${distribution.home}/active-active-health.sh`;
  const configurationPath = `${distribution.home}/wso2-config-volume/repository/conf/deployment.toml`;
  const healthCommand = ['CMD', '/bin/sh', healthPath];
  const firstValve = runtimeScript(assets, 'identity-server/first-valve.sh');
  const kubernetes = nodeOnKubernetes(environment, layout, assets, { entrypoint: entrypointPath, health: healthPath });
  return {
    ...node,
    image: images.identityServer,
    httpsPort,
    owner: layout.owners.server,
    memoryMb: server.memory_mb,
    heapMb: server.heap_mb,
    openFiles: 16384,
    ...(server.cpus !== undefined && { cpus: server.cpus }),
    environment: {
      IMAGE_ENTRYPOINT: imageEntrypoint(distribution),
      SECRETS: secretsPath,
      CONFIGURATION: configurationPath,
      KEYSTORES: keystoresPath,
      SHARED_FILES: layout.nodePaths.sharedFiles,
      SHARED_FOLDERS: SHARED_FOLDERS.join(' '),
      // A new revision replaces the nodes, one by one: they take certificates only when they start.
      KEYSTORE_REVISION: String(server.keystore_revision),
      // So do the keys that it publishes, the one that signs first.
      SIGNING_KEYS: server.signing_keys.join(' '),
      // So do secrets that were imported again.
      ...(server.secrets_revision > 1 && { SECRETS_REVISION: String(server.secrets_revision) }),
      // So do other authorities of the database server, which are in the truststore.
      ...(environment.authorities.database && {
        DATABASE_AUTHORITIES: createHash('sha256')
          .update(authoritiesPem(environment.authorities.database))
          .digest('hex')
          .slice(0, 12),
      }),
      // A new password is that of another login.
      ...(database.password_revision > 1 && { DATABASE_LOGIN: databaseLogins(environment).current.role }),
      DATABASE: addressesOf(databaseServers, ' '),
      WAIT_REASON_FILE: '/tmp/active-active-waiting-for',
      HTTPS_PORT: String(httpsPort),
      START_CHECKS: String(Math.ceil(server.start_timeout_seconds / SECONDS_BETWEEN_CHECKS)),
      LIVENESS_FAILURES: String(STANDSTILL_SECONDS / SECONDS_BETWEEN_CHECKS),
      DRAIN_URL: `http://${places.loadBalancer}:${CONTROL_PORT}/drain/${node.name}`,
      DRAIN_SECONDS: String(DRAIN_SECONDS),
      HEALTH_URL: `https://localhost:${httpsPort}${distribution.healthPath}`,
      HEALTH_CA: `${keystoresPath}/ca.crt`,
      STATUS_URL: places.gateUrl,
      NODE_NAME: node.name,
      SCHEMA_VERSION: layout.schemaVersion,
      ...(peers !== undefined && { PEERS: peers }),
      ...(server.logs.audit === 'stdout' && { AUDIT_LOG: 'stdout' }),
      JVM_MEM_OPTS: `-Xms${server.heap_mb}m -Xmx${server.heap_mb}m`,
      ...kubernetes?.environment,
    },
    files: {
      [entrypointPath]: [
        firstValve,
        wordedFor(environment, runtimeScript(assets, 'identity-server/entrypoint.sh')),
      ].join('\n'),
      [healthPath]: runtimeScript(assets, 'identity-server/health.sh'),
      [configurationPath]: renderToml(toml),
      ...kubernetes?.files,
    },
    ...driverOf(distribution, assets),
    entrypoint: kubernetes?.entrypoint ?? ['/bin/sh', entrypointPath],
    secretsPath,
    keystoresPath,
    hosts: { ...server.hosts, ...places.nodeHosts },
    health: {
      command: healthCommand,
      intervalSeconds: 3,
      timeoutSeconds: 6,
      retries: 3,
      startPeriodSeconds: 300,
    },
    startTimeoutSeconds: server.start_timeout_seconds,
    stopSignal: 'SIGTERM',
    // The server logs in one place, waits up to 60 s for requests that are under way, and the drain comes before that.
    stopSeconds: LONGEST_STOP_SECONDS,
    mounts: mountsOf(layout.volumes, node.containerName),
    ...(kubernetes && { pod: kubernetes.pod }),
  };
}

/** The image's own entry point copies what is in `wso2-artifact-volume` over the server's home. */
function driverOf({ home }: Distribution, { driverJar }: TopologyAssets): Pick<NodeTopology, 'driver'> {
  if (driverJar === undefined) return {};
  const path = `${home}/wso2-artifact-volume/repository/components/lib/${basename(driverJar.source)}`;
  return { driver: { ...driverJar, path } };
}
