import { readFileSync } from 'node:fs';
import { KUBECONFIG } from '../../cli/cluster/cluster';

/** What pipelines have: a kubeconfig file of the test cluster for one account. */
export interface AccountKubeconfig {
  readonly text: string;
  readonly token: string;
}

/**
 * A kubeconfig with the token of a ServiceAccount, as a platform team hands it out.
 *
 * @param kubectl runs in the account's namespace
 * @param context name of its only context. @default - that of the test cluster
 */
export async function kubeconfigOf(
  account: string,
  kubectl: (...args: string[]) => Promise<string>,
  context?: string,
): Promise<AccountKubeconfig> {
  const token = (await kubectl('create', 'token', account, '--duration=2h')).trim();
  const { clusters } = JSON.parse(readFileSync(KUBECONFIG, 'utf8')) as {
    clusters: readonly { readonly name: string }[];
  };
  const [{ name }] = clusters as [{ readonly name: string }];
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters,
    users: [{ name: account, user: { token } }],
    contexts: [{ name: context ?? name, context: { cluster: name, user: account } }],
  });
  return { text, token };
}
