import { clusterFindings } from '../../cli/kubernetes/checks';
import { type ClusterFacts, existingIn, mayOnlyRead } from '../../cli/kubernetes/cluster-facts';
import { needsOf, podAmounts } from '../../cli/kubernetes/needs';
import { noAnswer, unknownContext } from '../../cli/kubernetes/reach';
import { manifestsOf } from '../../constructs/kubernetes/manifests';
import { parseQuantity, quantityText } from '../../review/plan/quantity';
import type { Topology } from '../../topology/topology';
import { onCluster } from '../support/kubernetes-plans';
import { type Json, shipped } from '../support/synth';

const bank = onCluster((toml) => toml.replace('context = "bank"', 'context = "bank"\nnamespace = "identity"'));

const NEEDS = needsOf(manifestsOf(bank));
const object = (kind: string, name: string, rest: object = {}): Json => ({
  kind,
  metadata: { name, uid: '1', creationTimestamp: '', ...(rest as Json).metadata },
  ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'metadata')),
});
const machine = (name: string, rest: Json = {}) =>
  object('Node', name, {
    spec: { taints: rest.taints, unschedulable: rest.unschedulable },
    status: { allocatable: { memory: rest.memory ?? '16Gi' } },
  });
const FITTING: ClusterFacts = {
  namespace: object('Namespace', 'identity'),
  foreign: [],
  existing: new Map(),
  pods: [],
  refused: [],
  quotas: [],
  limits: [],
  storageClasses: [
    object('StorageClass', 'block', { provisioner: 'ebs.csi.aws.com' }),
    object('StorageClass', 'files', { provisioner: 'efs.csi.aws.com' }),
  ],
  machines: [machine('one'), machine('two')],
  machinePorts: [],
};
const found = (change: Partial<ClusterFacts>, of: Topology = bank) =>
  clusterFindings(of, needsOf(manifestsOf(of)), { ...FITTING, ...change }).map(
    ({ severity, key, message }) => `${severity} ${key}: ${message}`,
  );

test('nothing is said where nothing stands in the way', () => {
  expect(found({})).toEqual([]);
});

test('what may not be seen is no problem', () => {
  const unseen = Object.fromEntries(Object.keys(FITTING).map((key) => [key, undefined])) as unknown as ClusterFacts;
  expect(found(unseen)).toEqual([]);
});

describe('the context', () => {
  test('that is not in the kubeconfig is told with those that are', () => {
    expect(unknownContext('bank', ['test', 'kind'], '/home/me/.kube/bank')).toEqual({
      severity: 'error',
      key: 'platform.context',
      message:
        'there is no context bank in /home/me/.kube/bank, which has test, kind; set KUBECONFIG to the file that has it, or name another',
    });
    expect(unknownContext('bank', [])?.message).toContain('~/.kube/config, which has no context at all');
    expect(unknownContext('bank', ['test', 'bank'])).toBeUndefined();
  });

  test('whose cluster does not answer, or does not know who asks, is told with its address and the reason', () => {
    const refused = 'The connection to the server 10.1.2.3:6443 was refused - did you specify the right host or port?';
    expect(noAnswer('bank', 'https://10.1.2.3:6443', refused).message).toBe(
      `the cluster of the context bank (https://10.1.2.3:6443) cannot be reached: ${refused}; is it up, and does this machine have a way to it?`,
    );
    const stranger = 'error: You must be logged in to the server (Unauthorized)';
    expect(noAnswer('bank', 'https://10.1.2.3:6443', stranger).message).toContain('log in to it again');
  });
});

describe('the namespace', () => {
  const FOREIGN = ['deployment.apps/payments', 'statefulset.apps/ledger'];

  test('that is missing is the only problem told, with the way to it', () => {
    expect(found({ namespace: 'missing', refused: ['create secrets'], storageClasses: [] })).toEqual([
      'error platform.namespace: there is no namespace identity in the cluster of the context bank; have it made by whoever runs the cluster: kubectl --context bank create namespace identity',
    ]);
  });

  test('that is being deleted takes nothing', () => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(found({ namespace: object('Namespace', 'identity', { metadata }) })).toEqual([
      expect.stringContaining('identity is being deleted'),
    ]);
  });

  test('with workloads of somebody else is refused, with the way to say that it is meant', () => {
    expect(found({ foreign: FOREIGN })).toEqual([
      "error platform.namespace: identity is somebody else's: it has deployment.apps/payments, statefulset.apps/ledger; choose another namespace, or, where this one is meant, say so: kubectl --context bank label namespace identity wso2-is-active-active.environment=bank",
    ]);
  });

  test('is taken where its label says so, or where the environment is there already', () => {
    const labels = { 'wso2-is-active-active.environment': 'bank' };
    expect(found({ foreign: FOREIGN, namespace: object('Namespace', 'identity', { metadata: { labels } }) })).toEqual(
      [],
    );
    expect(found({ foreign: FOREIGN, existing: new Map([['service/bank-node-1', 'bank']]) })).toEqual([]);
  });

  test('of another environment, by its label, is refused', () => {
    const labels = { 'wso2-is-active-active.environment': 'payments' };
    expect(found({ namespace: object('Namespace', 'identity', { metadata: { labels } }) })[0]).toContain(
      'identity is of the environment payments',
    );
  });

  test("of the cluster itself is nobody's", () => {
    const platform = { ...bank.platform, namespace: 'kube-system' } as Topology['platform'];
    expect(found({}, { ...bank, platform })).toEqual([
      "error platform.namespace: kube-system is the cluster's own; choose another namespace",
    ]);
  });

  test('that has an object of the same name, but not of the environment, is refused', () => {
    const existing = new Map([
      ['secret/bank-keystores', ''],
      ['deployment.apps/bank-node-1', 'bank'],
    ]);
    expect(found({ existing })).toEqual([
      'error platform.namespace: identity has secret/bank-keystores, which is not of this environment and would be overwritten; remove it, or choose another namespace',
    ]);
  });
});

test('an account may only read where it may change nothing at all', () => {
  const changes = NEEDS.objects.flatMap(({ resource }) =>
    ['create', 'patch', 'delete'].map((verb) => `${verb} ${resource}`),
  );
  expect(mayOnlyRead(NEEDS, { refused: [...changes, 'get secrets'] })).toBe(true);
  for (const one of changes)
    expect(mayOnlyRead(NEEDS, { refused: changes.filter((each) => each !== one) })).toBe(false);
  expect(mayOnlyRead(NEEDS, { refused: undefined })).toBe(false);
});

test('rights that are missing are told all at once', () => {
  expect(found({ refused: ['create deployments.apps', 'create secrets', 'delete secrets'] })).toEqual([
    'error platform.context: the user of the context bank may not create deployments.apps, secrets; delete secrets in the namespace identity; ask whoever runs the cluster for a role that may',
  ]);
});

describe('storage', () => {
  const classes = (...all: [string, string, object?][]) => ({
    storageClasses: all.map(([name, provisioner, metadata]) =>
      object('StorageClass', name, { provisioner, metadata: metadata ?? {} }),
    ),
  });

  test('classes that are not there are told with those that are', () => {
    expect(found(classes(['standard', 'nfs.csi.k8s.io']))).toEqual([
      'error platform.storage_class: there is no storage class block; the cluster has standard',
      'error platform.shared_storage_class: there is no storage class files; the cluster has standard',
    ]);
  });

  test('without a name the cluster must have a default', () => {
    const { storageClass, ...platform } = bank.platform as Json;
    const nameless = { ...bank, platform } as Topology;
    expect(storageClass).toBe('block');
    expect(found({}, nameless)).toEqual([expect.stringMatching(/^error platform.storage_class: .* no default;/)]);
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const withDefault = classes(['block', 'nfs.csi.k8s.io', { annotations }], ['files', 'nfs.csi.k8s.io']);
    expect(found(withDefault, nameless)).toEqual([]);
  });

  test('a class of one machine at a time cannot be shared', () => {
    expect(found(classes(['block', 'nfs.csi.k8s.io'], ['files', 'disk.csi.azure.com']))).toEqual([
      expect.stringMatching(/^error platform.shared_storage_class: files gives no claim .*\(ReadWriteMany\).*disk.csi/),
    ]);
  });

  test("the database's claim on the disk of one machine is a warning", () => {
    expect(found(classes(['block', 'rancher.io/local-path'], ['files', 'nfs.csi.k8s.io']))).toEqual([
      expect.stringMatching(/^warning platform.storage_class: block keeps .* one machine/),
    ]);
  });

  test('an environment without a claim asks for no class', () => {
    const production = shipped('kubernetes').find(({ protected: isProtected }) => isProtected) as Topology;
    const { sharedStorageClass, ...platform } = production.platform as Json;
    expect(sharedStorageClass).toBe('efs');
    const without = { ...production, platform: { ...platform, tolerations: [] } } as Topology;
    expect(found({ storageClasses: [] }, without)).toEqual([]);
  });
});

describe('a quota', () => {
  const quota = (hard: Json, used: Json = {}, spec: Json = {}) => ({
    quotas: [object('ResourceQuota', 'team', { spec, status: { hard, used } })],
  });
  // Two nodes of 1280 MiB, two load balancers and the database, and a third load balancer or a job beside them.
  const memory = NEEDS.amounts['requests.memory'] as number;

  test('is compared with what runs at most, one pod more than what runs always', () => {
    expect(NEEDS.amounts.pods).toBe(2 + 2 + 1 + 1);
    expect(found(quota({ 'requests.memory': String(memory) }))).toEqual([]);
    expect(found(quota({ 'requests.memory': String(memory - 1), pods: '5' }))).toEqual([
      expect.stringMatching(
        /^error platform.namespace: the quota team of identity is too small: requests.memory: \d+ MiB needed, \d+ MiB left; pods: 6 needed, 5 left; ask for more$/,
      ),
    ]);
    expect(found(quota({ memory: String(memory - 1) }))[0]).toContain('memory: ');
  });

  test('leaves what is not used, and what the environment itself uses', () => {
    const hard = { 'requests.memory': String(memory), services: '10' };
    const used = { 'requests.memory': '512Mi', services: '7' };
    expect(found(quota(hard, used))).toHaveLength(1);
    const spec = { containers: [{ name: 'a', resources: { requests: { memory: '512Mi' } } }] };
    const existing = new Map(
      NEEDS.objects.filter(({ kind }) => kind === 'Service').map(({ reference }) => [reference, 'bank']),
    );
    expect(found({ ...quota(hard, used), pods: [object('Pod', 'bank-node-1-x', { spec })], existing })).toEqual([]);
  });

  test('of processors that pods do not limit would refuse them, but for a default', () => {
    const limited = quota({ 'limits.cpu': '100' });
    expect(found(limited)).toEqual([expect.stringMatching(/counts limits.cpu, which the pods do not set/)]);
    const limits = [object('LimitRange', 'd', { spec: { limits: [{ type: 'Container', default: { cpu: '2' } }] } })];
    expect(found({ ...limited, limits })).toEqual([]);
  });

  test('of a scope is not judged', () => {
    expect(found(quota({ pods: '0' }, {}, { scopes: ['BestEffort'] }))).toEqual([]);
  });
});

test('a limit range below what a container takes is told', () => {
  const limits = [object('LimitRange', 'small', { spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] } })];
  expect(found({ limits })).toEqual([
    'error platform.namespace: bank-node-1 takes 1280Mi of memory, and the limit range small allows 1Gi in identity; ask for more, or make it smaller',
    'error platform.namespace: bank-node-2 takes 1280Mi of memory, and the limit range small allows 1Gi in identity; ask for more, or make it smaller',
    expect.stringContaining('bank-load-balancer takes'),
  ]);
});

describe('ports of the machines', () => {
  const port = (namespace: string, service: string) => ({ machinePorts: [{ namespace, service, port: 30443 }] });

  test('that another Service has are told with it', () => {
    expect(found(port('payments', 'gateway'))).toEqual([
      "error load_balancer.https_port: port 30443 of the cluster's machines is taken by the Service gateway in the namespace payments; choose another",
    ]);
    expect(found(port('other', bank.loadBalancer.containerName))).toHaveLength(1);
  });

  test('that the environment has itself are free', () => {
    expect(found(port('identity', bank.loadBalancer.containerName))).toEqual([]);
  });
});

describe('machines', () => {
  const taints = [{ key: 'bank.example/identity', effect: 'NoSchedule' }];

  test('of which one alone takes pods are a warning, none an error', () => {
    const tainted = [machine('one'), machine('two', { taints }), machine('three', { unschedulable: true })];
    expect(found({ machines: tainted })).toEqual([
      'warning platform.tolerations: only the machine one takes the pods: with it everything is gone; add machines, or the tolerations for those that there are',
    ]);
    expect(found({ machines: tainted.slice(1) })).toEqual([
      expect.stringMatching(/^error platform.tolerations: no machine/),
    ]);
  });

  test('with a taint that is tolerated take them', () => {
    const platform = { ...bank.platform, tolerations: taints } as Topology['platform'];
    expect(
      found({ machines: [machine('one', { taints }), machine('two', { taints })] }, { ...bank, platform }),
    ).toEqual([]);
  });

  test('must have the memory of a node', () => {
    const small = [machine('one', { memory: '1Gi' }), machine('two', { memory: '1200Mi' })];
    expect(found({ machines: small })).toEqual([
      'error identity_server.memory_mb: a node takes 1280 MiB, and no machine has more than 1200 MiB for pods',
    ]);
  });
});

describe('what is read', () => {
  test('objects that are there, and whose they are, from the table that kubectl prints', () => {
    const table = `secret/bank-keystores   Opaque   3   5m   a=b,wso2-is-active-active.environment=bank,c=d
pod/x   1/1   Running   3 (5m ago)   1h   <none>
`;
    expect([...existingIn(table)]).toEqual([
      ['secret/bank-keystores', 'bank'],
      ['pod/x', ''],
    ]);
  });

  test.each([
    ['500m', 0.5],
    ['1280Mi', 1280 * 2 ** 20],
    ['1G', 1e9],
    ['1e3', 1000],
    ['2', 2],
    ['0', 0],
  ])('the quantity %s', (text, amount) => {
    expect(parseQuantity(text)).toBe(amount);
  });

  test('no quantity is an error', () => {
    expect(() => parseQuantity('1 Gi')).toThrow('"1 Gi" is no quantity');
  });

  test('amounts for people', () => {
    expect(quantityText('requests.memory', 2 ** 30)).toBe('1024 MiB');
    expect(quantityText('limits.cpu', 0.25)).toBe('250m');
    expect(quantityText('count/jobs.batch', 3)).toBe('3');
  });

  test('a pod takes what its containers take together, or one before them, whichever is more', () => {
    const taking = (memory: string) => ({ name: 'x', resources: { requests: { memory } } });
    expect(
      podAmounts({ containers: [taking('1Gi'), taking('1Gi')], initContainers: [taking('3Gi'), taking('1Gi')] }),
    ).toEqual({ 'requests.memory': 3 * 2 ** 30, pods: 1 });
  });

  test('resources are named as rights name them', () => {
    const named = Object.fromEntries(NEEDS.objects.map(({ kind, resource }) => [kind, resource]));
    expect(named).toMatchObject({
      Secret: 'secrets',
      NetworkPolicy: 'networkpolicies.networking.k8s.io',
      PodDisruptionBudget: 'poddisruptionbudgets.policy',
      Deployment: 'deployments.apps',
    });
  });
});
