import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { run } from '../setup/process';

/** By these the provider would go to another cluster than the configuration names, as somebody else, or not at all. */
const FOREIGN = [
  ...['HOST', 'USER', 'PASSWORD', 'INSECURE', 'TOKEN', 'CTX', 'CTX_AUTH_INFO', 'CTX_CLUSTER', 'PROXY_URL'],
  ...['CLIENT_CERT_DATA', 'CLIENT_KEY_DATA', 'CLUSTER_CA_CERT_DATA', 'TLS_SERVER_NAME', 'LOAD_CONFIG_FILE'],
  ...['CONFIG', 'CONFIG_PATH', 'CONFIG_PATHS'],
].map((name) => `KUBE_${name}`);

/**
 * Variables with which Terraform's provider takes the kubeconfig that kubectl takes. It works in another folder, and reads one file alone: of
 * several, the first that has the context.
 *
 * @param context of the kubeconfig file
 * @param kubeconfig value of KUBECONFIG. @default - the user's own file
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
  for (const file of files.length > 1 ? files : []) {
    const { stdout } = await run('kubectl', ['--kubeconfig', file, 'config', 'get-contexts', '--output', 'name']);
    if (stdout.split('\n').includes(context)) return { ...foreign, KUBECONFIG: resolve(file) };
  }
  return { ...foreign, KUBECONFIG: resolve(first) };
}
