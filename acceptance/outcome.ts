/** What became of a promise. Only `held` says that it was seen to hold. */
export type Outcome = 'held' | 'broken' | 'skipped' | 'unclear';

/** Ends a check early; the message is one sentence for people. */
abstract class Ending extends Error {
  abstract readonly outcome: Outcome;
}

/** The promise does not hold: the message says what was seen instead. */
export class Broken extends Ending {
  readonly outcome = 'broken';
}

/** The promise does not apply here: the message says why. */
export class Skipped extends Ending {
  readonly outcome = 'skipped';
}

/** Whether it holds could not be found out: the message says what was in the way. */
export class Unclear extends Ending {
  readonly outcome = 'unclear';
}

/** The load balancer answers with 429: what it says of requests from this address says nothing about the pair. */
export class Slowed extends Unclear {
  constructor(request: string) {
    super(
      `${request}: the load balancer slows this address down (429): give its network a higher limit in load_balancer.rate_limit.networks or load_balancer.client_limit.networks, or run the suite from an address that has one`,
    );
  }
}

/** What a thrown value means for the check that threw it. */
export function endingOf(error: unknown): { outcome: Outcome; detail: string } {
  if (error instanceof Ending) return { outcome: error.outcome, detail: error.message };
  return { outcome: 'unclear', detail: `the check itself failed: ${error instanceof Error ? error.message : error}` };
}

/** @throws Broken unless the condition holds. @param found what was seen, and what was expected */
export function expectThat(condition: boolean, found: string): asserts condition {
  if (!condition) throw new Broken(found);
}
