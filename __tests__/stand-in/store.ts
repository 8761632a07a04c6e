/** A record of the stand-in; what is in it depends on its kind. */
export type Value = Readonly<Record<string, unknown>>;

/** What all nodes share: records, and a bus between the nodes. */
export interface Store {
  get(kind: string, key: string): Promise<Value | undefined>;
  put(kind: string, key: string, value: Value): Promise<void>;
  /** @returns false when the key is taken */
  insert(kind: string, key: string, value: Value): Promise<boolean>;
  remove(kind: string, key: string): Promise<void>;
  list(kind: string): Promise<[string, Value][]>;
  publish(message: string): Promise<void>;
  subscribe(listener: (message: string) => void): void;
  close(): Promise<void>;
}

/** A store in memory, for nodes of one process. */
export class MemoryStore implements Store {
  private readonly records = new Map<string, string>();
  private readonly listeners: ((message: string) => void)[] = [];

  async get(kind: string, key: string): Promise<Value | undefined> {
    const text = this.records.get(`${kind} ${key}`);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async put(kind: string, key: string, value: Value): Promise<void> {
    this.records.set(`${kind} ${key}`, JSON.stringify(value));
  }

  async insert(kind: string, key: string, value: Value): Promise<boolean> {
    if (this.records.has(`${kind} ${key}`)) return false;
    await this.put(kind, key, value);
    return true;
  }

  async remove(kind: string, key: string): Promise<void> {
    this.records.delete(`${kind} ${key}`);
  }

  async list(kind: string): Promise<[string, Value][]> {
    return [...this.records]
      .filter(([name]) => name.startsWith(`${kind} `))
      .map(([name, text]) => [name.slice(kind.length + 1), JSON.parse(text)]);
  }

  async publish(message: string): Promise<void> {
    for (const listener of this.listeners) listener(message);
  }

  subscribe(listener: (message: string) => void): void {
    this.listeners.push(listener);
  }

  async close(): Promise<void> {
    this.records.clear();
  }
}
