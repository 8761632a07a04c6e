import { readFileSync } from 'node:fs';
import { type PlaceName, placeOf } from './places';
import { ensureStandInImage } from './stand-in-image';
import { docker, eventually, type MakeResult, Workspace } from './workspace';

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
    return this.workspace.tryMake('acceptance', this.name, variables);
  }

  /** Results of the last run, by the ids of the checks. */
  results(): Readonly<Record<string, { outcome: string; detail?: string; seconds: number }>> {
    const file = this.workspace.path('build', 'acceptance', this.name, 'report.json');
    const { results } = JSON.parse(readFileSync(file, 'utf8'));
    return Object.fromEntries(results.map((result: { id: string }) => [result.id, result]));
  }
}
