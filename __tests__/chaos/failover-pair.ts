import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { placeOf } from '../support/places';
import { Pair, type PairSettings } from './pair';
import { ReplicatedDatabase } from './replicated-database';

const NAME = 'failover';

/** A pair whose database is two servers, of which one takes over from the other. */
export class FailoverPair extends Pair {
  readonly servers = new ReplicatedDatabase('failover-servers', { pair: placeOf(NAME) });
  private isStarted = false;

  constructor() {
    super(NAME);
    const hosts = this.servers.servers.map(({ address }) => `"${address}"`).join(', ');
    this.further = `[database]
hosts = [${hosts}]
ca_file = "database-ca.pem"
max_connections = 400
`;
  }

  override get database(): string {
    return this.servers.primary.container;
  }

  override async up(settings: PairSettings = {}): Promise<void> {
    if (this.isStarted) return super.up(settings);
    await this.servers.start();
    mkdirSync(this.workspace.path('config'), { recursive: true });
    writeFileSync(this.workspace.path('config', 'database-ca.pem'), this.servers.authority);
    await this.configure(settings);
    const secrets = {
      DATABASE_PASSWORD: randomBytes(12).toString('hex'),
      DATABASE_ADMIN_PASSWORD: this.servers.password,
    };
    for (const [secret, value] of Object.entries(secrets))
      await this.workspace.make('import-secret', this.name, { NAME: secret }, value);
    await Promise.all([super.up(settings), this.servers.attach()]);
    this.isStarted = true;
  }

  override async anew(): Promise<void> {
    // The network cannot go while they are in it.
    await this.servers.remove();
    this.isStarted = false;
    await super.anew();
  }

  override async dispose(): Promise<void> {
    await this.servers.remove();
    await super.dispose();
  }
}
