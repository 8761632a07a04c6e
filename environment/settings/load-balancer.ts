import { CONTROL_PORT } from '../addresses';
import { LEAST_CONNECTIONS, loadBalancerCapacity, MOST_CONNECTIONS } from '../load-balancer-capacity';
import { z } from '../zod';
import { caFile, hostname, image, ipv4, ipv4Network, port } from './fields';

const clientCertificates = z
  .strictObject({
    ca_file: caFile.describe(
      'PEM file with the certificates of the authorities that issue client certificates, their roots included; relative to the folder of this file.',
    ),
    crl_file: caFile
      .optional()
      .describe(
        'PEM file with the lists of revoked certificates (CRL) of all these authorities; relative to the folder of this file. A list that has ended refuses every client certificate. Default: revocation is not checked.',
      ),
  })
  .describe(
    'Whose client certificates are accepted (mutual TLS). A client may do without; one that shows a certificate which does not verify is answered with 400. Without this table none is asked for.',
  );

const clientNetwork = ipv4Network.describe('Addresses of the clients.');

function eachOnce<Entry extends { network: string }>(entry: z.ZodType<Entry>) {
  return z
    .array(entry)
    .max(32)
    .refine((all) => new Set(all.map(({ network }) => network)).size === all.length, {
      error: 'must not name a network twice',
    });
}

const requestsAtATime = z.int().min(1).max(65535);

const clientLimit = z
  .strictObject({
    requests: requestsAtATime
      .optional()
      .describe(
        'Requests that one client address may have under way at a time; more are answered with 429. Default: a twentieth of `connections`; with platform.publish = "cluster-ip", where all clients have the address of the ingress, as many as the load balancer takes.',
      ),
    networks: eachOnce(
      z.strictObject({
        network: clientNetwork,
        requests: requestsAtATime.describe('Requests at a time of each address in it.'),
      }),
    )
      .default([])
      .describe(
        'Clients with another limit, such as a proxy behind which many users have one address. The smallest network that has an address decides.',
      ),
  })
  .prefault({})
  .describe('How much of the load balancer one client address may take.');

const requestsPerSecond = z.int().min(1).max(10_000);

const rateLimit = z
  .strictObject({
    requests_per_second: requestsPerSecond
      .default(10)
      .describe(
        'Requests of one client address to one of these paths in a second, on average; those of five seconds may come at once. More are answered with 429.',
      ),
    networks: eachOnce(
      z.strictObject({
        network: clientNetwork,
        requests_per_second: requestsPerSecond.describe('Requests in a second of each address in it.'),
      }),
    )
      .default([])
      .describe(
        'Clients with another rate, such as a gateway that fetches tokens for many. The smallest network that has an address decides.',
      ),
  })
  .describe(
    'Slows down whoever guesses passwords or mints tokens, at the log-in, token and recovery paths. Without this table nobody is slowed down.',
  );

export const loadBalancer = z
  .strictObject({
    hostname: hostname.describe('Public name of the environment: the host name in every URL, without a port.'),
    image: image.optional().describe('Image of Nginx, 1.30.4 or later with njs.'),
    bind_address: ipv4
      .default('127.0.0.1')
      .describe('Address of the Docker host on which the ports are published. "0.0.0.0" publishes on all.'),
    http_port: port
      .default(80)
      .describe('Published port that redirects to HTTPS; also proxyPort of the HTTP connector.'),
    https_port: port.default(443).describe('Published HTTPS port; also proxyPort of the HTTPS connector.'),
    certificate: z
      .enum(['issued', 'supplied'])
      .default('issued')
      .describe(
        '"issued": the environment\'s own authority issues the certificate. "supplied": certificate chain and key of your authority, brought in with `make import-secret` as LOAD_BALANCER_CERTIFICATE and LOAD_BALANCER_PRIVATE_KEY.',
      ),
    affinity: z
      .enum(['cookie', 'none'])
      .default('cookie')
      .describe('"cookie" keeps a browser session on its node; "none" spreads every request.'),
    read_timeout_seconds: z
      .int()
      .min(1)
      .max(300)
      .default(60)
      .describe('How long a node may take to answer before the request fails over or fails.'),
    denied_paths: z
      .array(
        z.string().regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+\/?$/, {
          error: 'must be a path prefix such as "/carbon", without empty segments, "." and ".."',
        }),
      )
      .refine((paths) => new Set(paths).size === paths.length, { error: 'must not name a path twice' })
      .default(['/api/health-check'])
      .describe(
        'Path prefixes answered with 403 instead of being forwarded, below those of tenants and organisations too ("/t/<tenant>", "/o/<organisation>").',
      ),
    client_certificates: clientCertificates.optional(),
    connections: z
      .int()
      .min(LEAST_CONNECTIONS)
      .max(MOST_CONNECTIONS)
      .default(10_000)
      .describe(
        'Connections of clients that the load balancer holds at a time. Workers, open files, requests at a time (a tenth) and the memory limit follow from it. Above it, a new connection takes the place of the one that has been idle longest; where none is idle it is refused at once.',
      ),
    client_limit: clientLimit,
    rate_limit: rateLimit.optional(),
    memory_mb: z
      .int()
      .min(32)
      .optional()
      .describe(
        'Memory limit of the load balancer container in MiB, where it is to be more than `connections` needs. Default: what that many connections need at their dearest.',
      ),
  })
  .superRefine((balancer, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const { memoryMb } = loadBalancerCapacity(balancer.connections);
    if (balancer.memory_mb !== undefined && balancer.memory_mb < memoryMb) {
      refuse(
        'memory_mb',
        `found ${balancer.memory_mb}, but ${balancer.connections} connections (load_balancer.connections) may need ${memoryMb} MiB, and Nginx would be killed with less; remove memory_mb, or hold fewer connections`,
      );
    }
    if (balancer.http_port === balancer.https_port) {
      refuse('http_port', `must differ from https_port (both are ${balancer.https_port})`);
    }
    for (const key of ['http_port', 'https_port'] as const) {
      if (balancer[key] === CONTROL_PORT) {
        refuse(
          key,
          `${CONTROL_PORT} is taken inside the load balancer, for its status and the nodes' requests; use another port`,
        );
      }
    }
  });
