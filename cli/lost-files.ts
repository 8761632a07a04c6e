import { clientOf } from '../topology/platform';
import { referencedSecrets, suppliedName } from '../topology/secrets';
import type { Topology } from '../topology/topology';

/** A file in a volume, by the volume's purpose. */
export interface VolumeFile {
  readonly purpose: string;
  readonly file: string;
}

/** A file that was changed by hand and that no job can make again. */
export interface LostFile extends VolumeFile {
  /** How it comes back, in words with a command. */
  readonly way: string;
}

/**
 * Of files that were changed by hand, those that nothing else has and that are needed. The jobs that fill the volumes know the same and
 * refuse, also where nobody asks here; what they can make again, or have a copy of, they repair.
 */
export function irreplaceable(topology: Topology, changed: readonly VolumeFile[]): LostFile[] {
  const { environment, volumes, database, jobs, nodes, loadBalancer, platform } = topology;
  const current = database.logins.current.secret;
  const isChanged = (purpose: string, file: string) =>
    changed.some((other) => other.purpose === purpose && other.file === file);
  const servers = volumes.identityServerSecrets.purpose;
  const supplied = volumes.loadBalancerCertificates.purpose;
  const referenced = referencedSecrets(nodes);
  const needed = ['ADMIN_PASSWORD', 'KEYSTORE_PASSWORD', ...referenced, ...referenced.map(suppliedName)];
  const fromBackup = (purpose: string, file: string) => {
    const name = suppliedName(file.replace(/\.revision$/, ''));
    const stored = file.replace(/\.revision$/, '');
    return `put it back from a backup: tar -xOf keys.tar ./${environment}/${purpose}/${stored} | make import-secret ENVIRONMENT=${environment} NAME=${name}`;
  };
  const wayOf = ({ purpose, file }: VolumeFile): string | undefined => {
    switch (purpose) {
      case volumes.databaseSecrets.purpose: {
        // The servers' volume has the password as well.
        const lost = file === current ? isChanged(servers, file) : isOneOf(file, [`${current}.revision`, ADMIN]);
        return lost ? fromBackup(purpose, file) : undefined;
      }
      case servers:
        return isOneOf(file, needed) && !isOneOf(file, REMADE) ? fromBackup(purpose, file) : undefined;
      case supplied: {
        const copy = COPIES[file];
        if (loadBalancer.certificate !== 'supplied' || copy === undefined || !isChanged(supplied, copy))
          return undefined;
        return `supply it again: make import-secret ENVIRONMENT=${environment} NAME=${file} < file.pem`;
      }
      case volumes.certificateAuthority.purpose: {
        const keys = jobs.keystores.environment.SIGNING_KEYS?.split(' ') ?? [];
        const names = ['ca', 'internal', ...keys.map((key) => (key === '1' ? 'server' : `signing-${key}`))];
        if (!names.some((name) => isOneOf(file, [`${name}.key`, `${name}.crt`]))) return undefined;
        const { name } = volumes.certificateAuthority;
        if (platform.kind === 'kubernetes') {
          return `put the Secret back from a backup: ${clientOf(platform)} delete secret ${name} && make restore ENVIRONMENT=${environment} < keys.tar && make up ENVIRONMENT=${environment}`;
        }
        return `put the volume back from a backup: docker rm ${jobs.keystores.name} && docker volume rm ${name} && make restore ENVIRONMENT=${environment} < keys.tar && make up ENVIRONMENT=${environment}`;
      }
      default:
        return undefined;
    }
  };
  return changed.flatMap((each) => {
    const way = wayOf(each);
    return way === undefined ? [] : [{ ...each, way }];
  });
}

const ADMIN = 'DATABASE_ADMIN_PASSWORD';
/** What the job makes from another secret. */
const REMADE = ['DATABASE_PASSWORD', 'DATABASE_PASSWORD_2', 'APP_PASSWORD_HASH'];
/** What Nginx reads is a copy of what was supplied. */
const COPIES: Readonly<Record<string, string>> = {
  LOAD_BALANCER_CERTIFICATE: 'tls.crt',
  LOAD_BALANCER_PRIVATE_KEY: 'tls.key',
};

function isOneOf(file: string, names: readonly string[]): boolean {
  return names.includes(file);
}

/** What somebody is told of such files of one volume. */
export function lostText(volume: string, lost: readonly LostFile[], thing: 'volume' | 'Secret' = 'volume'): string {
  const files = lost.map(({ file }) => file);
  const ways = [...new Set(lost.map(({ way }) => way))];
  return `${files.join(', ')} in the ${thing} ${volume} ${files.length > 1 ? 'were' : 'was'} changed or removed by hand, and nothing else has ${files.length > 1 ? 'them' : 'it'}; ${ways.join('; ')}`;
}
