import type { Defects } from './defects';
import { MemoryStore, type Store, type Value } from './store';

/** As the product's caches: without a message, what is in them stays for so long. */
const EXPIRES_MS = 300_000;
const SLOW_BUS_MS = 20_000;

/** Records as one node sees them: through caches of its own, which the other nodes invalidate. */
export class Records {
  private readonly cache = new Map<string, { value: Value; until: number }>();
  private readonly local = new MemoryStore();
  private generation = 0;

  constructor(
    private readonly shared: Store,
    private readonly node: string,
    private readonly defects: Defects,
  ) {
    shared.subscribe((message) => {
      if (message === '*') this.cache.clear();
      else this.hear(JSON.parse(message));
    });
  }

  /** Through the cache. */
  async read<T extends Value>(kind: string, key: string): Promise<T | undefined> {
    return this.cached(kind, key, () => this.fresh<T>(kind, key));
  }

  /** Past the cache. */
  async fresh<T extends Value>(kind: string, key: string): Promise<T | undefined> {
    return (await this.storeOf(kind).get(kind, key)) as T | undefined;
  }

  /** What somebody computed, kept until the key is invalidated. */
  async cached<T extends Value>(
    kind: string,
    key: string,
    compute: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const name = `${kind} ${key}`;
    const hit = this.cache.get(name);
    if (hit !== undefined && hit.until > Date.now()) return hit.value as T;
    const { generation } = this;
    const value = await compute();
    // What came while it was read may have been about it.
    if (value !== undefined && generation === this.generation) {
      this.cache.set(name, { value, until: Date.now() + EXPIRES_MS });
    }
    return value;
  }

  async write(kind: string, key: string, value: Value): Promise<void> {
    const isLost = this.defects.has('lost-writes') && kind === 'user' && (await this.fresh(kind, key)) !== undefined;
    if (!isLost) await this.storeOf(kind).put(kind, key, value);
    await this.invalidate(kind, key);
    this.cache.set(`${kind} ${key}`, { value, until: Date.now() + EXPIRES_MS });
  }

  /** @returns false when the key is taken */
  insert(kind: string, key: string, value: Value): Promise<boolean> {
    return this.storeOf(kind).insert(kind, key, value);
  }

  async remove(kind: string, key: string): Promise<void> {
    await this.storeOf(kind).remove(kind, key);
    await this.invalidate(kind, key);
  }

  list<T extends Value>(kind: string): Promise<[string, T][]> {
    return this.storeOf(kind).list(kind) as Promise<[string, T][]>;
  }

  async invalidate(kind: string, key: string): Promise<void> {
    this.forget(kind, key);
    await this.shared.publish(JSON.stringify({ kind, key, from: this.node }));
  }

  private hear({ kind, key, from }: { kind: string; key: string; from: string }): void {
    if (from === this.node || this.defects.has(`stale:${kind}`)) return;
    if (this.defects.has('slow-bus')) setTimeout(() => this.forget(kind, key), SLOW_BUS_MS).unref();
    else this.forget(kind, key);
  }

  private forget(kind: string, key: string): void {
    this.generation++;
    this.cache.delete(`${kind} ${key}`);
  }

  private storeOf(kind: string): Store {
    return this.defects.has('own-database') || this.defects.has(`local:${kind}`) ? this.local : this.shared;
  }
}
