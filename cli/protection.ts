import type { Topology } from '../topology/topology';
import type { CommandContext } from './command';
import { UserError } from './setup/errors';

/** @throws UserError for an environment whose file says that it is protected, whatever is to destroy it */
export function requireUnprotected({ environment, protected: isProtected }: Topology, again: string): void {
  if (!isProtected) return;
  throw new UserError(
    `${environment} is protected: it has protected = true in its configuration, so it is not destroyed. To destroy it on purpose, set protected = false, have that reviewed and applied (make plan, make apply), then run "${again}" again.`,
  );
}

/** What is deployed decides, not what the file says since. @throws UserError where it is protected and no plan has lifted that */
export async function requireLifted(
  { topology, engine }: Pick<CommandContext, 'topology' | 'engine'>,
  again: string,
): Promise<void> {
  if (topology.protected || !(await engine.names('volume')).includes(topology.volumes.protection.name)) return;
  throw notLifted(topology, again);
}

/** Says that what is deployed is protected, and how that is lifted. */
export function notLifted({ environment }: Pick<Topology, 'environment'>, again: string): UserError {
  return new UserError(
    [
      `${environment} is protected: it was applied with protected = true, and no plan that lifts it has been applied since. Nothing was changed.`,
      'To lift it, with protected = false as the only change:',
      `  make plan ENVIRONMENT=${environment}, and have its report reviewed`,
      `  make apply ENVIRONMENT=${environment} PLAN=<digest from the report>`,
      `Then run "${again}" again. To keep it, set protected = true again.`,
    ].join('\n'),
  );
}
