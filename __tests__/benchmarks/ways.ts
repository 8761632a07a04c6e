import { mkdirSync, writeFileSync } from 'node:fs';
import { run } from '../../cli/setup/process';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { deriveTopology, type Topology } from '../../topology/topology';
import { Client } from '../support/client';
import { placeOf } from '../support/places';
import { docker, eventually, removeEnvironment, terraformHere, Workspace } from '../support/workspace';
import { ensureCompose } from './compose-program';
import { composeFile } from './peers/compose';
import { singleStack } from './peers/single-stack';

const PLACE = placeOf('benchmark');
const SERVED_SECONDS = 600;

/** One way to have the environment: ours, a Compose file, or one Terraform stack. Only one of them is up at a time. */
export interface Way {
  readonly name: 'ours' | 'compose' | 'single';
  /** From nothing until every server is healthy. */
  readonly up: () => Promise<unknown>;
  /** A plan where nothing has changed; fails where it is not empty. @default - there is no such thing */
  readonly plan?: () => Promise<unknown>;
  readonly down: () => Promise<unknown>;
}

/** The ways, of one and the same configuration, in a folder of their own. */
export class Ways {
  readonly all: readonly [Way, Way, Way];

  private constructor(
    private readonly workspace: Workspace,
    readonly topology: Topology,
    compose: readonly [string, ...string[]],
    terraform: { binary: string; variables: NodeJS.ProcessEnv },
  ) {
    const { name } = PLACE;
    this.all = [
      {
        name: 'ours',
        up: () => workspace.make('up', name),
        plan: async () => {
          const { stdout } = await workspace.make('plan', name);
          if (!stdout.includes('Nothing to change.')) throw new Error(`make plan is not empty:\n${stdout}`);
        },
        down: () => workspace.make('down', name),
      },
      this.byCompose(compose),
      this.byTerraform(terraform),
    ];
  }

  static async of(nodes: number): Promise<Ways> {
    const workspace = new Workspace();
    const { name, hostname, bindAddress, subnet } = PLACE;
    await workspace.configure(
      name,
      `network = { subnet = "${subnet}" }
[identity_server]
distribution = "sandbox"
nodes = ${nodes}
memory_mb = 1280
heap_mb = 384
start_timeout_seconds = 900
[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
`,
    );
    const [environment] = loadEnvironments(workspace.path('config'));
    if (environment === undefined) throw new Error('the benchmark has no configuration');
    const topology = deriveTopology(environment, readAssets(environment));
    return new Ways(workspace, topology, await ensureCompose(), await terraformHere());
  }

  /** Names of the containers that keep running. */
  get servers(): string[] {
    const { database, nodes, loadBalancer } = this.topology;
    return [database.container, ...nodes, loadBalancer].flatMap((server) => server?.containerName ?? []);
  }

  /** Until every server is healthy and a client is answered by a node through the load balancer. */
  async served(): Promise<void> {
    await eventually('every server is healthy', SERVED_SECONDS, async () => {
      const filter = [
        '--filter',
        `label=wso2-is-active-active.environment=${PLACE.name}`,
        '--filter',
        'health=healthy',
      ];
      const healthy = (await docker('ps', ...filter, '--format', '{{.Names}}')).split('\n');
      return this.servers.every((name) => healthy.includes(name));
    });
    const ca = await docker('logs', this.topology.jobs.keystores.name);
    const client = new Client({ address: PLACE.bindAddress, hostname: PLACE.hostname, ca, keepAlive: false });
    await eventually('a client is answered', SERVED_SECONDS, async () => {
      const reply = await client.get('/probe/echo').catch(() => undefined);
      return reply?.status === 200;
    });
  }

  /** Removes what any of them has left. Works also after a failure. */
  async remove(): Promise<void> {
    await removeEnvironment(PLACE.name);
  }

  dispose(): Promise<void> {
    return this.workspace.dispose();
  }

  private byCompose([program, ...first]: readonly [string, ...string[]]): Way {
    const file = this.workspace.path('compose.json');
    writeFileSync(file, composeFile(this.topology));
    const compose = (...args: string[]) => run(program, [...first, '--file', file, ...args]);
    return {
      name: 'compose',
      up: () => compose('up', '--detach'),
      down: () => compose('down', '--volumes'),
    };
  }

  private byTerraform({ binary, variables }: { binary: string; variables: NodeJS.ProcessEnv }): Way {
    const directory = this.workspace.path('single-stack');
    mkdirSync(directory);
    writeFileSync(this.workspace.path('single-stack', 'main.tf.json'), singleStack(this.topology));
    const terraform = (...args: string[]) => run(binary, args, { cwd: directory, env: variables });
    const answer = ['-input=false', '-no-color'];
    return {
      name: 'single',
      up: async () => {
        await terraform('init', ...answer);
        await terraform('apply', ...answer, '-auto-approve');
      },
      // By this option a plan that is not empty has exit code 2.
      plan: () => terraform('plan', ...answer, '-detailed-exitcode', '-out=tfplan'),
      down: () => terraform('destroy', ...answer, '-auto-approve'),
    };
  }
}
