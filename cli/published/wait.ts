import type { CommandContext } from '../command';
import { waitUntilAllServe } from '../rotation';
import { print, step } from '../setup/progress';
import { askAsClient, type Published } from './published';
import { askUntil, notServed, SETTLE_SECONDS } from './until-served';
import { whoAnswers } from './who-answers';

/** A connection that is refused for so long is not one that a restart is about to accept. */
const REFUSED_SECONDS = 5;

/**
 * Waits until a client is served at the published address. Where nobody gets a connection although the load balancer is well, the
 * engine's proxy of the port has died: the load balancer is restarted, which only the engine's side of it needs.
 *
 * @throws UserError with what stands between, when a client is not served
 */
export async function waitUntilClientsAreServed(context: CommandContext): Promise<void> {
  await step('Ask as a client does', async () => {
    let published = await untilServed(context);
    if (published.unreachable && (await restartBalancer(context, published))) {
      await waitUntilAllServe(context);
      published = await untilServed(context);
    }
    if (published.served) return;
    const who = whoAnswers(context.topology, published);
    throw notServed(context.topology, published, who ? [`${who}.`] : []);
  });
}

function untilServed({ topology, engine }: CommandContext): Promise<Published> {
  return askUntil(
    () => askAsClient(topology, engine),
    ({ served, unreachable }) => (served ? 0 : unreachable ? REFUSED_SECONDS : SETTLE_SECONDS),
  );
}

/**
 * Every node takes traffic when this is asked, so none is about to leave, and the restart forgets no request to be drained.
 *
 * @returns whether it was restarted
 */
async function restartBalancer({ topology, engine }: CommandContext, { reason }: Published): Promise<boolean> {
  const { containerName, stopSeconds } = topology.loadBalancer;
  const balancer = (await engine.containers()).find(({ name }) => name === containerName);
  if (!balancer?.running || balancer.paused || balancer.health !== 'healthy') return false;
  print(
    `${reason}, although ${containerName} is healthy: the engine no longer hands connections on. It is restarted; no client gets through now, so nobody is interrupted.`,
  );
  await step(`Restart ${containerName}`, () => engine.docker('restart', '--time', String(stopSeconds), containerName));
  return true;
}
