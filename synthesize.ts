import './constructs/libraries';

import { App } from 'cdktf';
import { ActiveActiveDeployment, EnvironmentStack } from './constructs';
import { loadEnvironments } from './environment/load';
import { sandboxImageTags } from './images/tags';
import { deriveTopology, type Topology } from './topology/topology';

/** Folder of the configuration files: CONFIG_DIRECTORY, else `config` in the working directory. */
export function configDirectory(): string {
  return process.env.CONFIG_DIRECTORY ?? 'config';
}

/**
 * Checks the configuration and derives the topologies.
 *
 * @param only name of the one environment wanted. @default - all
 * @throws ConfigurationError with every problem found
 */
export function loadTopologies(only?: string): Topology[] {
  const images = sandboxImageTags();
  return loadEnvironments(configDirectory(), only).map((environment) => deriveTopology(environment, images));
}

/**
 * Writes the Terraform configuration of these topologies.
 *
 * @param outdir @default - CDKTF_OUTDIR, else `cdktf.out`
 * @param emptied names of former stacks to write without any resource, so that Terraform destroys what they have. @default - none
 */
export function synthesize(topologies: readonly Topology[], outdir?: string, emptied: readonly string[] = []): void {
  withoutStackTraces(() => {
    const app = new App({ outdir });
    for (const topology of topologies) {
      new ActiveActiveDeployment(app, topology);
      for (const stack of topology.former.stacks.filter(({ name }) => emptied.includes(name))) {
        new EnvironmentStack(app, { stack, engineHost: topology.engineHost });
      }
    }
    app.synth();
  });
}

/** cdktf notes for each token where it was made, which nobody reads; errors keep their traces. */
function withoutStackTraces(work: () => void): void {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = () => undefined;
  try {
    work();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
