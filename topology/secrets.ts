import { externalServers } from '../environment/database';
import type { Environment } from '../environment/schema';
import type { NodeTopology } from './node';
import { POD_ADDRESS } from './places';

/** Secrets that are the load balancer's alone; they are beside its certificates, where no node can read them. */
export const LOAD_BALANCER_SECRETS: readonly string[] = ['LOAD_BALANCER_CERTIFICATE', 'LOAD_BALANCER_PRIVATE_KEY'];

/** Names of the variables that the nodes' files refer to: every one is a secret, but a pod's own address. */
export function referencedSecrets(nodes: readonly NodeTopology[]): string[] {
  const texts = nodes
    .flatMap(({ files }) => Object.entries(files))
    .filter(([path]) => path.endsWith('/deployment.toml'));
  const names = [
    ...new Set(texts.flatMap(([, text]) => [...text.matchAll(/\$env\{(\w+)\}/g)].map(([, name]) => name as string))),
  ];
  return names.filter((name) => name !== POD_ADDRESS);
}

/** The name under which a secret is supplied: a hash is made from its password, and of two logins that alternate one is today's. */
export function suppliedName(secret: string): string {
  return { APP_PASSWORD_HASH: 'APP_PASSWORD', DATABASE_PASSWORD_2: 'DATABASE_PASSWORD' }[secret] ?? secret;
}

/** The secrets of a database server that is already there: whoever runs it has chosen them. */
export function suppliedSecrets({ database }: Environment): string[] {
  if (externalServers(database) === undefined) return [];
  return ['DATABASE_PASSWORD', ...(database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [])];
}

/** All secrets, where the environment is protected and nothing accepts that they are generated. */
export function requiredSecrets(
  { protected: isProtected, policy, database }: Environment,
  nodes: readonly NodeTopology[],
) {
  if (!isProtected || policy.suppressions.some(({ rule }) => rule === 'secrets-supplied')) return [];
  const referenced = referencedSecrets(nodes).map(suppliedName);
  const administrator = database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [];
  return [...new Set(['DATABASE_PASSWORD', ...administrator, 'ADMIN_PASSWORD', 'KEYSTORE_PASSWORD', ...referenced])];
}
