import { synthesize } from '../constructs/synthesize';
import { loadTopologies } from '../topology/load-topologies';
import type { Topology } from '../topology/topology';
import { EnvironmentEngine } from './environment-engine';
import { committedLock } from './lock-file';
import { remainingStacks } from './retired-stacks';
import { ensureSetup } from './setup/ensure-setup';
import { UserError } from './setup/errors';
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

/** The environment that ENVIRONMENT names, without touching the engine. @default sandbox */
export function selectedTopology(): Topology {
  const name = process.env.ENVIRONMENT || 'sandbox';
  const [topology] = loadTopologies(name);
  if (topology === undefined) throw new UserError(`there is no environment "${name}"`);
  return topology;
}

/**
 * Sets up what is missing and generates the Terraform configuration of the selected environment.
 *
 * @param retiredStacks names of the retired stacks to work on as well, after the others. @default - those that are still there
 */
export async function openEnvironment(retiredStacks?: readonly string[]): Promise<CommandContext> {
  const topology = selectedTopology();
  const { identityServerBuild } = topology;
  const setup = await ensureSetup({ engineHost: topology.engineHost, images: imagesOf(topology), identityServerBuild });
  const engine = new EnvironmentEngine(topology);
  const retired = retiredStacks ?? (await remainingStacks(topology, engine));
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
function imagesOf(topology: Topology): string[] {
  const { database, jobs, identityServerBuild, loadBalancer } = topology;
  const server = identityServerBuild?.base ?? jobs.secrets.image;
  return [server, database.container?.image ?? jobs.schema?.run.image, loadBalancer.image].flatMap(
    (name) => name ?? [],
  );
}
