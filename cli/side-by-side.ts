import { setTimeout } from 'node:timers/promises';
import type { CommandContext } from './command';
import { nodesInRotation } from './rotation';
import { together } from './setup/concurrently';
import type { TerraformStackRunner } from './terraform';

const SECONDS_BETWEEN_LOOKS = 0.5;

/**
 * What is applied at the same time. A node counts as starting until the load balancer sends it traffic, which is seconds before its
 * container's health check, and then Terraform, has noticed.
 */
export class SideBySide {
  private readonly begun: Promise<void>[] = [];
  private readonly unsettled = new Set<Promise<void>>();
  private readonly coming = new Set<TerraformStackRunner>();
  private served = false;
  private broken = false;

  constructor(private readonly context: CommandContext) {}

  /** Number of nodes that come up and do not serve yet. */
  get starting(): number {
    return this.coming.size;
  }

  /** Whether a node that was begun here serves. */
  get proven(): boolean {
    return this.served;
  }

  get failed(): boolean {
    return this.broken;
  }

  get isEmpty(): boolean {
    return this.begun.length === 0;
  }

  /** @param isNode whether it is a node, which takes time to start */
  begin(runner: TerraformStackRunner, applied: Promise<void>, isNode: boolean): void {
    this.begun.push(applied);
    if (isNode) this.coming.add(runner);
    const settled = applied
      .then(
        () => this.serves(runner),
        () => {
          this.broken = true;
        },
      )
      .finally(() => this.unsettled.delete(settled));
    this.unsettled.add(settled);
  }

  /** Waits until fewer nodes are starting, or something has failed. */
  async untilFewerStart(than: number): Promise<void> {
    while (this.starting >= than && this.unsettled.size > 0 && !this.broken) {
      await Promise.race([...this.unsettled, setTimeout(SECONDS_BETWEEN_LOOKS * 1000)]);
      await this.look();
    }
  }

  /**
   * Waits until all have ended.
   *
   * @throws UserError with the messages of all that failed; any other error as it is
   */
  async end(): Promise<void> {
    await together(this.begun.splice(0));
  }

  private async look(): Promise<void> {
    const inRotation = await nodesInRotation(this.context);
    for (const runner of this.coming) if (inRotation.includes(runner.stack.name)) this.serves(runner);
  }

  private serves(runner: TerraformStackRunner): void {
    if (this.coming.delete(runner)) this.served = true;
  }
}
