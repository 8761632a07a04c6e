import { CONTROL_PORT } from '../environment/addresses';
import type { TopologyAssets } from '../environment/assets';
import { authoritiesPem } from '../environment/authorities';
import { loadBalancerCapacity } from '../environment/load-balancer-capacity';
import { type RevocationList, revocationsPem } from '../environment/revocations';
import type { Environment } from '../environment/schema';
import type { ServerTopology } from './container';
import type { Layout } from './layout';
import { type LoadBalancerConfiguration, loadBalancerConfiguration } from './load-balancer-configuration';
import { LOAD_BALANCER_HEALTH } from './load-balancer-health';
import { loadBalancerPod, loadBalancerScript } from './pods';
import { runtimeScript } from './runtime-script';
import { mountsOf, publicCertificate } from './volumes';

/** Nginx in front of the nodes. */
export interface LoadBalancerTopology extends ServerTopology {
  readonly hostname: string;
  /** The URL that users see. */
  readonly url: string;
  /** The URL at which administrators log in. */
  readonly consoleUrl: string;
  readonly bindAddress: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statusUrl: string;
  /** Who has issued its certificate: the environment's own authority, or somebody else. */
  readonly certificate: 'issued' | 'supplied';
  /** Where it has that certificate. */
  readonly certificateFile: string;
  /** Path prefixes that are answered with 403. */
  readonly deniedPaths: readonly string[];
  /** The lists of revoked client certificates, by who has signed them; empty where revocation is not checked. */
  readonly revocations: readonly Omit<RevocationList, 'pem'>[];
  readonly configuration: LoadBalancerConfiguration;
  readonly entrypoint: readonly string[];
  /** Size in MiB of the memory that it has as /tmp. */
  readonly scratchMb: number;
}

/** Nginx: where it is published and the configuration that it serves by. */
export function loadBalancerTopology(
  environment: Environment,
  layout: Layout,
  assets: TopologyAssets,
): LoadBalancerTopology {
  const { load_balancer: balancer, authorities, revocations } = environment;
  const { distribution, images, nodes, balancerName, places, url, httpsPort } = layout;
  const pod = loadBalancerPod(environment, assets, LOAD_BALANCER_HEALTH);
  const capacity = loadBalancerCapacity(balancer.connections);
  const deniedPaths = balancer.denied_paths.map((path) => path.replace(/\/$/, ''));
  const { certificateFile, keyFile } = publicCertificate(balancer.certificate, balancer.hostname);
  const configuration = loadBalancerConfiguration(
    {
      hostname: balancer.hostname,
      certificateFile,
      keyFile,
      httpPort: balancer.http_port,
      httpsPort: balancer.https_port,
      controlPort: CONTROL_PORT,
      ...(environment.platform.kind === 'docker' ? { subnet: environment.network.subnet } : { nodesByName: true }),
      nodes,
      nodePort: httpsPort,
      healthPath: distribution.healthPath,
      affinity: balancer.affinity === 'cookie',
      readTimeoutSeconds: balancer.read_timeout_seconds,
      deniedPaths,
      replayablePaths: distribution.replayablePaths,
      capacity,
      clientLimit: {
        // Behind an ingress that passes TLS through, all clients have its address.
        requests:
          balancer.client_limit.requests ??
          (environment.platform.publish === 'cluster-ip' ? capacity.requests : capacity.requestsPerClient),
        networks: balancer.client_limit.networks,
      },
      ...(balancer.rate_limit && {
        rateLimit: {
          perSecond: balancer.rate_limit.requests_per_second,
          networks: balancer.rate_limit.networks.map(({ network, requests_per_second: perSecond }) => ({
            network,
            perSecond,
          })),
          paths: distribution.guessablePaths,
        },
      }),
      ...(authorities.clients && { clientAuthorities: authoritiesPem(authorities.clients) }),
      ...(revocations && { clientRevocations: revocationsPem(revocations) }),
    },
    {
      routing: runtimeScript(assets, 'load-balancer/routing.js'),
      clientCertificate: runtimeScript(assets, 'load-balancer/client-certificate.js'),
      pods: runtimeScript(assets, 'load-balancer/pods.js'),
    },
  );
  return {
    containerName: balancerName,
    image: images.loadBalancer,
    address: places.loadBalancer,
    owner: layout.owners.loadBalancer,
    memoryMb: balancer.memory_mb ?? capacity.memoryMb,
    scratchMb: capacity.scratchMb,
    openFiles: capacity.openFiles,
    hostname: balancer.hostname,
    url,
    consoleUrl: `${url}${distribution.consolePath}`,
    bindAddress: balancer.bind_address,
    httpPort: balancer.http_port,
    httpsPort: balancer.https_port,
    statusUrl: places.ownStatusUrl,
    certificate: balancer.certificate,
    certificateFile,
    deniedPaths,
    revocations: (revocations ?? []).map(({ pem, ...list }) => list),
    configuration,
    entrypoint: ['/bin/sh', '-c', loadBalancerScript(environment, assets)],
    health: {
      command: LOAD_BALANCER_HEALTH,
      intervalSeconds: 2,
      timeoutSeconds: 4,
      retries: 3,
      startPeriodSeconds: 30,
    },
    startTimeoutSeconds: 60,
    // SIGQUIT lets requests finish; SIGTERM would cut them.
    stopSignal: 'SIGQUIT',
    stopSeconds: 30,
    mounts: mountsOf(layout.volumes, balancerName),
    ...(pod && { pod }),
  };
}
