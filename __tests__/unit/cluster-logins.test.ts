import type { ClusterContext } from '../../cli/kubernetes/cluster-context';
import { lockUnusedOnCluster, loginsOnCluster } from '../../cli/kubernetes/database-rotation';
import { manifestsOf } from '../../constructs/kubernetes/manifests';
import { SMALLEST, topology } from '../support/synth';

interface Found {
  readonly revision?: number;
  /** The login of each node's Deployment. */
  readonly logins?: readonly (string | undefined)[];
  /** What the Secrets hold of the database's. */
  readonly files?: readonly string[];
  /** Addresses beside the job's that a plan would change. */
  readonly others?: readonly string[];
}

/** A namespace as it is found; what is done to it is noted. */
function given({
  revision = 2,
  logins = ['wso2_2', 'wso2_2'],
  files = ['DATABASE_PASSWORD_2'],
  others = [],
}: Found = {}) {
  const derived = topology(
    `[platform]\nkind = "kubernetes"\ncontext = "test"\n${SMALLEST}[database]\npassword_revision = ${revision}\n`,
    'bank',
  );
  const asked: string[] = [];
  const deployments = logins.map((login, index) => ({
    metadata: { name: `bank-node-${index + 1}` },
    spec: { template: { spec: { containers: [{ env: login ? [{ name: 'DATABASE_LOGIN', value: login }] : [] }] } } },
  }));
  const secrets = ['database', 'identity-server'].map((of) => ({
    metadata: { name: `bank-${of}-secrets` },
    data: Object.fromEntries(files.map((name) => [name, 'eA=='])),
  }));
  const cluster = {
    platform: derived.platform,
    list: async (kind: string) => (kind === 'deployments' ? deployments : []),
    kubectl: async (args: readonly string[]) => {
      asked.push(args[0] as string);
      if (args[0] !== 'get') throw new Error('it was begun');
      return JSON.stringify({ items: secrets });
    },
  };
  const layers = manifestsOf(derived);
  const job = layers
    .flatMap(({ manifests }) => manifests)
    .find(({ object }) => object.kind === 'Job' && object.metadata.name.startsWith('bank-schema-job'));
  const change = (address: string) => ({ address, change: { actions: ['delete', 'create'] } });
  const stacks = derived.stacks.map((stack) => ({
    stack,
    init: async () => undefined,
    plan: async (_: boolean, requested: ReadonlyMap<string, string>) => void asked.push(...requested.keys()),
    planJson: async () => ({ resource_changes: [`kubectl_manifest.${job?.id}`, ...others].map(change) }),
  }));
  const context = { topology: derived, cluster, stacks, layers } as unknown as ClusterContext;
  return { context, asked, address: `kubectl_manifest.${job?.id}` };
}

test('the logins in use are those of the Deployments of nodes', async () => {
  const { context } = given({ logins: ['wso2_2', undefined] });
  expect(await loginsOnCluster(context).inUse()).toEqual(['wso2_2', undefined]);
});

test('the schema job is replaced and runs again, and nothing beside it that nobody has asked for', async () => {
  const { context, asked, address } = given({ others: ['kubectl_manifest.secrets-job'] });
  await expect(loginsOnCluster(context).runSchemaJob()).rejects.toThrow(
    /^bank-schema-job was not run again: beside it kubectl_manifest\.secrets-job would change/,
  );
  expect(asked).toEqual([address]);
});

test.each<[string, Found, string[]]>([
  ['there was never a second login', { revision: 1 }, []],
  ['nothing is left of the other', {}, ['get']],
  ['a node still works with it', { logins: ['wso2_2', 'wso2'], files: ['DATABASE_PASSWORD'] }, ['get']],
])('no pod is started where %s', async (_, found, expected) => {
  const { context, asked } = given(found);
  await lockUnusedOnCluster(context);
  expect(asked).toEqual(expected);
});

test('what is left of a login that no node uses any more is forgotten', async () => {
  const { context, asked } = given({ files: ['DATABASE_PASSWORD', 'DATABASE_PASSWORD_2'] });
  await expect(lockUnusedOnCluster(context)).rejects.toThrow('it was begun');
  expect(asked).toContain('create');
});
