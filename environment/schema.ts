import { z } from 'zod';
import { RULE_IDS } from '../policy/rule-ids';
import { CONTROL_PORT, isIpv4, isSubnet, MAX_NODES } from '../topology/addresses';
import { DISTRIBUTION_NAMES } from '../topology/distributions';
import { STACK_SETTINGS, STATE_BACKENDS } from '../topology/state-backend';
import { isTable, type TomlTable } from '../topology/toml';
import type { CertificateAuthority } from './authorities';
import { checkSettings } from './checks';

/**
 * The schema of `config/<environment>.toml`: the only source of the types, the defaults, the validation and the published
 * JSON Schema (`config/environment.schema.json`). Keys are snake_case, as in the product's own `deployment.toml`.
 */

// Else zod compiles a validator first, which does not pay for the few files of one run.
z.config({ jitless: true });

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

/** Below the configuration's folder: what a pull request names is read where its plan is made. */
export const CA_FILE = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/-]*\.pem$/;

const caFile = z.string().regex(CA_FILE, {
  error: 'must be the path of a .pem file in the folder of this file or below it, such as "tpp-ca.pem"',
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
      error: 'must be a private IPv4 subnet from /16 to /26 written with its network address, such as "172.30.10.0/24"',
    })
    .default('172.30.10.0/24')
    .describe(
      'Private subnet of the environment. Every container has a fixed address in it; environments must not overlap.',
    ),
});

const tomlTable = z.custom<TomlTable>(isTable, { error: 'must be a table' });

const nodeOverride = z.strictObject({
  node: z.int().min(1).max(8).describe('Number of the node, from 1.'),
  deployment_toml: tomlTable.describe('Further keys of this node, over those of all nodes.'),
});

const build = z
  .strictObject({
    accelerator: z
      .string()
      .min(1)
      .optional()
      .describe("Path of the accelerator's zip, which its own script merges into the image."),
    driver: z
      .string()
      .regex(/^[\w.-]+:[\w.-]+:[\w.-]+$/, {
        error: 'must be Maven coordinates groupId:artifactId:version such as "org.postgresql:postgresql:42.7.8"',
      })
      .optional()
      .describe("Maven coordinates of the database's JDBC driver. Default: a current one of database.engine."),
  })
  .describe('What is added to the image of the nodes, in an image that is built and tagged by its content.');

const logs = z
  .strictObject({
    audit: z
      .enum(['file', 'stdout'])
      .default('file')
      .describe(
        'Who did what to users and settings. "stdout" has it in the container\'s output as well, as lines with {AUDIT_LOG}.',
      ),
    access: z
      .enum(['file', 'stdout'])
      .default('file')
      .describe(
        'HTTP requests that reached the node. "stdout" has them in the container\'s output, as lines with {HTTP_ACCESS}, instead of a file of their own.',
      ),
  })
  .describe("Where the server's further logs go; its main log is always in the container's output.");

const identityServer = z
  .strictObject({
    distribution: z.enum(DISTRIBUTION_NAMES).describe('What runs on the nodes; see the catalogue of distributions.'),
    image: image.optional().describe("Image of the nodes. Default: the distribution's own image."),
    build: build.optional(),
    driver_jar: z
      .string()
      .regex(/^(?:.*\/)?[\w.+-]+\.jar$/, {
        error: 'must be the path of a jar file such as "drivers/postgresql-42.7.8.jar"',
      })
      .optional()
      .describe(
        'Jar of the JDBC driver to put into the nodes, relative to the folder of this file; no image is built for it. Default: the driver is built into the image.',
      ),
    nodes: z.int().min(2).max(MAX_NODES).default(2).describe('Number of identity servers.'),
    port_offset: z
      .int()
      .min(0)
      .max(1000)
      .default(3)
      .describe('Added to the ports 9443 and 9763. The accelerator calls itself on 9446, hence 3.'),
    admin_username: z
      .string()
      .regex(/^[A-Za-z0-9._@-]{3,30}$/, { error: 'must be 3 to 30 letters, digits, ".", "_", "@" or "-"' })
      .optional()
      .describe(
        'Name of the administrator that node 1 creates on its first start; its password is generated. Default: "admin", with the accelerator "is_admin@wso2.com".',
      ),
    keystore_revision: z
      .int()
      .min(1)
      .default(1)
      .describe('Raise it to have the certificates issued again, with the same keys, and rolled out node by node.'),
    memory_mb: z.int().min(512).default(4096).describe('Memory limit of each node in MiB; swap is not added.'),
    cpus: z
      .number()
      .min(0.5)
      .max(256)
      .refine((cpus) => Math.abs(cpus * 10 - Math.round(cpus * 10)) < 1e-6, {
        error: 'must be a number of processors in steps of 0.1, such as 2 or 1.5',
      })
      .optional()
      .describe(
        'Processors that each node may use at most, in steps of 0.1; the JVM sizes its threads by it. The engine refuses more than its host has. Default: no limit.',
      ),
    heap_mb: z.int().min(256).default(2048).describe('Java heap of each node in MiB.'),
    logs: logs.prefault({}),
    start_timeout_seconds: z
      .int()
      .min(30)
      .max(1800)
      .default(600)
      .describe('How long a node may take to become healthy before the roll stops.'),
    hosts: z
      .record(z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, { error: 'must be a host name in lower case' }), ipv4)
      .default({})
      .describe('Further host names that the nodes must resolve, with their addresses, for servers that no DNS knows.'),
    deployment_toml: tomlTable
      .default({})
      .describe(
        "Further keys of every node's deployment.toml. Tables are merged deep, lists replace the distribution's list, [[datasource]] entries are added. Keys that the topology decides are refused.",
      ),
    node_overrides: z.array(nodeOverride).default([]).describe('Further keys of single nodes.'),
  })
  .superRefine((server, context) => {
    const largest = Math.floor(server.memory_mb * 0.75);
    if (server.heap_mb > largest) {
      context.addIssue({
        code: 'custom',
        path: ['heap_mb'],
        message: `${server.heap_mb} MiB does not fit memory_mb = ${server.memory_mb}: the JVM needs a quarter of the limit outside the heap; allowed is up to ${largest}`,
        params: { complete: true },
      });
    }
  });

const database = z.strictObject({
  engine: z
    .enum(['postgresql', 'mysql', 'mssql', 'oracle'])
    .default('postgresql')
    .describe('Database management system. SQL Server and Oracle are existing servers only.'),
  image: image.optional().describe('Image of the database container and of the schema job.'),
  host: z
    .string()
    .regex(/^(?:[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])$/, {
      error: 'must be a host name, an IPv4 address or an IPv6 address in brackets; the port is the key "port"',
    })
    .optional()
    .describe('Host name or address of an existing database server. Default: a container of the environment.'),
  port: port.optional().describe("Port of the database server. Default: the DBMS's own."),
  service: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'must be an Oracle service name such as "iampdb.bank.example"' })
    .optional()
    .describe('Oracle only: the service in which every database is a schema of its own.'),
  names: z
    .record(
      z.string(),
      z.string().regex(/^[A-Za-z][A-Za-z0-9_$#-]{0,62}$/, {
        error: 'must be up to 63 letters, digits, "_", "-", "$" or "#", beginning with a letter',
      }),
    )
    .default({})
    .describe("Names of the databases where the distribution's own do not suit, by the distribution's name."),
  admin_username: z
    .string()
    .min(1)
    .optional()
    .describe('Role that creates the databases and runs the schema scripts. Default: "postgres" or "root".'),
  username: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/, {
      error: 'must be up to 32 letters, digits, "_", "." or "-", beginning with a letter',
    })
    .default('wso2')
    .describe('Role of the identity servers, without DDL rights. With Oracle each schema is its own user instead.'),
  tls: z
    .enum(['off', 'required', 'verified'])
    .optional()
    .describe(
      'Encryption of the connections; "verified" also checks the certificate with the truststore. Default: "off" for the container, "required" for an existing server.',
    ),
  ca_file: caFile
    .optional()
    .describe(
      'With tls = "verified": PEM file with the certificates of the authorities that issue the server\'s, up to their root; relative to the folder of this file. Default: the public authorities.',
    ),
  schema: z
    .enum(['automatic', 'manual'])
    .default('automatic')
    .describe('"automatic" creates databases, roles and schemas once; "manual" expects all of it to be there.'),
  memory_mb: z.int().min(256).default(1024).describe('Memory limit of the database container in MiB.'),
  pool_size: z
    .int()
    .min(5)
    .max(1000)
    .optional()
    .describe("Connections that each datasource of each node may open. Default: the distribution's, 50 or 150."),
  max_connections: z
    .int()
    .min(20)
    .optional()
    .describe(
      'max_connections of the database server. The container gets what the pools need; an existing server must have it.',
    ),
});

const clientCertificates = z
  .strictObject({
    ca_file: caFile.describe(
      'PEM file with the certificates of the authorities that issue client certificates, their roots included; relative to the folder of this file.',
    ),
  })
  .describe(
    'Whose client certificates are accepted (mutual TLS). A client may do without; one that shows a certificate which does not verify is answered with 400. Without this table none is asked for.',
  );

const loadBalancer = z
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
      .array(z.string().regex(/^\/[A-Za-z0-9._~/-]+$/, { error: 'must be a path prefix such as "/carbon"' }))
      .refine((paths) => new Set(paths).size === paths.length, { error: 'must not name a path twice' })
      .default(['/api/health-check'])
      .describe('Path prefixes answered with 403 instead of being forwarded.'),
    client_certificates: clientCertificates.optional(),
    memory_mb: z.int().min(32).default(128).describe('Memory limit of the load balancer container in MiB.'),
  })
  .superRefine((balancer, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message, params: { complete: true } });
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

/** Backend settings that carry a credential; they belong in the backend's environment variables, not in a file under git. */
const CREDENTIAL_SETTING =
  /(password|secret|token|access_key|credential|sas|conn_str|http_auth|encryption_key|customer_key|private_key)/;
const CREDENTIAL_IN_URL = /^[a-z+]+:\/\/[^/@]*:[^/@]*@/;

type StateSetting = string | boolean | number | StateSetting[] | { [key: string]: StateSetting };

/** Also where the credential is deeper in the setting. */
function holdsCredential(key: string, setting: StateSetting): boolean {
  if (CREDENTIAL_SETTING.test(key)) return true;
  return typeof setting === 'object'
    ? Object.entries(setting).some(([inner, value]) => holdsCredential(inner, value))
    : CREDENTIAL_IN_URL.test(String(setting));
}

const stateSetting: z.ZodType<StateSetting> = z.lazy(() =>
  z.union([z.string(), z.boolean(), z.int(), z.array(stateSetting), z.record(z.string(), stateSetting)]),
);

const state = z
  .strictObject({
    backend: z
      .enum(STATE_BACKENDS)
      .default('local')
      .describe('Terraform state backend. "local" keeps state/<environment>/ beside the configuration.'),
    settings: z
      .record(z.string(), stateSetting)
      .default({})
      .describe(
        "Settings of the backend, without credentials. The key of each stack is derived: what is set as key, prefix, path, address or schema_name comes before the stack's name.",
      ),
  })
  .superRefine((value, context) => {
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message, params: { complete: true } });
    if (value.backend === 'local' && Object.keys(value.settings).length > 0) {
      refuse(['settings'], 'the local backend takes no settings; its files are in state/<environment>/');
    }
    if (value.backend === 'http' && value.settings.address === undefined) {
      refuse(['settings', 'address'], "is required with the http backend: the URL to which each stack's name is added");
    }
    const stackSetting = STACK_SETTINGS[value.backend];
    if (stackSetting !== undefined && !['string', 'undefined'].includes(typeof value.settings[stackSetting])) {
      refuse(['settings', stackSetting], "must be a string: each stack's name is added to it");
    }
    for (const [key, setting] of Object.entries(value.settings)) {
      if (holdsCredential(key, setting)) {
        context.addIssue({
          code: 'custom',
          path: ['settings', key],
          message: `holds a credential and must not be in a file; give it to Terraform by the ${value.backend} backend's environment variable`,
          params: { secret: true },
        });
      }
    }
  });

const suppression = z.strictObject({
  rule: z.enum(RULE_IDS).describe('Name of the rule, as `make plan` reports it.'),
  reason: z
    .string()
    .regex(/\S.{13,}\S/s, { error: 'must say in a sentence why the environment may break the rule' })
    .describe('Why the environment may break the rule; it is shown in every plan report.'),
});

const policy = z.strictObject({
  suppressions: z
    .array(suppression)
    .default([])
    .describe('Rules of the policy that this environment breaks on purpose.'),
});

/** The tables with their keys, each for itself. */
const settingsSchema = z.strictObject({
  protected: z
    .boolean()
    .default(false)
    .describe(
      'Refuses to destroy the volumes and the database (prevent_destroy), refuses `make down`, requires remote state, images by digest and supplied secrets, and refuses every apply that breaks a rule of the policy.',
    ),
  engine: engine.prefault({}),
  network: network.prefault({}),
  identity_server: identityServer,
  database: database.prefault({}),
  load_balancer: loadBalancer,
  state: state.prefault({}),
  policy: policy.prefault({}),
});

/** A checked and defaulted configuration file. */
export type EnvironmentSettings = z.infer<typeof settingsSchema>;

export const environmentSchema = settingsSchema.superRefine(checkSettings);

/** One environment: the settings of `config/<name>.toml` under its name. */
export interface Environment extends EnvironmentSettings {
  /** File name without `.toml`; the prefix of every container, volume, network and stack. */
  readonly name: string;
  /** Path of the file as the user wrote it, for messages. */
  readonly file: string;
  /** What the files of certificate authorities hold that the configuration names. */
  readonly authorities: EnvironmentAuthorities;
}

/** Certificate authorities by what they are trusted for. */
export interface EnvironmentAuthorities {
  /** Issuers of client certificates: `load_balancer.client_certificates.ca_file`. */
  readonly clients?: readonly CertificateAuthority[];
  /** Issuers of the database server's certificate: `database.ca_file`. */
  readonly database?: readonly CertificateAuthority[];
}

/** The JSON Schema that editors use for completion (Draft 7, which Taplo understands). */
export function environmentJsonSchema(): object {
  const schema = z.toJSONSchema(environmentSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // A table with any keys has no form of its own in zod.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
    },
  });
  return { title: 'Environment of wso2-is-active-active', ...schema };
}
