import type { TomlTable } from '../toml';

/**
 * One database management system that the identity servers can use. Everything that differs from one to the next is data here;
 * nothing else in the project asks for one by name.
 */
export interface DatabaseEngineFacts {
  /** The vendor's name for it. */
  readonly title: string;
  readonly port: number;
  readonly adminUsername: string;
  /** Name of the product's schema scripts (`<dialect>.sql`) and of the folder of our own below `runtime/schema-fixes/`. */
  readonly dialect: string;
  /** Class name of the JDBC driver. */
  readonly driver: string;
  /** Maven coordinates of the driver without its version, and the version that is built in unless another is named. */
  readonly driverArtifact: string;
  readonly driverVersion: string;
  /** The URL for that driver, with time-outs: without them a connection to a frozen database would hang for ever. */
  readonly jdbcUrl: (target: JdbcTarget) => string;
  readonly validationQuery: string;
  /** Further options of each connection pool. */
  readonly poolOptions: TomlTable;
  /** What deployment.toml needs beside the connections. */
  readonly toml: TomlTable;
  /** Whether all databases are schemas of one service, each with a user of its own. Otherwise one user reaches them all. */
  readonly schemasOfService: boolean;
  /** Whether the server's limit of connections is low enough that the pools must be checked against it. */
  readonly limitsConnections: boolean;
  /** What is different where one server takes over from another (`database.hosts`). */
  readonly failover: FailoverFacts;
  /** How the server is run and its schemas are created. Undefined where that is left to the user. */
  readonly container?: DatabaseContainerFacts;
}

export interface DatabaseContainerFacts {
  /** Official image. */
  readonly image: string;
  /** The image of this project that stands in for it; a key of `SANDBOX_IMAGES`. */
  readonly sandboxImage: 'postgresql' | 'mariadb';
  /** uid:gid of the server's user in it. */
  readonly owner: string;
  readonly dataPath: string;
  /** Folder of the server's socket, which it writes. */
  readonly socketPath: string;
  /** Variable that names the folder of the data, where it must be the server's own and a claim's first folder is not. @default - any folder will do */
  readonly dataFolderVariable?: string;
  readonly stopSignal: string;
  /** Whether the administrator may have another name than `adminUsername`. */
  readonly adminRenamable: boolean;
  readonly command: (port: number, maxConnections: number) => readonly string[];
  readonly environment: (adminUsername: string, passwordFile: string) => Readonly<Record<string, string>>;
  readonly healthCommand: (address: string, port: number) => readonly string[];
  /** Command in the container that writes all its databases to standard output. */
  readonly dump: (adminUsername: string, port: number, passwordFile: string) => string;
  /** Script in `runtime/jobs/` that creates the schemas with this image's client. */
  readonly schemaScript: string;
  /** Whether the script gives the server a verifier of the login's password. Otherwise the server is told the password itself. */
  readonly takesVerifiers: boolean;
  /** Variables by which that client is told what to do about TLS. */
  readonly clientTls: Readonly<Record<DatabaseTls, Readonly<Record<string, string>>>>;
  /** By which authorities it knows the server. */
  readonly clientAuthorities: {
    /** Whether it knows the public ones by itself. */
    readonly public: boolean;
    /** Variables that tell it of those that the user has named. */
    readonly variables: Readonly<Record<string, string>>;
  };
}

/** How pools and clients get to the one server that takes writes, and away from one that no longer does. */
export interface FailoverFacts {
  /** Why no more than one host can be named, and which one; undefined where the driver takes several. */
  readonly oneHost?: string;
  /** Asked of a connection before it is used: an error on a server that takes no writes. @default - `validationQuery`: no connection outlives that */
  readonly validationQuery?: string;
  /** Further options of each connection pool. @default - `poolOptions` */
  readonly poolOptions?: TomlTable;
  /** Variables by which the schema job finds the server that takes writes. */
  readonly clientVariables: Readonly<Record<string, string>>;
}

/**
 * Time-outs where another server may take over. One that cannot be reached is given up while there is time to ask the next. One that
 * accepts and never answers is given up for twice `answer`, since closing a connection with TLS waits as long again: less than the load
 * balancer gives a request.
 */
export const FAILOVER_SECONDS = {
  /** To open a connection to one server. */
  connect: 3,
  /** For an answer, so also the longest that a statement may take. */
  answer: 20,
  /** How long a driver remembers which server was of no use, so that not every new connection waits for it again. */
  recheck: 60,
} as const;

/** Time-outs where there is one server, in seconds as {@link FAILOVER_SECONDS}. */
const ONE_SERVER_SECONDS = { connect: 10, answer: 60 } as const;

/** The time-outs of a connection, in seconds. */
export function timeOuts(failsOver: boolean): { readonly connect: number; readonly answer: number } {
  return failsOver ? FAILOVER_SECONDS : ONE_SERVER_SECONDS;
}

/** Whether connections to the database are encrypted, and whether the server's certificate and name are checked. */
export type DatabaseTls = 'off' | 'required' | 'verified';

export interface DatabaseServer {
  /** Host name, IPv4 address, or IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
}

/** At least one. */
export type DatabaseServers = readonly [DatabaseServer, ...DatabaseServer[]];

/** Where a database is and how the driver should behave. */
export interface JdbcTarget {
  readonly servers: DatabaseServers;
  /** Whether one server takes over from another, among these or behind the name of the only one. */
  readonly failsOver: boolean;
  /** Name of the database, or of the service that all schemas are in. */
  readonly database: string;
  readonly tls: DatabaseTls;
}

/** Where the schema job has the certificates of the authorities that the user has named. */
export const DATABASE_AUTHORITIES_FILE = '/database-authorities.pem';

/**
 * Of MySQL and MariaDB, whose servers become read-only with connections open: more than one row where one is expected is an error. MariaDB
 * from 12 has words for the values.
 */
export const FAILS_WHERE_READ_ONLY =
  "SELECT IF(CONCAT(@@GLOBAL.read_only) IN ('0', 'OFF'), 1, (SELECT 1 UNION SELECT 2))";

/** For those that compare text without regard to case: the user store must not do it again. */
export const CASE_SENSITIVE_USER_STORE: TomlTable = {
  user_store: { properties: { CaseInsensitiveUsername: false, UseCaseSensitiveUsernameForCacheKeys: false } },
};
