import { setTimeout } from 'node:timers/promises';
import type { Topology } from '../../topology/topology';
import { UserError } from '../setup/errors';
import type { Published } from './published';

/** A reload, a certificate that is taken over, a first request that wakes a node up. */
export const SETTLE_SECONDS = 20;
const SECONDS_BETWEEN_LOOKS = 1;

/**
 * Asks as a client does, again and again.
 *
 * @param patienceSeconds how long such an answer is not the last one; 0 for one that is. From the first question, or from the first one that
 * found an address to ask: what leads there is just made
 * @returns the last answer
 */
export async function askUntil(
  ask: () => Promise<Published>,
  patienceSeconds: (answer: Published) => number,
): Promise<Published> {
  let startedAt = Date.now();
  let hadNone = false;
  for (;;) {
    const now = Date.now();
    const answer = await ask();
    if (hadNone && answer.addresses.length > 0) startedAt = now;
    hadNone = answer.addresses.length === 0;
    if (Date.now() >= startedAt + patienceSeconds(answer) * 1000) return answer;
    await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
  }
}

/**
 * What is said where everything is as configured, and a client is not served all the same.
 *
 * @param further sentences about what may stand between. @default - none
 */
export function notServed(
  { environment }: Pick<Topology, 'environment'>,
  { url, addresses, reason }: Published,
  further: readonly string[] = [],
): UserError {
  const where = addresses.length === 0 ? url : `${url} at ${addresses.join(' and ')}`;
  return new UserError(
    [
      `everything is as configured, but a client of ${where} is not served as it should be: ${reason}.`,
      ...further,
      `"make status ENVIRONMENT=${environment}" says more. When the cause is gone: make up ENVIRONMENT=${environment}`,
    ].join('\n'),
  );
}
