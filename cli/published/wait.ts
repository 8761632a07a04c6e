import { setTimeout } from 'node:timers/promises';
import type { CommandContext } from '../command';
import { waitUntilAllServe } from '../rotation';
import { UserError } from '../setup/errors';
import { print, step } from '../setup/progress';
import { askAsClient, type Published } from './published';
import { whoAnswers } from './who-answers';

/** A reload, a certificate that is taken over, a first request that wakes a node up. */
const SETTLE_SECONDS = 20;
/** A connection that is refused for so long is not one that a restart is about to accept. */
const REFUSED_SECONDS = 5;
const SECONDS_BETWEEN_LOOKS = 1;

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
    const { environment } = context.topology;
    const who = whoAnswers(context.topology, published);
    throw new UserError(
      [
        `everything is as configured, but a client of ${published.url} at ${published.addresses.join(' and ')} is not served as it should be: ${published.reason}.`,
        ...(who ? [`${who}.`] : []),
        `"make status ENVIRONMENT=${environment}" says more. When the cause is gone: make up ENVIRONMENT=${environment}`,
      ].join('\n'),
    );
  });
}

async function untilServed({ topology, engine }: CommandContext): Promise<Published> {
  const startedAt = Date.now();
  for (;;) {
    const published = await askAsClient(topology, engine);
    const patience = published.unreachable ? REFUSED_SECONDS : SETTLE_SECONDS;
    if (published.served || Date.now() >= startedAt + patience * 1000) return published;
    await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
  }
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
