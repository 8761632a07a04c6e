import { Client, Pool, type PoolConfig } from 'pg';
import type { Store, Value } from './store';

const CHANNEL = 'stand_in';

/** The store in the pair's PostgreSQL; NOTIFY is the bus between the nodes. */
export class PostgresStore implements Store {
  private readonly pool: Pool;
  private listener: Client | undefined;
  private readonly listeners: ((message: string) => void)[] = [];

  constructor(private readonly config: PoolConfig) {
    this.pool = new Pool({ ...config, max: 10 });
    // A connection that the database ends is replaced at the next use.
    this.pool.on('error', () => {});
  }

  async open(): Promise<this> {
    await this.listen();
    return this;
  }

  async get(kind: string, key: string): Promise<Value | undefined> {
    const { rows } = await this.pool.query('SELECT value FROM stand_in WHERE kind = $1 AND key = $2', [kind, key]);
    return rows[0]?.value;
  }

  async put(kind: string, key: string, value: Value): Promise<void> {
    const statement = `INSERT INTO stand_in VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET value = $3`;
    await this.pool.query(statement, [kind, key, value]);
  }

  async insert(kind: string, key: string, value: Value): Promise<boolean> {
    const statement = 'INSERT INTO stand_in VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO NOTHING';
    return (await this.pool.query(statement, [kind, key, value])).rowCount === 1;
  }

  async remove(kind: string, key: string): Promise<void> {
    await this.pool.query('DELETE FROM stand_in WHERE kind = $1 AND key = $2', [kind, key]);
  }

  async list(kind: string): Promise<[string, Value][]> {
    const { rows } = await this.pool.query('SELECT key, value FROM stand_in WHERE kind = $1', [kind]);
    return rows.map(({ key, value }) => [key, value]);
  }

  async publish(message: string): Promise<void> {
    await this.pool.query('SELECT pg_notify($1, $2)', [CHANNEL, message]);
  }

  subscribe(listener: (message: string) => void): void {
    this.listeners.push(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.listener?.end();
    await this.pool.end();
  }

  private closed = false;

  private async listen(): Promise<void> {
    const client = new Client(this.config);
    client.on('notification', ({ payload = '' }) => {
      for (const listener of this.listeners) listener(payload);
    });
    client.on('error', () => {
      if (!this.closed) setTimeout(() => this.listen().catch(() => client.emit('error', new Error('again'))), 1000);
    });
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    this.listener = client;
    // What was said while nobody listened is unknown: nothing that is cached may be trusted.
    for (const listener of this.listeners) listener('*');
  }
}
