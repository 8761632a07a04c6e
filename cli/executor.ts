/** Runs programs where an environment's servers are: what can be asked of a container and of a pod alike. */
export interface Executor {
  /**
   * Runs a program in a server and returns what it prints.
   *
   * @param server the server's name, without a number where there are several of it: one of them is asked
   * @throws CommandError where it cannot be asked, or the program fails
   */
  exec(server: string, ...command: readonly string[]): Promise<string>;
}
