/** Who can take a node away and bring it back. A client cannot: whoever runs the suite hands it one, or the checks with faults are skipped. */
export interface Operator {
  /** As a deployment does: the node ends what is under way. Returns when it has stopped. */
  stop(node: string): Promise<void>;
  /** As a lack of memory does: at once. */
  kill(node: string): Promise<void>;
  /** As a hanging machine does: it keeps its connections and answers nothing. */
  freeze(node: string): Promise<void>;
  /** Brings it back from each of these; returns at once. */
  start(node: string): Promise<void>;
}

export type Fault = Exclude<keyof Operator, 'start'>;
