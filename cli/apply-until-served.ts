import type { CommandContext } from './command';
import { lockUnusedLogin } from './database-password';
import { loginsOnEngine } from './database-rotation';
import { waitUntilClientsAreServed } from './published/wait';
import { applyAll } from './rollout';
import { waitUntilAllServe } from './rotation';
import type { TerraformStackRunner } from './terraform';

/** Applies saved plans, and ends when every node takes traffic and a client is served. */
export async function applyUntilServed(
  context: CommandContext,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  await applyAll(context, changed);
  await waitUntilServed(context);
}

/**
 * Ends when every node takes traffic and a client is served. The database login that no node uses any more is locked as soon as all nodes
 * take traffic, also where an earlier run did not come so far.
 */
export async function waitUntilServed(context: CommandContext): Promise<void> {
  await waitUntilAllServe(context);
  await lockUnusedLogin(loginsOnEngine(context));
  await waitUntilClientsAreServed(context);
}
