import { setInterval } from 'node:timers/promises';
import { type RotationStep, Verifiers } from '../../support/jwks';
import { shownOf, signingOf } from '../../support/node-stores';
import { inspect } from '../../support/workspace';
import { type Fault, NOTHING_LOST, type Notes } from '../fault';
import type { Pair } from '../pair';

const CACHE_SECONDS = 300;
const TOKEN_SECONDS = 600;
/** What an administrator waits between two steps: until no verifier has an older key set, and no token of the old key is left. */
const BETWEEN_STEPS_SECONDS = 900;
const TICK_SECONDS = 20;

/**
 * Verifiers beside a real rotation. While a step rolls, their clock is the real one and the nodes are asked what they have; between
 * two steps it is put forward.
 */
class Watch {
  private moved = 0;
  private rolling = false;
  private nodes: RotationStep[];
  private looking = Promise.resolve();
  readonly verifiers: Verifiers;

  constructor(
    private readonly pair: Pair,
    nodes: RotationStep[],
  ) {
    this.nodes = nodes;
    const times = { cacheSeconds: CACHE_SECONDS, tokenSeconds: TOKEN_SECONDS };
    this.verifiers = new Verifiers(nodes, times, this.now());
  }

  private now(): number {
    return performance.now() / 1000 + this.moved;
  }

  private tick(): void {
    this.verifiers.tick(this.now(), this.nodes);
  }

  async during<T>(roll: () => Promise<T>): Promise<T> {
    this.rolling = true;
    this.looking = this.look();
    try {
      return await roll();
    } finally {
      this.rolling = false;
      await this.looking;
    }
  }

  /** Those that run; of a pair that rolls, one may be away. */
  private async look(): Promise<void> {
    for await (const _ of setInterval(2000)) {
      if (!this.rolling) break;
      const seen = await Promise.all(
        this.pair.nodes.map(async (node) =>
          (await this.pair.answersHealth(node)) ? signingOf(node.container).catch(() => undefined) : undefined,
        ),
      );
      const running = seen.filter((one) => one !== undefined);
      if (running.length > 0) {
        this.nodes = running;
        this.tick();
      }
    }
  }

  pass(seconds: number, nodes: RotationStep[]): void {
    this.nodes = nodes;
    for (let passed = 0; passed < seconds; passed += TICK_SECONDS) {
      this.moved += TICK_SECONDS;
      this.tick();
    }
  }
}

/** One step as its plan, which must roll, and then what both nodes have. */
async function step(pair: Pair, note: Notes, watch: Watch, keys: readonly number[]): Promise<RotationStep[]> {
  const before = await Promise.all(pair.nodes.map(({ container }) => inspect(container)));
  pair.signingKeys = keys;
  await pair.configure();
  const { stdout } = await pair.workspace.make('plan', pair.name);
  note.expect(`the plan of ${keys} does not roll`, stdout.includes('rolling, no interruption expected'));
  await watch.during(() => pair.workspace.make('apply', pair.name));
  const after = await Promise.all(pair.nodes.map(({ container }) => inspect(container)));
  note.expect(
    `a node was not replaced for ${keys}`,
    after.every(({ Id }, index) => Id !== before[index]?.Id),
  );
  return Promise.all(pair.nodes.map(({ container }) => signingOf(container)));
}

export const signingKeyRotation: Fault = {
  name: 'rotation of the signing key',
  done: `a new key is published beside the old one, then signs, then the old one goes: three plans, ${BETWEEN_STEPS_SECONDS / 60} minutes apart for verifiers that keep a key set for ${CACHE_SECONDS / 60}`,
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [old = 1] = pair.signingKeys;
    const next = old + 1;
    const alias = (key: number) => (key === 1 ? 'wso2carbon' : `wso2carbon-${key}`);
    const first = await Promise.all(pair.nodes.map(({ container }) => signingOf(container)));
    const watch = new Watch(pair, first);
    const certificates = new Map(first[0]?.entries.map((entry) => [entry.alias, entry.certificate]));
    await note.faultWindow(async () => {
      for (const keys of [[old, next], [next, old], [next]]) {
        const nodes = await step(pair, note, watch, keys);
        const [one, two] = nodes.map(shownOf);
        note.expect(`the nodes differ after ${keys}`, JSON.stringify(one) === JSON.stringify(two));
        note.expect(`after ${keys} ${one?.alias} signs`, one?.alias === alias(keys[0] as number));
        const published = Object.keys(one?.certificates ?? {});
        note.expect(`after ${keys} there are ${published}`, published.join() === keys.map(alias).sort().join());
        for (const [name, certificate] of Object.entries(one?.certificates ?? {})) {
          note.expect(`${name} has another certificate`, (certificates.get(name) ?? certificate) === certificate);
          certificates.set(name, certificate);
        }
        watch.pass(BETWEEN_STEPS_SECONDS, nodes);
      }
    });
    const { failures, issued, checks } = watch.verifiers;
    note.expect(`a token did not verify at ${failures.length} moments`, failures.length === 0);
    note.expect('no token was issued', issued > 0);
    note.remarks.push(`${issued} tokens, ${checks} checks by verifiers, ${failures.length} failed`);
  },
};
