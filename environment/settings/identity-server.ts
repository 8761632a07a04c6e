import { DISTRIBUTION_NAMES } from '../../catalogue/distributions';
import { isTable, type TomlTable } from '../../catalogue/toml';
import { MAX_NODES } from '../addresses';
import { z } from '../zod';
import { image, ipv4 } from './fields';

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
      .regex(/^[\w.-]+:[\w.-]+:[\w.-]+(?:@sha256:[0-9a-f]{64})?$/, {
        error:
          'must be Maven coordinates groupId:artifactId:version such as "org.postgresql:postgresql:42.7.8", "@sha256:" and 64 hexadecimal digits behind them where its content is to be checked',
      })
      .optional()
      .describe(
        "Maven coordinates of the database's JDBC driver; with @sha256:<checksum> behind them no other content is taken. Default: a current one of database.engine, whose checksum is known.",
      ),
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

export const identityServer = z
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
    schema_version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/)
      .optional()
      .describe(
        "Version whose database schema the servers need, where an image of yours has another one than the distribution. Default: the distribution's.",
      ),
    keystore_revision: z
      .int()
      .min(1)
      .default(1)
      .describe(
        'Raise it to have the certificates of TLS issued again, with the same keys, and rolled out node by node. The certificates that sign stay.',
      ),
    signing_keys: z
      .array(z.int().min(1).max(99))
      .min(1)
      .max(4)
      .refine((numbers) => new Set(numbers).size === numbers.length, { error: 'must not name a key twice' })
      .default([1])
      .describe(
        'Numbers of the keys that the nodes publish; the first one signs tokens. A key that is listed and missing is made. Rotation in three plans: [1, 2], then [2, 1], then [2].',
      ),
    secrets_revision: z
      .int()
      .min(1)
      .default(1)
      .describe('Raise it to have the nodes replaced one by one: they read their secrets only when they start.'),
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
      });
    }
  });
