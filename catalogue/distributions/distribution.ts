import type { DatabaseEngine } from '../database-engines';
import type { TomlTable } from '../toml';
import type { AcceleratorRelease } from './accelerator-template';

/**
 * One thing that can run on the nodes. Everything that differs from one distribution or version to the next is data here;
 * nothing else in the project asks for a version.
 */
export interface Distribution {
  /** One sentence: what it is. */
  readonly description: string;
  /** What it does not have, for people who compare. */
  readonly lacks: readonly string[];
  /** Images when the configuration names none; `sandbox` means the ones that this project builds. */
  readonly images: 'sandbox' | { readonly identityServer: string; readonly loadBalancer: string };
  /** Databases whose JDBC driver is in the image already. For another, an image with its driver is built. */
  readonly bundledDrivers: readonly DatabaseEngine[];
  /** Databases that it can work with. @default - all */
  readonly databaseEngines?: readonly DatabaseEngine[];
  /** The accelerator that must be merged into the image, if one must: its release, and the version that its template is for. */
  readonly accelerator?: { readonly release: AcceleratorRelease; readonly server: string };
  /** uid:gid of the server's user in the image. */
  readonly owner: string;
  /** Home directory of that user, where the image's entry point and the two overlay directories are. */
  readonly home: string;
  /** Major version of the image's JDK. */
  readonly java: 11 | 17 | 21;
  /** Type and file extension of keystore and truststore. */
  readonly stores: { readonly type: 'PKCS12' | 'JKS'; readonly extension: 'p12' | 'jks' };
  /** Length of `[encryption] key`. Undefined where the server takes its key from the keystore. */
  readonly encryptionKeyBytes?: 16 | 32;
  /** Whether the nodes form a Hazelcast cluster. */
  readonly clusters: boolean;
  /** Whether a node answers the load balancer, the nodes and itself alone. */
  readonly refusesStrangers: boolean;
  /** Administrator of the first start when the configuration names none. */
  readonly adminUsername: string;
  /** Whether user names are e-mail addresses. */
  readonly emailUsernames: boolean;
  /** GET request that answers 200 only when the server has started and can work. */
  readonly healthPath: string;
  /** Where administrators log in. */
  readonly consolePath: string;
  /** Version whose schema the databases have. Servers of another one may not run on it; updates of one version keep it. */
  readonly schemaVersion: string;
  /** Databases in the order of their creation. */
  readonly databases: readonly DistributionDatabase[];
  /** Connections that each datasource of each node may open when the configuration does not say. */
  readonly poolSize: number;
  /** Key paths of switches that start a scheduled job. They are on for node 1 alone: the job must run once in the cluster. */
  readonly scheduledJobs: readonly string[];
  /** The distribution's own part of deployment.toml, below the keys that the topology owns. */
  readonly deploymentToml: (site: Site) => TomlTable;
  /** Paths whose requests may be processed twice without harm. */
  readonly replayablePaths: readonly ReplayablePath[];
  /** Paths at which passwords and codes can be guessed and tokens are made; one that ends in "/" stands for all below it. */
  readonly guessablePaths: readonly string[];
}

/** What a distribution's own part of deployment.toml may refer to. */
export interface Site {
  /** The load balancer's public name. */
  readonly hostname: string;
  /** The URL that users see, with a port only where it is not 443. */
  readonly url: string;
  /** The load balancer's public HTTPS port. */
  readonly httpsPort: number;
  /** Whether the environment is a protected one. */
  readonly protected: boolean;
  /** Regular expression of the addresses from which a node believes who the client is. */
  readonly proxies: string;
  /** Header with the client certificate that the load balancer has verified. @default - no client is asked for one */
  readonly clientCertificateHeader?: string;
  /** Name of the key that signs, in the primary keystore. */
  readonly signingAlias: string;
}

export interface DistributionDatabase {
  readonly name: string;
  /** Folders below the server home with one script for each DBMS (`<dialect>.sql`), in the order in which they run. */
  readonly scripts: readonly string[];
  /** Scripts of ours below `runtime/schema-fixes/<dialect>/` that run after them, where the dialect has one of that name. */
  readonly fixes: readonly string[];
  readonly datasources: readonly Datasource[];
}

/** A connection pool of the server: one of its built-in tables, or an entry of the list `[[datasource]]`. */
export type Datasource = { readonly table: string; readonly jndi: string } | { readonly id: string };

/** The name under which the server finds the pool. */
export function jndiName(datasource: Datasource): string {
  return 'id' in datasource ? `jdbc/${datasource.id}` : datasource.jndi;
}

export interface ReplayablePath {
  readonly path: string;
  /** Why a repeat is harmless. */
  readonly reason: string;
}

/** Layout of the official images, which the sandbox's keeps. */
export const OFFICIAL_LAYOUT = { owner: '802:802', home: '/home/wso2carbon' } as const;
