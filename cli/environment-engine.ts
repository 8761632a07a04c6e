import { componentLabels, LABEL_PREFIX } from '../topology/names';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import type { Executor } from './executor';
import { clientVariables } from './setup/engine';
import { CommandError, run } from './setup/process';
import type { ScriptOptions, VolumeHost } from './volume-host';

/** A container of the environment as the engine reports it. */
export interface EngineContainer {
  readonly name: string;
  readonly running: boolean;
  /** Frozen by `docker pause`; its last health result stays as it was. */
  readonly paused: boolean;
  /** Ended, and waiting for the engine to start it again. */
  readonly restarting: boolean;
  readonly exitCode: number;
  /** Whether the kernel ended it because it needed more memory than its limit. */
  readonly outOfMemory: boolean;
  /** Why the engine could not start it; empty where it could. */
  readonly startError: string;
  /** Time of the last start, RFC 3339. */
  readonly startedAt: string;
  /** `healthy`, `unhealthy`, `starting`, or undefined without a health check. */
  readonly health?: string;
  /** What the last health check said. */
  readonly healthOutput?: string;
  /** The health check that it was created with. @default - none */
  readonly healthCommand?: readonly string[];
  readonly restarts: number;
  readonly image: string;
  /** Its environment variables. */
  readonly variables: Readonly<Record<string, string>>;
}

export type Kind = 'container' | 'volume' | 'network';

/** What engines say of a container, volume or network that is not there. */
const GONE = /no such (container|volume|network)|network \S+ not found/i;
/** An image may have to be fetched for it. */
const HOST_TIMEOUT_MS = 120_000;
const NOBODY = '65534:65534';
/** For what only looks: an image that is not there stays so. */
const PRESENT = ['--pull', 'never'];
/** What the commands' own containers have: as little as all others, and no log driver, as some of them print secrets. */
export const HELPER = ['--rm', '--log-driver', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

/** How a script runs on volumes of an engine. */
export interface HelperOptions extends ScriptOptions {
  /** @default - no network at all */
  readonly network?: string;
  /** @default 0:0 */
  readonly user?: string;
  /** Further options of `docker run`. @default - none */
  readonly further?: readonly string[];
}

/** The Docker Engine of one environment, through the docker client, which knows unix, ssh and tcp hosts. */
export class EnvironmentEngine implements Executor, VolumeHost {
  readonly volumeWord = 'volume';
  readonly placed = 'on the Docker host';
  /** Environment of the docker client. */
  readonly variables: NodeJS.ProcessEnv;
  private readonly filter: readonly string[];
  private readonly labels: readonly string[];

  constructor(topology: Topology) {
    this.variables = topology.engineHost === undefined ? {} : clientVariables(topology.engineHost);
    const label = `${LABEL_PREFIX}.environment=${topology.environment}`;
    this.filter = ['--filter', `label=${label}`];
    this.labels = ['--label', label];
  }

  /** Runs the docker client and returns what it prints. */
  async docker(...args: string[]): Promise<string> {
    return (await run('docker', args, { env: this.variables })).stdout;
  }

  exec(container: string, ...command: readonly string[]): Promise<string> {
    return this.docker('exec', container, ...command);
  }

  /** Names of the things that carry the environment's label. */
  async names(kind: Kind): Promise<string[]> {
    const all = kind === 'container' ? ['--all'] : [];
    const field = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
    const output = await this.docker(kind, 'ls', ...all, ...this.filter, '--format', field);
    return output.split('\n').filter((line) => line !== '');
  }

  async containers(): Promise<EngineContainer[]> {
    const inspected = await this.inspect<InspectedContainer>('container', await this.names('container'));
    return inspected.map(({ Name, State, RestartCount, Config }) => ({
      name: Name.replace(/^\//, ''),
      running: State.Running,
      paused: State.Paused,
      restarting: State.Restarting,
      exitCode: State.ExitCode,
      outOfMemory: State.OOMKilled,
      startError: State.Error,
      startedAt: State.StartedAt,
      health: State.Health?.Status,
      healthOutput: State.Health?.Log?.at(-1)?.Output.trim(),
      healthCommand: Config.Healthcheck?.Test,
      restarts: RestartCount,
      image: Config.Image,
      variables: Object.fromEntries((Config.Env ?? []).map((entry) => entry.split(/=(.*)/s).slice(0, 2))),
    }));
  }

  /** What the engine says about those of these that are still there: one may have gone since it was listed. */
  async inspect<T>(kind: Kind, ids: readonly string[]): Promise<T[]> {
    if (ids.length === 0) return [];
    const ask = async (...some: readonly string[]) => JSON.parse(await this.docker(kind, 'inspect', ...some)) as T[];
    const orNothing = (error: unknown): T[] => {
      if (error instanceof CommandError && GONE.test(error.lastLines.join())) return [];
      throw error;
    };
    try {
      return await ask(...ids);
    } catch (error) {
      // A missing one fails the question about all.
      orNothing(error);
      return (await Promise.all(ids.map((id) => ask(id).catch(orNothing)))).flat();
    }
  }

  /** All that a container wrote. */
  async logs(container: string): Promise<string> {
    const { stdout, stderr } = await run('docker', ['logs', container], { env: this.variables });
    return `${stdout}${stderr}`;
  }

  /**
   * Last lines that a container wrote.
   *
   * @param since only lines from this time on, RFC 3339. @default - from its creation
   */
  async lastLines(container: string, lines: number, since?: string): Promise<string> {
    const from = since === undefined ? [] : ['--since', since];
    const { stdout, stderr } = await run('docker', ['logs', '--tail', String(lines), ...from, container], {
      env: this.variables,
    });
    return `${stdout}${stderr}`.trimEnd();
  }

  /** Runs a shell script that may read every file of these volumes and change none. @param mounts `volume:path:ro` @returns what it prints */
  async lookIntoVolumes(image: string, script: string, mounts: readonly string[]): Promise<string> {
    const further = [...PRESENT, '--read-only'];
    return this.runOnVolumes(image, script, { mounts, capabilities: ['DAC_READ_SEARCH'], further });
  }

  /**
   * Runs a shell script on volumes, in a container that is gone afterwards and whose output no log driver sees. It is root without any
   * capability, and has no network, unless the options say otherwise.
   *
   * @returns what the script prints
   */
  async runOnVolumes(image: string, script: string, options: HelperOptions): Promise<string> {
    const { mounts, input = '', capabilities = [], user = '0:0', further = [], environment = {}, scratchMb } = options;
    const network = ['--network', options.network ?? 'none'];
    const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const scratch = scratchMb === undefined ? [] : ['--tmpfs', `/tmp:mode=0700,size=${scratchMb}m`];
    const added = capabilities.flatMap((capability) => ['--cap-add', capability]);
    const volumes = mounts.flatMap((mount) => ['--volume', mount]);
    const settings = [
      '--interactive',
      '--user',
      user,
      ...network,
      ...added,
      ...further,
      ...scratch,
      ...variables,
      ...volumes,
    ];
    const command = ['--entrypoint', 'sh', image, '-c', script];
    return (
      await run('docker', ['run', ...this.labels, ...HELPER, ...settings, ...command], { env: this.variables, input })
    ).stdout;
  }

  /**
   * Runs a shell script in the network of the engine's host, without any right, in a container that is gone afterwards.
   *
   * @param args what the script gets as $1, $2 and so on
   * @param pulls whether the image is fetched where it is missing. @default true
   * @returns what the script prints
   */
  async runOnHost(image: string, script: string, args: readonly string[] = [], pulls = true): Promise<string> {
    const hardening = [...HELPER, ...(pulls ? [] : PRESENT), '--read-only', '--user', NOBODY];
    const options = ['--network', 'host', ...this.labels, ...hardening, '--entrypoint', '/bin/sh'];
    const command = ['run', ...options, image, '-c', script, 'sh', ...args];
    return (await run('docker', command, { env: this.variables, timeoutMs: HOST_TIMEOUT_MS })).stdout;
  }

  volumeNames(): Promise<string[]> {
    return this.names('volume');
  }

  async createVolume(topology: Topology, { name, component }: VolumeTopology): Promise<void> {
    // As Terraform would label them, or it would replace them.
    const labels = Object.entries(componentLabels(topology)(component)).map(([label, value]) => `${label}=${value}`);
    await this.docker('volume', 'create', ...labels.flatMap((label) => ['--label', label]), name);
  }

  removeVolumes(names: readonly string[]): Promise<void> {
    return this.remove('volume', names);
  }

  async hasData({ volumes: { databaseData }, jobs }: Topology): Promise<boolean> {
    if (!(await this.names('volume')).includes(databaseData.name)) return false;
    const options = { mounts: [`${databaseData.name}:/data:ro`], capabilities: ['DAC_OVERRIDE'] };
    return (await this.runOnVolumes(jobs.secrets.image, 'ls -A /data', options)).trim() !== '';
  }

  async createdNodes({ nodes }: Topology): Promise<string[]> {
    const names = nodes.map(({ containerName }) => containerName);
    return (await this.names('container')).filter((name) => names.includes(name));
  }

  async forgetJobs(jobs: readonly string[]): Promise<void> {
    const found = (await this.names('container')).filter((name) => jobs.includes(name));
    await this.remove('container', found);
  }

  removalOf(volumes: readonly VolumeTopology[]): string {
    return `remove only the volumes once no container has them: docker volume rm ${volumes.map(({ name }) => name).join(' ')}`;
  }

  async remove(kind: Kind, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    // With a container go its anonymous volumes: database images declare one even where a job does not use it.
    const force = { container: ['--force', '--volumes'], volume: ['--force'], network: [] };
    await this.docker(kind, 'rm', ...force[kind], ...names);
  }
}

/** What the docker client says about a command that failed, in one line. */
export function engineSays({ lastLines, reason }: CommandError): string {
  const line = lastLines.findLast((one) => !/^(Run|See) 'docker/.test(one)) ?? reason;
  // Over ssh its own line is long, and what ssh says is what matters.
  return line.replace(/^docker: |^.* stderr=| Is the docker daemon running\?/g, '').replace(/[.?!]+$/, '');
}

interface InspectedContainer {
  readonly Name: string;
  readonly RestartCount: number;
  readonly Config: {
    readonly Image: string;
    readonly Env?: readonly string[] | null;
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  readonly State: {
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Restarting: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] | null };
  };
}
