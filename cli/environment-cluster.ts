import { LABEL_PREFIX } from '../topology/names';
import { clientOf, type KubernetesPlatform } from '../topology/platform';
import type { Topology } from '../topology/topology';
import type { Executor } from './executor';
import { requireProgram } from './setup/machine';
import { type CommandError, run } from './setup/process';

/** An object as the API server reports it, as far as the reader's type says. */
export interface ClusterObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
}

/** How kubectl is run. */
export interface KubectlOptions {
  /** Its standard input; secrets go this way and never as an argument. @default - none */
  readonly input?: string;
  /** Milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** For what is asked of a pod, whose machine may be gone. */
const ASK_TIMEOUT_MS = 10_000;

/**
 * The namespace of one environment, through kubectl, with the kubeconfig that kubectl itself would take (KUBECONFIG or the user's own) and
 * the context that the configuration names: what is current in the shell decides nothing.
 */
export class EnvironmentCluster implements Executor {
  readonly platform: KubernetesPlatform;
  /** Chooses the objects of the environment. */
  readonly selector: string;

  constructor(topology: Topology) {
    if (topology.platform.kind !== 'kubernetes') throw new Error(`${topology.environment} is not on Kubernetes`);
    this.platform = topology.platform;
    this.selector = `${LABEL_PREFIX}.environment=${topology.environment}`;
  }

  /** Runs kubectl in the environment's namespace and returns what it prints. @throws CommandError unless it ends with exit code 0 */
  async kubectl(args: readonly string[], { input, timeoutMs = TIMEOUT_MS }: KubectlOptions = {}): Promise<string> {
    requireProgram(
      'kubectl',
      'kubectl is needed for an environment on Kubernetes: https://kubernetes.io/docs/tasks/tools/',
    );
    const { context, namespace } = this.platform;
    const place = ['--context', context, '--namespace', namespace];
    return (await run('kubectl', [...place, ...args], { input, timeoutMs })).stdout;
  }

  /** Runs a program in a pod of a Deployment, in one that serves where there are several. */
  exec(server: string, ...command: readonly string[]): Promise<string> {
    return this.execIn(`deployment/${server}`, command);
  }

  /** Runs a program in a pod and returns what it prints. */
  execIn(pod: string, command: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const stdin = options.input === undefined ? [] : ['--stdin'];
    const args = ['exec', ...stdin, '--quiet', pod, '--', ...command];
    return this.kubectl(args, { timeoutMs: ASK_TIMEOUT_MS, ...options });
  }

  /** Runs programs in pods that are called by their own names. */
  get inPods(): Executor {
    return { exec: (pod, ...command) => this.execIn(pod, command) };
  }

  /** kubectl with its options, as somebody would type it. */
  get client(): string {
    return clientOf(this.platform);
  }

  /**
   * The environment's own objects of these kinds.
   *
   * @param kinds such as `pods` or `deployments,jobs`
   * @param selector further conditions. @default - all of the environment
   */
  async list<T extends ClusterObject>(kinds: string, selector?: string): Promise<T[]> {
    const all = [this.selector, ...(selector === undefined ? [] : [selector])].join(',');
    const text = await this.kubectl(['get', kinds, '--selector', all, '--output', 'json']);
    return (JSON.parse(text) as { items: T[] }).items;
  }

  /** One object by its name; undefined where there is none. */
  async find<T extends ClusterObject>(kind: string, name: string): Promise<T | undefined> {
    const text = await this.kubectl(['get', kind, name, '--ignore-not-found', '--output', 'json']);
    return text.trim() === '' ? undefined : (JSON.parse(text) as T);
  }
}

/** What kubectl says about a command that failed, in one line. */
export function clusterSays({ lastLines, reason }: CommandError): string {
  const line = lastLines.findLast((one) => !/^(command terminated|error: exit status)/.test(one)) ?? reason;
  return line.replace(/^(?:error: |Error from server(?: \([A-Za-z]+\))?: )+/, '').replace(/[.?!]+$/, '');
}
