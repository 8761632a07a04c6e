import { randomBytes } from 'node:crypto';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { createAuthority, issue } from '../support/certificates';
import { type Place, type PlaceName, placeOf } from '../support/places';
import { docker, eventually, psql, removeAll } from '../support/workspace';

/** Server's own start, or that of a copy of PRIMARY; both with TLS. */
const START = `set -eu
umask 077
printf '%s' "$TLS_KEY" >/tmp/server.key
printf '%s' "$TLS_CERTIFICATE" >/tmp/server.crt
if [ -n "\${PRIMARY:-}" ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  chmod 700 "$PGDATA"
  PGPASSWORD=$REPLICATION_PASSWORD pg_basebackup -h "$PRIMARY" -U replicator -D "$PGDATA" -R -X stream -c fast
fi
exec docker-entrypoint.sh postgres -c max_connections=400 -c wal_keep_size=512MB \\
  -c ssl=on -c ssl_cert_file=/tmp/server.crt -c ssl_key_file=/tmp/server.key`;

const PORT = 5432;
const LABEL = ['--label', 'wso2-is-active-active.test=1'];

export interface DatabaseServerUnderTest {
  readonly container: string;
  /** Where the nodes reach it: its address in the network of the pair, or where it is published. */
  readonly address: string;
  /** Port there. */
  readonly port: number;
  /** Address in the network of the two servers alone. */
  readonly among: string;
}

/**
 * Two PostgreSQL servers as a bank's database team runs them: a primary that acknowledges nothing before its standby has it, and a
 * standby that somebody promotes. They have a network of their own, and are attached to the pair's or published for it.
 */
export class ReplicatedDatabase {
  readonly servers: readonly [DatabaseServerUnderTest, DatabaseServerUnderTest];
  password = randomBytes(12).toString('hex');
  private replicationPassword = randomBytes(12).toString('hex');
  private readonly own: Place;
  private writing = 0;
  private identities: { readonly certificate: string; readonly key: string }[] = [];
  /** Certificate of the authority that has issued the servers', PEM. */
  authority = '';

  /** @param reached in what network of the nodes they are, or on what address of this machine and from what port on */
  constructor(
    name: PlaceName,
    private readonly reached: { readonly pair: Place } | { readonly address: string; readonly port: number },
  ) {
    this.own = placeOf(name);
    const server = (number: number): DatabaseServerUnderTest => ({
      container: `${this.own.name}-${number}`,
      ...('pair' in reached
        ? { address: `${reached.pair.network}.${3 + number}`, port: PORT }
        : { address: reached.address, port: reached.port + number - 1 }),
      among: `${this.own.network}.${3 + number}`,
    });
    this.servers = [server(1), server(2)];
  }

  get primary(): DatabaseServerUnderTest {
    return this.servers[this.writing] as DatabaseServerUnderTest;
  }

  get standby(): DatabaseServerUnderTest {
    return this.servers[1 - this.writing] as DatabaseServerUnderTest;
  }

  async start(): Promise<void> {
    await this.remove();
    this.writing = 0;
    const authority = await createAuthority('Database CA');
    this.authority = authority.certificate;
    this.identities = await Promise.all(
      this.servers.map(({ container, address }) => issue(authority, container, [`subjectAltName=IP:${address}`])),
    );
    await docker('network', 'create', ...LABEL, '--subnet', this.own.subnet, this.own.name);
    await this.begin(this.primary);
    await this.untilAccepting(this.primary);
    await this.sql(this.primary, `CREATE ROLE replicator REPLICATION LOGIN PASSWORD '${this.replicationPassword}'`);
    const line = 'host replication replicator all scram-sha-256';
    await docker('exec', this.primary.container, 'sh', '-c', `echo '${line}' >>"$PGDATA/pg_hba.conf"`);
    await this.sql(this.primary, 'SELECT pg_reload_conf()');
    await this.copy();
  }

  /** Takes servers over that an earlier run has left. @returns false where they are not both there */
  async resume(): Promise<boolean> {
    const running = (await docker('container', 'ls', '--format', '{{.Names}}')).split('\n');
    if (!this.servers.every(({ container }) => running.includes(container))) return false;
    const variables = await Promise.all(this.servers.map(({ container }) => variablesOf(container)));
    this.identities = variables.map(({ TLS_CERTIFICATE: certificate = '', TLS_KEY: key = '' }) => ({
      certificate,
      key,
    }));
    const [{ POSTGRES_PASSWORD = '', REPLICATION_PASSWORD = '', AUTHORITY = '' } = {}] = variables;
    this.password = POSTGRES_PASSWORD;
    this.replicationPassword = REPLICATION_PASSWORD;
    this.authority = AUTHORITY;
    this.writing = (await this.sql(this.servers[0], 'SELECT pg_is_in_recovery()')) === 'f' ? 0 : 1;
    return true;
  }

  /** Waits for the network that `make up` makes, and gives the servers their addresses in it. */
  async attach(): Promise<void> {
    if (!('pair' in this.reached)) return;
    const { name } = this.reached.pair;
    await eventually(`the network ${name} is there`, 300, async () =>
      (await docker('network', 'ls', '--format', '{{.Name}}')).split('\n').includes(name),
    );
    for (const server of this.servers) await this.attachOne(server);
  }

  /** Makes the standby the primary. Whoever does this has made sure that the other takes no more writes. */
  async promote(): Promise<void> {
    await this.sql(this.standby, 'SELECT pg_promote(true, 60)');
    this.writing = 1 - this.writing;
  }

  /** Brings the former primary back, as a copy of the new one, and has writes wait for it again. */
  async rejoin(): Promise<void> {
    await removeAll('container', [this.standby.container]);
    await this.copy();
    await this.attachOne(this.standby);
  }

  /** Statements that a server has refused because it takes no writes, from its log. */
  async refusedWrites({ container }: DatabaseServerUnderTest): Promise<number> {
    const { stderr } = await run('docker', ['logs', container]);
    return stderr.split('\n').filter((line) => line.includes('in a read-only transaction')).length;
  }

  async remove(): Promise<void> {
    for (const { container } of this.servers) await docker('rm', '--force', '--volumes', container).catch(() => '');
    await docker('network', 'rm', this.own.name).catch(() => '');
  }

  /** Has the standby begin with a copy of the primary, and from then on every commit wait for it. The copy waits for nobody when it is promoted. */
  private async copy(): Promise<void> {
    await this.begin(this.standby, this.primary);
    await this.untilAccepting(this.standby);
    await this.sql(this.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await this.sql(this.primary, 'SELECT pg_reload_conf()');
    await eventually('the standby is a synchronous one', 60, async () =>
      (await this.sql(this.primary, 'SELECT sync_state FROM pg_stat_replication')).includes('sync'),
    );
  }

  private async begin(server: DatabaseServerUnderTest, primary?: DatabaseServerUnderTest): Promise<void> {
    const { certificate = '', key = '' } = this.identities[this.servers.indexOf(server)] ?? {};
    const variables = Object.entries({
      AUTHORITY: this.authority,
      POSTGRES_PASSWORD: this.password,
      REPLICATION_PASSWORD: this.replicationPassword,
      TLS_CERTIFICATE: certificate,
      TLS_KEY: key,
      ...(primary && { PRIMARY: primary.among }),
    }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const published = 'pair' in this.reached ? [] : ['--publish', `${server.address}:${server.port}:${PORT}`];
    const place = ['--name', server.container, '--network', this.own.name, '--ip', server.among, ...published];
    const program = ['--user', '999:999', '--entrypoint', 'bash', sandboxImageTags().postgresql, '-c', START];
    await docker('run', '--detach', ...LABEL, ...place, ...variables, ...program);
  }

  private async attachOne({ container, address }: DatabaseServerUnderTest): Promise<void> {
    if ('pair' in this.reached) await docker('network', 'connect', '--ip', address, this.reached.pair.name, container);
  }

  private async untilAccepting({ container, among }: DatabaseServerUnderTest): Promise<void> {
    // While it sets itself up it listens on no address.
    const ready = () => docker('exec', container, 'pg_isready', '--host', among).catch(() => '');
    await eventually(`${container} is ready`, 90, async () => (await ready()).includes('accepting connections'));
  }

  private sql({ container }: DatabaseServerUnderTest, statement: string): Promise<string> {
    return psql(container, 'postgres', statement);
  }
}

async function variablesOf(container: string): Promise<Readonly<Record<string, string>>> {
  const lines = JSON.parse(await docker('inspect', '--format', '{{json .Config.Env}}', container)) as string[];
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
