import type { Foreseen } from '../../review/report/foreseen';
import type { EnvironmentCluster } from '../environment-cluster';
import { CommandError } from '../setup/process';

const ANSWER_SECONDS = 10;
/** What kubectl says where the cluster answers, and does not take who asks. */
const STRANGER = /Unauthorized|must be logged in|credentials|getting credentials|certificate has expired/i;

/** Why the cluster cannot be asked anything; undefined where it can. */
export async function unreachable(cluster: EnvironmentCluster): Promise<Foreseen | undefined> {
  const { context } = cluster.platform;
  const contexts = (await cluster.kubectl(['config', 'get-contexts', '--output', 'name'])).split('\n').filter(Boolean);
  const unknown = unknownContext(context, contexts, process.env.KUBECONFIG);
  if (unknown !== undefined) return unknown;
  const server = await cluster.kubectl([
    'config',
    'view',
    '--minify',
    '--output',
    'jsonpath={.clusters[0].cluster.server}',
  ]);
  try {
    await cluster.kubectl(['get', '--raw', '/version', `--request-timeout=${ANSWER_SECONDS}s`]);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return noAnswer(context, server, error.lastLines.at(-1) ?? error.reason);
  }
}

/** @param kubeconfig the files that were read. @default - the user's own */
export function unknownContext(
  context: string,
  contexts: readonly string[],
  kubeconfig = '~/.kube/config',
): Foreseen | undefined {
  if (contexts.includes(context)) return undefined;
  const known = contexts.length === 0 ? 'no context at all' : contexts.join(', ');
  return error(
    `there is no context ${context} in ${kubeconfig}, which has ${known}; set KUBECONFIG to the file that has it, or name another`,
  );
}

/** @param reason what kubectl said last */
export function noAnswer(context: string, server: string, reason: string): Foreseen {
  const said = reason.replace(/\.$/, '');
  return error(
    STRANGER.test(reason)
      ? `the cluster of the context ${context} (${server}) does not take who the kubeconfig says you are: ${said}; log in to it again`
      : `the cluster of the context ${context} (${server}) cannot be reached: ${said}; is it up, and does this machine have a way to it?`,
  );
}

function error(message: string): Foreseen {
  return { severity: 'error', key: 'platform.context', message };
}
