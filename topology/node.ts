import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Distribution } from '../catalogue/distributions';
import { renderToml } from '../catalogue/toml';
import { CONTROL_PORT } from '../environment/addresses';
import { authoritiesPem } from '../environment/authorities';
import { driverJarPath } from '../environment/driver-jar';
import type { Environment } from '../environment/schema';
import { datasourceSettings } from './database';
import { ACCESS_LOG_TO_STDOUT, deploymentToml } from './deployment-toml';
import type { Layout } from './layout';
import { CLIENT_CERTIFICATE_HEADER } from './nginx-conf';
import { runtimeFile } from './runtime-file';
import type { NodeTopology } from './topology';

/** How often a node's entry point asks its server for a sign of life. */
const SECONDS_BETWEEN_CHECKS = 10;
/** Silence after which a server is restarted. It has long been out of the rotation by then, so there is time to be sure. */
const SILENCE_SECONDS = 300;
/** What requests that are under way get before their node stops. */
export const DRAIN_SECONDS = 2;

/** One identity server: its files, variables and health check. */
export function nodeTopology(environment: Environment, layout: Layout, node: Layout['placed'][number]): NodeTopology {
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

/** The image's own entry point copies what is in `wso2-artifact-volume` over the server's home. */
function driverOf(environment: Environment, { home }: Distribution): Pick<NodeTopology, 'driver'> {
  const source = driverJarPath(environment);
  if (source === undefined) return {};
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  const path = `${home}/wso2-artifact-volume/repository/components/lib/${basename(source)}`;
  return { driver: { source, sha256, path } };
}
