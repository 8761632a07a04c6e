import type { EnvironmentCluster } from '../environment-cluster';
import { UserError } from '../setup/errors';
import { unreachable } from './reach';

/** @throws UserError where the cluster cannot be asked: what stands in the way of a plan or of a destruction */
export async function requireReachable(cluster: EnvironmentCluster): Promise<void> {
  const found = await unreachable(cluster);
  if (found !== undefined) throw new UserError(`${found.key}: ${found.message}. Nothing was changed.`);
}
