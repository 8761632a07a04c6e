import { readAssets } from '../environment/assets';
import { type LoadOptions, loadEnvironments } from '../environment/load';
import { deriveTopology, type Topology } from './topology';

/** Folder of the configuration files: CONFIG_DIRECTORY, else `config` in the working directory. */
export function configDirectory(): string {
  return process.env.CONFIG_DIRECTORY ?? 'config';
}

/**
 * Checks the configuration, reads what it names, and derives the topologies.
 *
 * @throws ConfigurationError with every problem found
 */
export function loadTopologies(options?: LoadOptions): Topology[] {
  return loadEnvironments(configDirectory(), options).map((environment) =>
    deriveTopology(environment, readAssets(environment)),
  );
}
