import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { clusterRuns, ensureCluster, KUBECONFIG, removeCluster } from '../../cli/cluster/cluster';
import { kubectl } from '../../cli/cluster/kubectl';
import { machineNamed } from '../../cli/cluster/layout';
import { EnvironmentCluster } from '../../cli/environment-cluster';
import { foreseenOnCluster } from '../../cli/kubernetes/preflight';
import { run } from '../../cli/setup/process';
import { temporaryDirectory, topology } from '../support/synth';

// What stands in the way, made on a real cluster, mistake by mistake. No pod is started.

const NAMESPACE = `preflight-${randomBytes(3).toString('hex')}`;
const CONTEXT = 'wso2-kube';
const HTTPS_PORT = 31_943;
/** Nobody has this address in the cluster's network. */
const NOBODY = machineNamed('machine-1').address.replace(/\d+$/, '99');

const hadCluster = clusterRuns();
const folder = temporaryDirectory('kubeconfig-');
process.env.PATH = `${dirname(KUBECONFIG)}${delimiter}${process.env.PATH}`;

interface Platform {
  readonly context?: string;
  readonly namespace?: string;
  readonly storage?: string;
}

/** What is told of an environment in this namespace, as it would be told before it is created. */
async function told({ context = CONTEXT, namespace = NAMESPACE, storage = '' }: Platform = {}): Promise<string[]> {
  const toml = `
[platform]
kind = "kubernetes"
context = "${context}"
namespace = "${namespace}"
publish = "node-port"
${storage}
[identity_server]
distribution = "sandbox"
memory_mb = 1024
heap_mb = 384
[load_balancer]
hostname = "is.bank.test"
http_port = 31942
https_port = ${HTTPS_PORT}
`;
  const environment = topology(toml, 'bank');
  const found = await foreseenOnCluster(environment, new EnvironmentCluster(environment));
  return found.map(({ severity, key, message }) => `${severity} ${key}: ${message}`);
}

const inNamespace = (...args: string[]) => kubectl(['--namespace', NAMESPACE, ...args]);
const create = (...objects: object[]) =>
  kubectl(['create', '--filename', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));

/** With another kubeconfig, made of the cluster's own. */
async function withKubeconfig<T>(edits: readonly (readonly string[])[], work: () => Promise<T>): Promise<T> {
  const file = join(folder, `${randomBytes(3).toString('hex')}.yaml`);
  copyFileSync(KUBECONFIG, file);
  for (const edit of edits) await run('kubectl', ['--kubeconfig', file, 'config', ...edit]);
  process.env.KUBECONFIG = file;
  try {
    return await work();
  } finally {
    process.env.KUBECONFIG = KUBECONFIG;
  }
}

const asUser = (token: string) => [
  ['set-credentials', 'another', `--token=${token}`],
  ['set-context', CONTEXT, '--user=another'],
];

beforeAll(async () => {
  await ensureCluster();
  process.env.KUBECONFIG = KUBECONFIG;
  await kubectl(['create', 'namespace', NAMESPACE]);
}, 1_200_000);

afterAll(async () => {
  if (!hadCluster) return removeCluster();
  await kubectl(['delete', 'storageclass', `${NAMESPACE}-local`, '--ignore-not-found']);
  await kubectl(['delete', 'namespace', NAMESPACE, `${NAMESPACE}-other`, '--wait=false', '--ignore-not-found']);
  return undefined;
}, 120_000);

test('nothing, where all is well', async () => {
  expect(await told()).toEqual([]);
});

test('a context that the kubeconfig has not, a cluster that does not answer, one that does not know who asks', async () => {
  expect(await told({ context: 'another-bank' })).toEqual([
    expect.stringMatching(/^error platform.context: there is no context another-bank in .*, which has wso2-kube;/),
  ]);
  const server = (
    await run('kubectl', ['--kubeconfig', KUBECONFIG, 'config', 'view', '--output', 'jsonpath={.clusters[0].name}'])
  ).stdout;
  expect(await withKubeconfig([['set-cluster', server, `--server=https://${NOBODY}:6443`]], told)).toEqual([
    expect.stringMatching(new RegExp(`^error platform.context: the cluster of .*${NOBODY}:6443.* cannot be reached: `)),
  ]);
  expect(await withKubeconfig(asUser('nobody'), told)).toEqual([
    expect.stringMatching(/^error platform.context: .* does not take who the kubeconfig says you are/),
  ]);
});

test('a namespace that is missing, the one of the cluster itself, or of another environment', async () => {
  expect(await told({ namespace: `${NAMESPACE}-missing` })).toEqual([expect.stringContaining('there is no namespace')]);
  expect(await told({ namespace: 'kube-system' })).toEqual([expect.stringContaining("the cluster's own")]);
  const labels = { 'wso2-is-active-active.environment': 'payments' };
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${NAMESPACE}-other`, labels } });
  expect(await told({ namespace: `${NAMESPACE}-other` })).toEqual([
    expect.stringContaining('is of the environment payments'),
  ]);
});

test('a namespace of somebody else, until its label says that it is meant', async () => {
  await inNamespace('create', 'deployment', 'payments', '--image=payments', '--replicas=0');
  expect(await told()).toEqual([expect.stringContaining("is somebody else's: it has deployment.apps/payments;")]);
  await kubectl(['label', 'namespace', NAMESPACE, 'wso2-is-active-active.environment=bank']);
  expect(await told()).toEqual([]);
});

test('an object of the same name', async () => {
  await inNamespace('create', 'secret', 'generic', 'bank-keystores');
  expect(await told()).toEqual([
    expect.stringContaining('has secret/bank-keystores, which is not of this environment'),
  ]);
  await inNamespace('delete', 'secret', 'bank-keystores');
});

test('storage classes that there are not, or that several machines cannot write', async () => {
  const name = `${NAMESPACE}-local`;
  await create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'rancher.io/local-path',
  });
  expect(await told({ storage: `storage_class = "fast"\nshared_storage_class = "${name}"` })).toEqual([
    expect.stringMatching(/^error platform.storage_class: there is no storage class fast; the cluster has /),
    expect.stringMatching(/^error platform.shared_storage_class: .* \(ReadWriteMany\): its provisioner is rancher/),
  ]);
});

test('a port of the machines that another Service has', async () => {
  const ports = [{ port: 443, nodePort: HTTPS_PORT }];
  await create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'gateway', namespace: NAMESPACE },
    spec: { type: 'NodePort', ports },
  });
  expect(await told()).toEqual([
    `error load_balancer.https_port: port ${HTTPS_PORT} of the cluster's machines is taken by the Service gateway in the namespace ${NAMESPACE}; choose another`,
  ]);
  await inNamespace('delete', 'service', 'gateway');
});

test('a quota that is too small, and one of what the pods do not set', async () => {
  await inNamespace('create', 'quota', 'team', '--hard=pods=4,limits.cpu=4');
  await inNamespace('wait', 'quota/team', '--for=jsonpath={.status.hard.pods}=4');
  expect(await told()).toEqual([
    expect.stringContaining('the quota team of '),
    expect.stringContaining('counts limits.cpu, which the pods do not set'),
  ]);
  await inNamespace('delete', 'quota', 'team');
});

test('rights that are missing; those of who owns the namespace alone are enough', async () => {
  const account = (name: string, role: string) => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace: NAMESPACE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    },
  ];
  await create(...account('viewer', 'view'), ...account('owner', 'admin'));
  const tokenOf = async (name: string) => (await inNamespace('create', 'token', name)).trim();
  const viewed = await withKubeconfig(asUser(await tokenOf('viewer')), told);
  expect(viewed).toEqual([
    expect.stringMatching(/^error platform.context: .* may not get secrets, .*; create secrets, /),
  ]);
  expect(await withKubeconfig(asUser(await tokenOf('owner')), told)).toEqual([]);
});

test('and by all that nothing was changed', async () => {
  const ours = ['--selector', 'wso2-is-active-active.environment=bank', '--output', 'name'];
  expect(await inNamespace('get', 'all,secrets,configmaps,pvc,networkpolicies', ...ours)).toBe('');
});
