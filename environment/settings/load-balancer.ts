import { z } from 'zod';
import { CONTROL_PORT } from '../addresses';
import { caFile, hostname, image, ipv4, port } from './fields';

const clientCertificates = z
  .strictObject({
    ca_file: caFile.describe(
      'PEM file with the certificates of the authorities that issue client certificates, their roots included; relative to the folder of this file.',
    ),
  })
  .describe(
    'Whose client certificates are accepted (mutual TLS). A client may do without; one that shows a certificate which does not verify is answered with 400. Without this table none is asked for.',
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
    memory_mb: z.int().min(32).default(128).describe('Memory limit of the load balancer container in MiB.'),
  })
  .superRefine((balancer, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
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
