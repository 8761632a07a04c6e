import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../topology/topology';
import type { EnvironmentEngine } from './environment-engine';
import { stackDirectory } from './terraform';

/**
 * Names of the stacks that an earlier configuration has left: nodes above today's number, whose servers still run. State in files is
 * looked at itself. A remote state is not asked for every node that there might have been: there, what is left is what still has a
 * container under the environment's label.
 */
export async function remainingStacks(
  { retired }: Topology,
  engine: Pick<EnvironmentEngine, 'names'>,
): Promise<string[]> {
  const local = retired.stacks.filter(({ backend }) => backend.type === 'local');
  const remote = retired.stacks.filter(({ backend }) => backend.type !== 'local');
  const containers = remote.length > 0 ? await engine.names('container') : [];
  return [
    ...local.filter(({ name, backend }) => holdsResources(join(stackDirectory(name), String(backend.settings.path)))),
    ...remote.filter(({ name }) => containers.includes(name)),
  ].map(({ name }) => name);
}

/** Terraform leaves an empty state behind what it has destroyed, and an empty file where it was killed before it wrote one. */
function holdsResources(stateFile: string): boolean {
  const text = existsSync(stateFile) ? readFileSync(stateFile, 'utf8') : '';
  return text.trim() !== '' && (JSON.parse(text) as { resources?: unknown[] }).resources?.length !== 0;
}
