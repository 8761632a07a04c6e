import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';

/** How a script runs on volumes. */
export interface ScriptOptions {
  /** `volume:path`, with `:ro` where it only reads. */
  readonly mounts: readonly string[];
  /** The script's standard input. @default - none */
  readonly input?: string;
  /** Variables that the script gets. None is a secret. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Size in MiB of memory that it has as /tmp. @default - none */
  readonly scratchMb?: number;
  /** Linux capabilities that it needs where it is root; in a pod it is the files' owner and needs none. @default - none */
  readonly capabilities?: readonly string[];
}

/** Where the volumes of an environment are: an engine, or a namespace whose Secrets they are. */
export interface VolumeHost {
  /** Names of those that are there. */
  volumeNames(): Promise<string[]>;
  createVolume(topology: Topology, volume: VolumeTopology): Promise<void>;
  removeVolumes(names: readonly string[]): Promise<void>;
  /**
   * Runs a shell script on volumes, where no log has its output. On Kubernetes the volumes are as the script leaves them only if it succeeds.
   *
   * @returns what the script prints
   */
  runOnVolumes(image: string, script: string, options: ScriptOptions): Promise<string>;
  /** Whether the database's volume has been filled. */
  hasData(topology: Topology): Promise<boolean>;
  /** Names of the nodes that were created. */
  createdNodes(topology: Topology): Promise<string[]>;
  /** Has the next apply run these jobs again. @param jobs names of the topology's jobs */
  forgetJobs(jobs: readonly string[]): Promise<void>;
  /** The command that removes volumes which nothing uses, as somebody would type it. */
  removalOf(volumes: readonly VolumeTopology[]): string;
  /** What a volume is called there. */
  readonly volumeWord: 'volume' | 'Secret';
  /** Where it is, for sentences: "on the Docker host". */
  readonly placed: string;
}
