import type { CommandContext } from './command';
import { lockOtherLogin } from './database-password';
import { waitUntilClientsAreServed } from './published/wait';
import { applyAll } from './rollout';
import { waitUntilAllServe } from './rotation';
import type { TerraformStackRunner } from './terraform';

/**
 * Applies saved plans, and ends when every node takes traffic and a client is served. The database login that no node uses any more is
 * locked then.
 */
export async function applyUntilServed(
  context: CommandContext,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  await applyAll(context, changed);
  await waitUntilAllServe(context);
  await waitUntilClientsAreServed(context);
  if (changed.some(({ stack }) => stack.layer === 'node')) await lockOtherLogin(context);
}
