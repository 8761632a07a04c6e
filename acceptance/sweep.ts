import { Client } from './client';
import { applicationsNamed, deleteApplication } from './product/applications';
import { found, GROUPS, ROLES, remove, USERS } from './product/directory';
import { IDENTITY_PROVIDERS, identityProvidersNamed } from './product/identity-providers';
import type { Target } from './target';

/** A kind of thing that checks create: how those of a run are found and removed. */
interface Kind {
  readonly name: string;
  readonly find: (admin: Client, prefix: string) => Promise<string[]>;
  readonly remove: (admin: Client, id: string) => Promise<void>;
}

/** In the order of their removal: what refers to others comes first. */
const KINDS: readonly Kind[] = [
  directory('group', GROUPS, 'displayName'),
  directory('role', ROLES, 'displayName'),
  directory('user', USERS, 'userName'),
  { name: 'application', find: applicationsNamed, remove: deleteApplication },
  {
    name: 'identity provider',
    find: identityProvidersNamed,
    remove: (admin, id) => remove(admin, `${IDENTITY_PROVIDERS}/${id}`),
  },
];

function directory(name: string, path: string, attribute: string): Kind {
  return {
    name,
    find: (admin, prefix) => found(admin, path, `${attribute} sw ${prefix}`),
    remove: (admin, id) => remove(admin, `${path}/${id}`),
  };
}

/** What has the prefix, in words such as `2 users`. */
export async function leftovers(admin: Client, prefix: string): Promise<string[]> {
  const left: string[] = [];
  for (const kind of KINDS) {
    const { length } = await kind.find(admin, prefix);
    if (length > 0) left.push(`${length} ${kind.name}${length === 1 ? '' : 's'}`);
  }
  return left;
}

/**
 * Removes what has the prefix, whoever made it: it is found by its name, so that a run that was cut off is cleaned up as well.
 *
 * @param node that is asked as long as it takes traffic. @default - whichever the load balancer chooses
 * @returns what could not be removed and why, one sentence for each kind
 */
export async function sweep(target: Target, prefix: string, node?: string): Promise<string[]> {
  const admin = new Client(target, { node, basic: target.administrator }).unpin();
  const problems: string[] = [];
  for (const kind of KINDS) {
    try {
      // One page of a list at a time, until nothing new comes.
      const removed = new Set<string>();
      for (let ids = await kind.find(admin, prefix); ids.length > 0; ids = await kind.find(admin, prefix)) {
        if (ids.every((id) => removed.has(id))) throw new Error('it was deleted, but is still listed');
        for (const id of ids) await kind.remove(admin, id);
        for (const id of ids) removed.add(id);
      }
    } catch (error) {
      problems.push(`every ${kind.name} named ${prefix}…: ${error instanceof Error ? error.message : error}`);
    }
  }
  admin.close();
  return problems;
}
