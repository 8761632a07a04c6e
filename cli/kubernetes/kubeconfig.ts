import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { UserError } from '../setup/errors';
import { CommandError, run } from '../setup/process';

/** By these the provider would go to another cluster than the configuration names, as somebody else, or not at all. */
const FOREIGN = [
  ...['HOST', 'USER', 'PASSWORD', 'INSECURE', 'TOKEN', 'CTX', 'CTX_AUTH_INFO', 'CTX_CLUSTER', 'PROXY_URL'],
  ...['CLIENT_CERT_DATA', 'CLIENT_KEY_DATA', 'CLUSTER_CA_CERT_DATA', 'TLS_SERVER_NAME', 'LOAD_CONFIG_FILE'],
  ...['CONFIG', 'CONFIG_PATH', 'CONFIG_PATHS'],
].map((name) => `KUBE_${name}`);

/**
 * Variables with which Terraform's provider takes the kubeconfig that kubectl takes. It works in another folder, and reads one file alone: of
 * several, the one that says by itself what kubectl takes of them together.
 *
 * @param context of the kubeconfig file
 * @param kubeconfig value of KUBECONFIG. @default - the user's own file
 * @throws UserError where kubectl takes parts of the context from several files
 */
export async function kubeconfigVariables(
  context: string,
  kubeconfig = process.env.KUBECONFIG,
): Promise<NodeJS.ProcessEnv> {
  const foreign = Object.fromEntries(
    [...FOREIGN, 'KUBECTL_PROVIDER_APPLY_RETRY_COUNT'].map((name) => [name, undefined]),
  );
  const files = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '' && existsSync(file));
  const [first] = files;
  if (first === undefined) return foreign;
  const file = files.length === 1 ? first : await fileOf(context, files);
  // Where no file has it, that is told with all else that is wrong.
  return { ...foreign, KUBECONFIG: resolve(file ?? first) };
}

/** The file that has the cluster and the user of a context as kubectl takes them from all; undefined where kubectl finds none. */
async function fileOf(context: string, files: readonly string[]): Promise<string | undefined> {
  const wanted = await contentOf(context, files.join(delimiter));
  if (wanted === undefined) return undefined;
  for (const file of files) if ((await contentOf(context, file)) === wanted) return file;
  throw new UserError(
    `platform.context: what belongs to the context ${context} is in several files of KUBECONFIG (${files.join(', ')}), and Terraform's provider reads one file alone. Make one of them and name it:\n\n  (umask 077; kubectl config view --raw --flatten --minify --context ${context} >${context}.kubeconfig)\n  export KUBECONFIG="$PWD/${context}.kubeconfig"`,
  );
}

/** Everything that is said of a context, with the keys: for comparison alone. Undefined where a part is missing. */
async function contentOf(context: string, kubeconfig: string): Promise<string | undefined> {
  const args = ['config', 'view', '--raw', '--flatten', '--minify', '--context', context];
  try {
    return (await run('kubectl', args, { env: { KUBECONFIG: kubeconfig } })).stdout;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode !== undefined) return undefined;
    throw error;
  }
}
