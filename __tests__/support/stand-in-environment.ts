import { readFileSync } from 'node:fs';
import { type PlaceName, placeOf } from './places';
import { ensureStandInImage } from './stand-in-image';
import { docker, eventually, type MakeResult, psql, Workspace } from './workspace';

/** At the gateway of the pair's network, which is this machine. */
const BACK_CHANNEL_PORT = 18_090;

/** A pair of stand-ins behind the real load balancer, with the state in the pair's PostgreSQL. */
export class StandInEnvironment {
  readonly workspace = new Workspace();
  readonly containers: readonly string[];

  constructor(readonly name: PlaceName) {
    this.containers = [1, 2].map((number) => `${name}-node-${number}`);
  }

  /** @param defects that the nodes have from their start. @param further lines of `[identity_server]` */
  async configure(defects: readonly string[] = [], further = ''): Promise<void> {
    const { hostname, bindAddress, subnet } = placeOf(this.name);
    await this.workspace.configure(
      this.name,
      `[network]
subnet = "${subnet}"
[identity_server]
distribution = "sandbox"
image = "${await ensureStandInImage()}"
memory_mb = 1280
heap_mb = 512
deployment_toml = { stand_in = { defects = ${JSON.stringify(defects)} } }
${further}
[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
`,
    );
  }

  up(): Promise<unknown> {
    return this.workspace.make('up', this.name);
  }

  /** Switches defects of both nodes while they run. */
  async switchDefects(...defects: readonly string[]): Promise<void> {
    const said = `defects: ${defects.join(' ') || 'none'}`;
    for (const container of this.containers) {
      const since = new Date().toISOString();
      const command = 'printf %s "$1" >/tmp/stand-in-defects && kill -HUP "$(cat "$WSO2_SERVER_HOME/wso2carbon.pid")"';
      await docker('exec', container, 'sh', '-c', command, 'sh', defects.join(' '));
      await eventually(said, 10, async () => (await docker('logs', '--since', since, container)).includes(said));
    }
  }

  acceptance(variables: NodeJS.ProcessEnv = {}): Promise<MakeResult> {
    const { network } = placeOf(this.name);
    return this.workspace.tryMake('acceptance', this.name, {
      BACK_CHANNEL: `${network}.1:${BACK_CHANNEL_PORT}`,
      ...variables,
    });
  }

  /** How many things of the kinds that checks make are there. */
  count(): Promise<string> {
    const kinds =
      "kind IN ('application', 'application-name', 'group', 'idp', 'role', 'user', 'username', 'token', 'refresh')";
    const statement = `SELECT kind, count(*) FROM stand_in WHERE ${kinds} GROUP BY 1 ORDER BY 1`;
    return psql(`${this.name}-database`, 'wso2_user', statement);
  }

  /** The administrator's password, to be looked for. */
  password(): Promise<string> {
    return docker('exec', this.containers[0] ?? '', 'cat', '/run/identity-server-secrets/ADMIN_PASSWORD');
  }

  /** Everything that the last run has written. */
  reports(): string[] {
    return this.workspace.files('build/acceptance').map((file) => readFileSync(file, 'utf8'));
  }

  /** Ids of the last run's checks by their outcomes. */
  ids(outcome: string): string[] {
    return Object.entries(this.results()).flatMap(([id, result]) => (result.outcome === outcome ? [id] : []));
  }

  /** Results of the last run, by the ids of the checks. */
  results(): Readonly<Record<string, { outcome: string; detail?: string; seconds: number }>> {
    const file = this.workspace.path('build', 'acceptance', this.name, 'report.json');
    const { results } = JSON.parse(readFileSync(file, 'utf8'));
    return Object.fromEntries(results.map((result: { id: string }) => [result.id, result]));
  }
}
