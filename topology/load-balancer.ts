import { CONTROL_PORT } from '../environment/addresses';
import { authoritiesPem } from '../environment/authorities';
import type { Environment } from '../environment/schema';
import type { Layout } from './layout';
import { loadBalancerConfiguration } from './nginx-conf';
import { runtimeFile } from './runtime-file';
import type { LoadBalancerTopology } from './topology';

/** uid:gid of Nginx in its images. */
export const NGINX_OWNER = '101:101';

/** Nginx: where it is published and the configuration that it serves by. */
export function loadBalancerTopology(environment: Environment, layout: Layout): LoadBalancerTopology {
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
