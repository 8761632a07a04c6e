import { z } from 'zod';
import { isIpv4, isSubnet } from '../topology/addresses';
import { DISTRIBUTION_NAMES } from '../topology/distributions';

/**
 * The schema of `config/<environment>.toml`: the only source of the types, the defaults, the validation and the published
 * JSON Schema (`config/environment.schema.json`). Keys are snake_case, as in the product's own `deployment.toml`.
 */

const port = z.int().min(1).max(65535);

const ipv4 = z.string().refine(isIpv4, { error: 'must be an IPv4 address such as "127.0.0.1"' });

const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/, {
    error: 'must be a fully qualified host name in lower case without scheme and port, such as "is.bank.example"',
  });

const image = z.string().regex(/^[a-z0-9][a-z0-9._/:@-]*$/, {
  error: 'must be an image reference such as "nginx:1.30.4" or "nginx@sha256:…"',
});

const engine = z.strictObject({
  host: z
    .string()
    .regex(/^(unix|ssh|tcp):\/\/.+$/, { error: 'must start with unix://, ssh:// or tcp://' })
    .optional()
    .describe(
      'Docker Engine to deploy to: unix://, ssh:// or tcp:// (with TLS material in DOCKER_CERT_PATH). Default: DOCKER_HOST, else the local socket.',
    ),
});

const network = z.strictObject({
  subnet: z
    .string()
    .refine(isSubnet, {
      error:
        'must be a private IPv4 subnet from /16 to /26 written with its network address, such as "172.30.10.0/24"',
    })
    .default('172.30.10.0/24')
    .describe('Private subnet of the environment. Every container has a fixed address in it; environments must not overlap.'),
});

const identityServer = z.strictObject({
  distribution: z.enum(DISTRIBUTION_NAMES).describe('What runs on the nodes; see the catalogue of distributions.'),
  image: image.optional().describe("Image of the nodes. Default: the distribution's own image."),
  nodes: z.int().min(2).max(8).default(2).describe('Number of identity servers.'),
  port_offset: z
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe('Added to the ports 9443 and 9763. The accelerator calls itself on 9446, hence 3.'),
  admin_username: z
    .string()
    .regex(/^[A-Za-z0-9._@-]{3,30}$/, { error: 'must be 3 to 30 letters, digits, ".", "_", "@" or "-"' })
    .default('admin')
    .describe('Name of the administrator that node 1 creates on its first start. Its password is generated.'),
  memory_mb: z.int().min(512).default(4096).describe('Memory limit of each node in MiB; swap is not added.'),
  heap_mb: z.int().min(256).default(2048).describe('Java heap of each node in MiB.'),
  start_timeout_seconds: z
    .int()
    .min(30)
    .max(1800)
    .default(600)
    .describe('How long a node may take to become healthy before the roll stops.'),
});

const database = z.strictObject({
  engine: z.enum(['postgresql']).default('postgresql').describe('Database management system.'),
  image: image.optional().describe('Image of the database container and of the schema job.'),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Host name or address of an existing database server. Default: a container of the environment.'),
  port: port.default(5432).describe('Port of the database server.'),
  admin_username: z
    .string()
    .min(1)
    .default('postgres')
    .describe('Role that creates the databases and runs the schema scripts.'),
  memory_mb: z.int().min(256).default(1024).describe('Memory limit of the database container in MiB.'),
  max_connections: z.int().min(20).default(400).describe('max_connections of the database server.'),
});

const loadBalancer = z.strictObject({
  hostname: hostname.describe('Public name of the environment: the host name in every URL, without a port.'),
  image: image.optional().describe('Image of Nginx, 1.30.4 or later with njs.'),
  bind_address: ipv4
    .default('127.0.0.1')
    .describe('Address of the Docker host on which the ports are published. "0.0.0.0" publishes on all.'),
  http_port: port.default(80).describe('Published port that redirects to HTTPS; also proxyPort of the HTTP connector.'),
  https_port: port.default(443).describe('Published HTTPS port; also proxyPort of the HTTPS connector.'),
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
    .array(z.string().regex(/^\/[A-Za-z0-9._~/-]*$/, { error: 'must be a path prefix such as "/carbon"' }))
    .default(['/api/health-check'])
    .describe('Path prefixes answered with 403 instead of being forwarded.'),
  memory_mb: z.int().min(32).default(128).describe('Memory limit of the load balancer container in MiB.'),
});

/** Backend settings that carry a credential; they belong in the backend's environment variables, not in a file under git. */
const CREDENTIAL_SETTING = /(password|secret|token|access_key|credentials|sas|conn_str)/;

const state = z
  .strictObject({
    backend: z
      .enum(['local', 's3', 'gcs', 'azurerm', 'pg', 'http', 'consul'])
      .default('local')
      .describe('Terraform state backend. "local" keeps state/<environment>/ beside the configuration.'),
    settings: z
      .record(z.string(), z.union([z.string(), z.boolean(), z.int()]))
      .default({})
      .describe('Settings of the backend, without credentials. The per-stack key is derived and must not be set.'),
  })
  .superRefine((value, context) => {
    for (const key of Object.keys(value.settings)) {
      if (CREDENTIAL_SETTING.test(key)) {
        context.addIssue({
          code: 'custom',
          path: ['settings', key],
          message: `holds a credential and must not be in a file; give it to Terraform by the ${value.backend} backend's environment variable`,
          params: { secret: true },
        });
      }
    }
  });

export const environmentSchema = z
  .strictObject({
    protected: z
      .boolean()
      .default(false)
      .describe('Refuses to destroy the volumes and the database (prevent_destroy) and refuses `make down`.'),
    engine: engine.prefault({}),
    network: network.prefault({}),
    identity_server: identityServer,
    database: database.prefault({}),
    load_balancer: loadBalancer,
    state: state.prefault({}),
  })
  .superRefine((value, context) => {
    const { identity_server: server, load_balancer: balancer } = value;
    if (server.heap_mb > server.memory_mb * 0.75) {
      context.addIssue({
        code: 'custom',
        path: ['identity_server', 'heap_mb'],
        message: `${server.heap_mb} MiB does not fit memory_mb = ${server.memory_mb}: the JVM needs a quarter of the limit outside the heap; allowed is up to ${Math.floor(server.memory_mb * 0.75)}`,
      });
    }
    if (balancer.http_port === balancer.https_port) {
      context.addIssue({
        code: 'custom',
        path: ['load_balancer', 'http_port'],
        message: `must differ from https_port (both are ${balancer.https_port})`,
      });
    }
  });

/** A checked and defaulted configuration file. */
export type EnvironmentSettings = z.infer<typeof environmentSchema>;

/** One environment: the settings of `config/<name>.toml` under its name. */
export interface Environment extends EnvironmentSettings {
  /** File name without `.toml`; the prefix of every container, volume, network and stack. */
  readonly name: string;
  /** Path of the file as the user wrote it, for messages. */
  readonly file: string;
}

/** The JSON Schema that editors use for completion (Draft 7, which Taplo understands). */
export function environmentJsonSchema(): object {
  const schema = z.toJSONSchema(environmentSchema, { target: 'draft-7', io: 'input' });
  return { title: 'Environment of wso2-is-active-active', ...schema };
}
