import { DATABASE_ENGINE_NAMES, DATABASE_ENGINES } from '../../catalogue/database-engines';
import { z } from '../zod';
import { caFile, image, port } from './fields';

const DBMS = Object.values(DATABASE_ENGINES);
const TITLES_WITHOUT_CONTAINER = DBMS.filter(({ container }) => container === undefined).map(({ title }) => title);
const CONTAINER_ADMINS = new Set(DBMS.flatMap((dbms) => (dbms.container ? [`"${dbms.adminUsername}"`] : [])));

export const database = z.strictObject({
  engine: z
    .enum(DATABASE_ENGINE_NAMES)
    .default('postgresql')
    .describe(
      `Database management system. ${TITLES_WITHOUT_CONTAINER.join(' and ')} are existing servers only. The accelerator works with all but MariaDB.`,
    ),
  image: image.optional().describe('Image of the database container and of the schema job.'),
  host: z
    .string()
    .regex(/^(?:[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])$/, {
      error: 'must be a host name, an IPv4 address or an IPv6 address in brackets; the port is the key "port"',
    })
    .optional()
    .describe('Host name or address of an existing database server. Default: a container of the environment.'),
  hosts: z
    .array(
      z.string().regex(/^(?:[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:[1-9][0-9]{0,4})?$/, {
        error:
          'must be a host name, an IPv4 address or an IPv6 address in brackets, and ":" with its port where that is not the key "port"',
      }),
    )
    .min(1)
    .optional()
    .describe(
      'Instead of host: the servers of a database that fails over, such as ["db-1.bank.example", "db-2.bank.example:5433"], of which one at a time takes writes; or the one name behind which that changes.',
    ),
  port: port
    .optional()
    .describe("Port of the database server, and of those in hosts that name none. Default: the DBMS's own."),
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
    .describe(
      `Role that creates the databases and runs the schema scripts. Default: ${[...CONTAINER_ADMINS].join(' or ')}.`,
    ),
  username: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/, {
      error: 'must be up to 32 letters, digits, "_", "." or "-", beginning with a letter',
    })
    .default('wso2')
    .describe('Role of the identity servers, without DDL rights. With Oracle each schema is its own user instead.'),
  password_revision: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'Raise it by one for a new password: the nodes are replaced one by one and log in with a second role of the same rights, <username>_2, and the next time with the first again. `make rotate-secret` does that.',
    ),
  tls: z
    .enum(['off', 'required', 'verified'])
    .optional()
    .describe(
      'Encryption of the connections; "verified" also checks the server\'s certificate and its name, without which anybody in between can pose as the server. Default: "off" for the container, "verified" for an existing server.',
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
    .describe(
      "Connections that each datasource of each node may open. Default: the distribution's, 50 or 150; more than two nodes share what two would have, where the database is a container and max_connections is not set.",
    ),
  max_connections: z
    .int()
    .min(20)
    .optional()
    .describe(
      'max_connections of the database server. The container gets what the pools need; an existing server must have it.',
    ),
});
