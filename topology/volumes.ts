import type { Mount } from './container';
import { volumeName } from './names';

/** What a volume is for, in the order in which pictures and backups list them. */
export type VolumePurpose =
  | 'certificateAuthority'
  | 'identityServerSecrets'
  | 'databaseSecrets'
  | 'keystores'
  | 'loadBalancerCertificates'
  | 'schemaScripts'
  | 'databaseData'
  | 'loadBalancerConfiguration'
  | 'protection'
  | 'sharedFiles';

/** One row of the table of volumes: everything that is decided about a volume, for whoever creates, mounts, judges or saves it. */
export interface VolumeTopology {
  /** Name on the engine. */
  readonly name: string;
  /** The name without the environment's; in a backup the folder with its files. */
  readonly purpose: string;
  /** Component that its label names. */
  readonly component: 'keystore' | 'schema' | 'database' | 'load-balancer' | 'protection' | 'shared-files';
  /** What is in it: secrets, keys and certificates; the database's data; files that all nodes write; what is made again at need. */
  readonly kind: 'secrets' | 'data' | 'shared' | 'scratch';
  /** uid:gid that its files belong to. */
  readonly owner: string;
  /** What is lost with it; lower case, no full stop. Undefined where a job fills it again. */
  readonly loss?: string;
  /** Whether it holds what nobody can make again and `make backup` therefore keeps. The database has backups of its own. */
  readonly backedUp: boolean;
  /** Containers that write it, by name, with the path at which each has it. */
  readonly writers: Readonly<Record<string, string>>;
  /** Containers that only read it. */
  readonly readers: Readonly<Record<string, string>>;
}

export type VolumesTopology = Readonly<Record<VolumePurpose, VolumeTopology>>;

/** Who mounts volumes: container names, and where each has what it shares with others. */
export interface VolumeUsers {
  readonly secretsJob: string;
  readonly keystoresJob: string;
  readonly sharedFilesJob: string;
  readonly loadBalancerConfigurationJob: string;
  /** Undefined where the schemas are the user's own affair. */
  readonly schemaJobs?: { readonly scripts: string; readonly run: string };
  /** Undefined where the database is a server of the user's. */
  readonly database?: { readonly name: string; readonly dataPath: string };
  readonly nodes: readonly string[];
  readonly loadBalancer: string;
  readonly owners: Readonly<Record<'database' | 'server' | 'loadBalancer', string>>;
  readonly nodePaths: { readonly secrets: string; readonly keystores: string; readonly sharedFiles: string };
}

/** Where the load balancer has its certificate, its key and the certificate authority. */
export const CERTIFICATES_PATH = '/etc/nginx/certificates';
/**
 * Files of the certificate that clients see, and of its key. One that is issued is named after its host name, so that it changes with
 * the configuration that names it, and not before: until then the name before is served with its own.
 */
export function publicCertificate(
  certificate: 'issued' | 'supplied',
  hostname: string,
): { readonly certificateFile: string; readonly keyFile: string } {
  const path = `${CERTIFICATES_PATH}/${certificate === 'supplied' ? 'tls' : hostname}`;
  return { certificateFile: `${path}.crt`, keyFile: `${path}.key` };
}

/** Where the load balancer has its configuration; `current` leads to the revision that is installed. */
export const CONFIGURATION_PATH = '/etc/nginx/active-active';
/** Where the database's container has its passwords. */
export const DATABASE_SECRETS_PATH = '/run/database-secrets';

const ROOT = '0:0';

/** The table of volumes of one environment. */
export function volumesTopology(environment: string, users: VolumeUsers): VolumesTopology {
  const { owners, nodePaths, schemaJobs, database } = users;
  const row = (
    purpose: string,
    rest: Pick<VolumeTopology, 'kind' | 'component' | 'owner' | 'loss' | 'writers' | 'readers'> & {
      backedUp?: boolean;
    },
  ): VolumeTopology => ({ backedUp: false, ...rest, name: volumeName(environment, purpose), purpose });
  const nodes = (path: string) => Object.fromEntries(users.nodes.map((name) => [name, path]));
  return {
    certificateAuthority: row('certificate-authority', {
      kind: 'secrets',
      component: 'keystore',
      owner: ROOT,
      loss: 'the certificate authority is lost; every client must trust a new one',
      backedUp: true,
      writers: { [users.keystoresJob]: '/certificate-authority' },
      readers: {},
    }),
    identityServerSecrets: row('identity-server-secrets', {
      kind: 'secrets',
      component: 'keystore',
      owner: owners.server,
      loss: 'passwords and the encryption key are lost; what was encrypted with it cannot be read again',
      backedUp: true,
      writers: { [users.secretsJob]: '/identity-server-secrets' },
      readers: { [users.keystoresJob]: '/identity-server-secrets', ...nodes(nodePaths.secrets) },
    }),
    databaseSecrets: row('database-secrets', {
      kind: 'secrets',
      component: 'keystore',
      owner: owners.database,
      loss: "the database's passwords are lost; new ones do not open the database that is there",
      backedUp: true,
      writers: { [users.secretsJob]: '/database-secrets' },
      readers: {
        ...(database && { [database.name]: DATABASE_SECRETS_PATH }),
        ...(schemaJobs && { [schemaJobs.run]: '/database-secrets' }),
      },
    }),
    keystores: row('keystores', {
      kind: 'secrets',
      component: 'keystore',
      owner: owners.server,
      loss: 'the signing key is lost; tokens that were issued cannot be verified',
      writers: { [users.keystoresJob]: '/keystores' },
      readers: nodes(nodePaths.keystores),
    }),
    loadBalancerCertificates: row('load-balancer-certificates', {
      kind: 'secrets',
      component: 'keystore',
      owner: owners.loadBalancer,
      loss: 'the certificate of the load balancer is lost and a new one is issued',
      backedUp: true,
      writers: { [users.keystoresJob]: '/load-balancer-certificates' },
      readers: {
        [users.loadBalancerConfigurationJob]: CERTIFICATES_PATH,
        [users.loadBalancer]: CERTIFICATES_PATH,
      },
    }),
    schemaScripts: row('schema-scripts', {
      kind: 'scratch',
      component: 'schema',
      owner: ROOT,
      writers: { ...(schemaJobs && { [schemaJobs.scripts]: '/schema-scripts' }) },
      readers: { ...(schemaJobs && { [schemaJobs.run]: '/schema-scripts' }) },
    }),
    databaseData: row('database-data', {
      kind: 'data',
      component: 'database',
      owner: owners.database,
      loss: 'all users, sessions, consents and tokens in the database are lost',
      writers: { ...(database && { [database.name]: database.dataPath }) },
      readers: {},
    }),
    loadBalancerConfiguration: row('load-balancer-configuration', {
      kind: 'scratch',
      component: 'load-balancer',
      owner: ROOT,
      writers: { [users.loadBalancerConfigurationJob]: CONFIGURATION_PATH },
      readers: { [users.loadBalancer]: CONFIGURATION_PATH },
    }),
    // Empty: that it is there says that what runs is protected, until a plan that removes it has been applied.
    protection: row('protection', { kind: 'scratch', component: 'protection', owner: ROOT, writers: {}, readers: {} }),
    sharedFiles: row('shared-files', {
      kind: 'shared',
      component: 'shared-files',
      owner: owners.server,
      loss: 'the secondary user stores and the files of tenants that were made in a console are lost',
      backedUp: true,
      writers: { [users.sharedFilesJob]: '/shared-files', ...nodes(nodePaths.sharedFiles) },
      readers: {},
    }),
  };
}

/** What one container mounts, in the order of the table. */
export function mountsOf(volumes: VolumesTopology, container: string): Mount[] {
  return Object.values(volumes).flatMap(({ name, writers, readers }): Mount[] => {
    const written = writers[container];
    if (written !== undefined) return [{ volume: name, path: written, readOnly: false }];
    const read = readers[container];
    return read === undefined ? [] : [{ volume: name, path: read, readOnly: true }];
  });
}

/** The volumes that the environment has: of the others only an earlier configuration may have left one. */
export function declaredVolumes(volumes: VolumesTopology): VolumeTopology[] {
  return Object.values(volumes).filter(({ writers }) => Object.keys(writers).length > 0);
}
