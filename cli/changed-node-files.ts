import { createHash } from 'node:crypto';
import type { NodeTopology } from '../topology/node';
import type { EnvironmentEngine } from './environment-engine';

/** Prints the digest of every file that is there. */
const DIGESTS = 'sha256sum "$@" 2>/dev/null || true';

/**
 * The files in a node's container that are not as they were put there. Terraform does not read them again, and the node takes them at its
 * next start.
 *
 * @returns their paths; none where the node cannot be asked. Only for a node whose plan is empty: it has what the configuration says
 */
export async function changedNodeFiles(
  { containerName, files, driver }: Pick<NodeTopology, 'containerName' | 'files' | 'driver'>,
  engine: Pick<EnvironmentEngine, 'docker'>,
): Promise<string[]> {
  const expected = new Map(Object.entries(files).map(([path, content]) => [path, sha256(content)]));
  if (driver !== undefined) expected.set(driver.path, driver.sha256);
  const command = ['exec', containerName, '/bin/sh', '-c', DIGESTS, 'sh', ...expected.keys()];
  let said: string;
  try {
    said = await engine.docker(...command);
  } catch {
    return [];
  }
  const found = new Map(said.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  // An image without the program says nothing.
  if (![...found.keys()].some((path) => expected.has(path))) return [];
  return [...expected].filter(([path, digest]) => found.get(path) !== digest).map(([path]) => path);
}

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
