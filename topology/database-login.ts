import type { Environment } from '../environment/schema';

/** What the nodes log in to the database with. */
export interface DatabaseLogin {
  readonly role: string;
  /** Name of the secret with its password. */
  readonly secret: string;
}

export interface DatabaseLogins {
  readonly revision: number;
  /** The role that has the rights; the second one is a member of it, or has the same. */
  readonly base: string;
  /** The login of this revision. */
  readonly current: DatabaseLogin;
  /** The one before, which is also the next: nodes that are not replaced yet work with it. */
  readonly other: DatabaseLogin;
}

/**
 * Two logins with the same rights alternate, so that a new password leaves alone what nodes work with that are not replaced yet.
 */
export function databaseLogins({ database }: Pick<Environment, 'database'>): DatabaseLogins {
  const { username: base, password_revision: revision } = database;
  const first = { role: base, secret: 'DATABASE_PASSWORD' };
  const second = { role: `${base}_2`, secret: 'DATABASE_PASSWORD_2' };
  const [current, other] = revision % 2 === 1 ? [first, second] : [second, first];
  return { revision, base, current, other };
}
