import type { Topology } from '../../topology/topology';
import { ASK_SERVER, type AskAsAdministrator, administratorUrl, statusOf } from '../administrator';
import type { EnvironmentCluster } from '../environment-cluster';
import { readSecrets } from './secrets';

// A pod sees what has become of its Secret up to a minute later, so the passwords come from here, on standard input.
const READ_INPUT = 'IFS= read -r old || true; IFS= read -r new || true';
const TIMEOUT_MS = 30_000;

/** Asks the servers in a cluster. */
export function askOnCluster({ adminUsername, volumes }: Topology, cluster: EnvironmentCluster): AskAsAdministrator {
  return async (node, file, newFile = '') => {
    const [secret] = await readSecrets(cluster, [volumes.identityServerSecrets]);
    const stored = (name: string) => secret?.files.get(name)?.toString('utf8').replace(/\n$/, '') ?? '';
    const input = `${stored(file)}\n${newFile === '' ? '' : stored(newFile)}\n`;
    const command = ['sh', '-c', `${READ_INPUT}${ASK_SERVER}`, 'sh', administratorUrl(node), adminUsername];
    return statusOf(cluster.execIn(`deployment/${node.containerName}`, command, { input, timeoutMs: TIMEOUT_MS }));
  };
}
