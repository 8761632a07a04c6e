import { run } from '../setup/process';
import { LABEL_PREFIX, type Topology } from '../topology/topology';

/** A container of the environment as the engine reports it. */
export interface EngineContainer {
  readonly name: string;
  readonly running: boolean;
  readonly exitCode: number;
  /** Time of the last start, RFC 3339. */
  readonly startedAt: string;
  /** `healthy`, `unhealthy`, `starting`, or undefined without a health check. */
  readonly health?: string;
  readonly restarts: number;
  readonly image: string;
}

export type Kind = 'container' | 'volume' | 'network';

/** The Docker Engine of one environment, through the docker client, which knows unix, ssh and tcp hosts. */
export class Engine {
  /** Environment of the docker client. */
  readonly variables: NodeJS.ProcessEnv;
  private readonly filter: readonly string[];

  constructor(topology: Topology) {
    this.variables = topology.engineHost === undefined ? {} : { DOCKER_HOST: topology.engineHost };
    this.filter = ['--filter', `label=${LABEL_PREFIX}.environment=${topology.environment}`];
  }

  /** Runs the docker client and returns what it prints. */
  async docker(...args: string[]): Promise<string> {
    return (await run('docker', args, { env: this.variables })).stdout;
  }

  /** Names of the things that carry the environment's label. */
  async names(kind: Kind): Promise<string[]> {
    const all = kind === 'container' ? ['--all'] : [];
    const field = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
    const output = await this.docker(kind, 'ls', ...all, ...this.filter, '--format', field);
    return output.split('\n').filter((line) => line !== '');
  }

  async containers(): Promise<EngineContainer[]> {
    const names = await this.names('container');
    if (names.length === 0) return [];
    const inspected = JSON.parse(await this.docker('container', 'inspect', ...names)) as InspectedContainer[];
    return inspected.map(({ Name, State, RestartCount, Config }) => ({
      name: Name.replace(/^\//, ''),
      running: State.Running,
      exitCode: State.ExitCode,
      startedAt: State.StartedAt,
      health: State.Health?.Status,
      restarts: RestartCount,
      image: Config.Image,
    }));
  }

  /** Last lines that a container wrote. */
  async lastLines(container: string, lines: number): Promise<string> {
    const { stdout, stderr } = await run('docker', ['logs', '--tail', String(lines), container], {
      env: this.variables,
    });
    return `${stdout}${stderr}`.trimEnd();
  }

  async remove(kind: Kind, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...names);
  }
}

interface InspectedContainer {
  readonly Name: string;
  readonly RestartCount: number;
  readonly Config: { readonly Image: string };
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
}
