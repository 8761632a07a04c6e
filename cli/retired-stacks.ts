import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackTopology } from '../topology/stacks';
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
  return [...local.filter(holdsResources), ...remote.filter(({ name }) => containers.includes(name))].map(
    ({ name }) => name,
  );
}

/**
 * Whether the state of a stack that keeps it in a file knows anything. Terraform leaves an empty state behind what it has destroyed, and an
 * empty file where it was killed before it wrote one.
 */
export function holdsResources({ name, backend }: StackTopology): boolean {
  const stateFile = join(stackDirectory(name), String(backend.settings.path));
  const text = existsSync(stateFile) ? readFileSync(stateFile, 'utf8') : '';
  return text.trim() !== '' && (JSON.parse(text) as { resources?: unknown[] }).resources?.length !== 0;
}
