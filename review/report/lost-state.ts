/** What is there on the engine, and serves, although the state of its stack does not know it. */
export interface LostState {
  readonly stack: string;
  /** Names on the engine. */
  readonly resources: readonly string[];
}

/** What to do about a lost state. */
export function waysBack(environment: string): string {
  return `Put the lost state back, or take what runs into a new one: make adopt ENVIRONMENT=${environment}`;
}
