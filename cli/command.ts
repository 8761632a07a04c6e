import { synthesize } from '../constructs/synthesize';
import { loadTopologies } from '../topology/load-topologies';
import type { Topology } from '../topology/topology';
import { EnvironmentEngine } from './environment-engine';
import { committedLock } from './lock-file';
import { requireOwnPlace } from './neighbours';
import { remainingStacks } from './retired-stacks';
import { requireRoom, requireWholeStates } from './room';
import { ensureSetup } from './setup/ensure-setup';
import { runCommand, UserError, withPlaceOfFullDisk } from './setup/errors';
import { print } from './setup/progress';
import { OUTPUT_DIRECTORY, TerraformStackRunner } from './terraform';

/** What a command works on: one environment, its engine and its stacks in the order of their layers, retired ones last. */
export interface CommandContext {
  readonly topology: Topology;
  readonly engine: EnvironmentEngine;
  readonly stacks: readonly TerraformStackRunner[];
  /** Environment variables with which Terraform finds its providers on this machine. */
  readonly variables: NodeJS.ProcessEnv;
}

/** Name of the environment that the command works on. @default sandbox */
function selectedEnvironment(): string {
  return process.env.ENVIRONMENT || 'sandbox';
}

/** What to say after Ctrl-C in an apply: by then Terraform has finished what it was in the middle of, and has written its state. */
export function afterInterruption(): string {
  const environment = selectedEnvironment();
  return `what had begun has ended in order, what comes later was not touched. "make status ENVIRONMENT=${environment}" says how it is; "make up ENVIRONMENT=${environment}" goes on from here.`;
}

/** What a command wants of its environment. */
interface SelectOptions {
  readonly creates?: boolean;
  readonly on?: readonly Topology['platform']['kind'][];
}

/** That, and what the command says after Ctrl-C. @default - only that it was interrupted */
interface RunOptions extends SelectOptions {
  readonly interrupted?: string;
}

/** For commands that do on each platform what it takes there. */
export const EVERY_PLATFORM: readonly Topology['platform']['kind'][] = ['docker', 'kubernetes'];

/**
 * The environment that ENVIRONMENT names, without touching the engine.
 *
 * @param creates whether the command creates or changes something; then no other file may want the same addresses, ports or beginning
 * of its name. A command that reads or removes what is there must work during an incident whatever the other files say. @default false
 * @param on platforms that the command is for. @default - Docker alone
 */
export function selectedTopology({ creates = false, on = ['docker'] }: SelectOptions = {}): Topology {
  const name = selectedEnvironment();
  const [topology] = loadTopologies({ only: name, mayCollide: !creates });
  if (topology === undefined) throw new UserError(`there is no environment "${name}"`);
  const { kind } = topology.platform;
  if (!on.includes(kind)) {
    throw new UserError(
      kind === 'kubernetes'
        ? `${name} is on Kubernetes, and this command is for Docker alone so far; nothing was done. docs/kubernetes.md says what there is instead.`
        : `${name} is on Docker, and this command is for Kubernetes; set platform.kind = "kubernetes" in the configuration, or use "make up ENVIRONMENT=${name}".`,
    );
  }
  return topology;
}

/**
 * Runs a command that works on the environment that ENVIRONMENT names, as `runCommand` does; what it says of a full disk is right for
 * the environment's platform.
 */
export function runOnEnvironment(
  { interrupted, ...select }: RunOptions,
  main: (topology: Topology) => Promise<void>,
): Promise<void> {
  return runCommand(async () => {
    const topology = selectedTopology(select);
    try {
      await main(topology);
    } catch (error) {
      throw withPlaceOfFullDisk(error, topology.platform.kind);
    }
  }, interrupted);
}

/** How an environment is opened. */
export interface OpenOptions {
  /** @default - the one that ENVIRONMENT names */
  readonly topology?: Topology;
  /** Whether the command creates or changes something. @default true */
  readonly creates?: boolean;
  /** Whether images that are missing are built on the engine. @default true */
  readonly builds?: boolean;
  /** Names of the retired stacks to work on as well, after the others. @default - those that are still there */
  readonly retiredStacks?: readonly string[];
}

/** Sets up what is missing and generates the Terraform configuration of the selected environment. */
export async function openEnvironment({
  creates = true,
  topology = selectedTopology({ creates }),
  builds = true,
  retiredStacks,
}: OpenOptions = {}): Promise<CommandContext> {
  requireRoom(topology);
  requireWholeStates(topology);
  const { engineHost, identityServerBuild } = topology;
  const images = builds ? { images: imagesOf(topology), identityServerBuild } : { images: [] };
  const setup = await ensureSetup({ engineHost, ...images });
  const engine = new EnvironmentEngine(topology);
  const place = creates ? requireOwnPlace(topology, engine) : undefined;
  const [retired] = await Promise.all([retiredStacks ?? remainingStacks(topology, engine), place]);
  synthesize([topology], OUTPUT_DIRECTORY, retired);
  const lock = committedLock(setup.terraform, setup.env, print);
  const stacks = [...topology.stacks, ...topology.retired.stacks.filter(({ name }) => retired.includes(name))];
  return {
    topology,
    engine,
    stacks: stacks.map((stack) => new TerraformStackRunner(stack, setup.terraform.binary, setup.env, lock)),
    variables: setup.env,
  };
}

/** Names of the images that the environment starts from. */
export function imagesOf(topology: Topology): string[] {
  const { database, jobs, identityServerBuild, loadBalancer } = topology;
  const server = identityServerBuild?.base ?? jobs.secrets.image;
  return [server, database.container?.image ?? jobs.schema?.run.image, loadBalancer.image].flatMap(
    (name) => name ?? [],
  );
}
