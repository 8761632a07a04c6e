import type { Bars, Fault } from '../chaos/fault';
import type { Pair } from '../chaos/pair';
import { Operator } from './operator';

/** Something that people do to an environment, and what must come of it. */
export interface Mistake {
  /** Name in reports, and for choosing. */
  readonly name: string;
  /** What somebody does; a sentence without its full stop. */
  readonly done: string;
  /** How it is brought back; the same. */
  readonly back: string;
  readonly bars: Bars;
  readonly prepare?: Fault['prepare'];
  /** Makes the mistake, asks the commands, brings it back. */
  readonly make: (operator: Operator, pair: Pair) => Promise<void>;
}

/** As what `inject` does under load. Whatever the mistake, the pair is well afterwards and there is nothing left to change. */
export function faultOf({ name, done, bars, prepare, make }: Mistake): Fault {
  return {
    name,
    done,
    // How long an answer takes is for the fault suite, which has the machine to itself.
    bars: { ...bars, slow: 'any' },
    prepare,
    inject: async (pair, note) => {
      const operator = new Operator(pair, note);
      await make(operator, pair);
      await pair.untilHealthy();
      await operator.nothingToChange();
    },
  };
}
