import { readAssets } from '../environment/assets';
import { loadEnvironments } from '../environment/load';
import { deriveTopology, type Topology } from './topology';

/** Folder of the configuration files: CONFIG_DIRECTORY, else `config` in the working directory. */
export function configDirectory(): string {
  return process.env.CONFIG_DIRECTORY ?? 'config';
}

/**
 * Checks the configuration, reads what it names, and derives the topologies.
 *
 * @param only name of the one environment wanted. @default - all
 * @throws ConfigurationError with every problem found
 */
export function loadTopologies(only?: string): Topology[] {
  return loadEnvironments(configDirectory(), only).map((environment) =>
    deriveTopology(environment, readAssets(environment)),
  );
}
