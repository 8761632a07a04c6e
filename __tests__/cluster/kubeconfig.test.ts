import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { App } from 'cdktf';
import { clusterRuns, ensureCluster, KUBECONFIG, removeCluster } from '../../cli/cluster/cluster';
import { kubectl } from '../../cli/cluster/kubectl';
import { EnvironmentCluster } from '../../cli/environment-cluster';
import { kubeconfigVariables } from '../../cli/kubernetes/kubeconfig';
import { run } from '../../cli/setup/process';
import { ensureProviders, KUBERNETES_PROVIDERS } from '../../cli/setup/providers';
import { ensureTerraform, type Terraform } from '../../cli/setup/terraform';
import { KubernetesStack } from '../../constructs/kubernetes/kubernetes-stack';
import { filesWith } from '../support/canaries';
import { temporaryDirectory, topology } from '../support/synth';

// The ways in which a cluster lets somebody in, as each kind of cluster writes them into a kubeconfig: kubectl and Terraform's provider go the
// same way, and nothing of it is in what Terraform keeps. No pod is started.

const CONTEXT = 'wso2-kube';
const NAMESPACE = `kubeconfig-${randomBytes(3).toString('hex')}`;
const environment = topology(
  `
[platform]
kind = "kubernetes"
context = "${CONTEXT}"
namespace = "${NAMESPACE}"
publish = "node-port"
[identity_server]
distribution = "sandbox"
[load_balancer]
hostname = "is.bank.test"
http_port = 31944
https_port = 31945
`,
  'bank',
);
const [layer] = environment.stacks;
const cluster = new EnvironmentCluster(environment);

const hadCluster = clusterRuns();
const folder = temporaryDirectory('kubeconfig-');
const terraformFolder = temporaryDirectory('terraform-');
const { HOME: home } = process.env;
process.env.PATH = `${dirname(KUBECONFIG)}${delimiter}${process.env.PATH}`;

interface Cluster {
  readonly server: string;
  readonly 'certificate-authority-data': string;
}

interface Certificate {
  readonly 'client-certificate-data': string;
  readonly 'client-key-data': string;
}

interface Kubeconfig<User> {
  readonly clusters: readonly { readonly name: string; readonly cluster: Cluster }[];
  readonly users: readonly { readonly name: string; readonly user: User }[];
  readonly contexts: readonly object[];
}

let terraform: Terraform;
let providers: NodeJS.ProcessEnv = {};
let own: Kubeconfig<Certificate>;
let certificate: Certificate;
/** Of a service account. */
let token = '';

/** Parts of a kubeconfig as a file. @returns its path */
function written(name: string, { clusters, users, contexts }: Partial<Kubeconfig<object>>): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, users, contexts }), { mode: 0o600 });
  return file;
}

/** The cluster's own kubeconfig with another user. */
function asUser(name: string, user: object, change: (cluster: Cluster) => object = (cluster) => cluster): string {
  const [first] = own.clusters;
  return written(name, {
    ...own,
    clusters: [{ name: CONTEXT, cluster: change(first?.cluster as Cluster) as Cluster }],
    users: [{ name: 'admin', user }],
  });
}

const fileWith = (name: string, base64: string): string => {
  writeFileSync(join(folder, name), Buffer.from(base64, 'base64'), { mode: 0o600 });
  return name;
};

/** A program that says who asks, as those of cloud providers and company logins do. */
function loginProgram(name: string, status: object): string {
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\ncat <<'CREDENTIAL'\n${JSON.stringify(credential)}\nCREDENTIAL\n`, { mode: 0o700 });
  return file;
}

const byProgram = (command: string) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'IfAvailable' },
});

/** Has kubectl and Terraform's provider each do something with a kubeconfig. @param kubeconfig value of KUBECONFIG. @default - none */
async function expectBothToBeLetIn(kubeconfig?: string): Promise<void> {
  if (kubeconfig === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = kubeconfig;
  const mark = randomBytes(6).toString('hex');
  const { name } = applied(mark);
  const variables = { ...providers, ...(await kubeconfigVariables(CONTEXT)) };
  const options = { cwd: join(terraformFolder, 'stacks', layer?.name ?? ''), env: variables };
  await run(terraform.binary, ['init', '-input=false', '-no-color'], options);
  await run(terraform.binary, ['plan', '-input=false', '-no-color', '-out=tfplan'], options);
  await run(terraform.binary, ['apply', '-input=false', '-no-color', 'tfplan'], options);
  const found = JSON.parse(await cluster.kubectl(['get', 'configmap', name, '--output', 'json']));
  expect(found.data).toEqual({ mark });
}

/** Writes a layer of one object for Terraform. */
function applied(mark: string): { readonly name: string } {
  const metadata = { name: 'letter', namespace: NAMESPACE };
  const app = new App({ outdir: terraformFolder });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mark } };
  if (layer === undefined) throw new Error('no layer');
  new KubernetesStack(app, environment, { stack: layer, manifests: [{ id: 'letter', object }] });
  app.synth();
  return metadata;
}

jest.setTimeout(120_000);

beforeAll(async () => {
  await ensureCluster();
  terraform = await ensureTerraform();
  providers = await ensureProviders(terraform, KUBERNETES_PROVIDERS);
  own = JSON.parse(readFileSync(KUBECONFIG, 'utf8'));
  certificate = own.users[0]?.user as Certificate;
  await kubectl(['create', 'namespace', NAMESPACE]);
  const inNamespace = ['--namespace', NAMESPACE];
  await kubectl([...inNamespace, 'create', 'serviceaccount', 'operator']);
  const account = `--serviceaccount=${NAMESPACE}:operator`;
  await kubectl([...inNamespace, 'create', 'rolebinding', 'operator', '--clusterrole=admin', account]);
  token = (await kubectl([...inNamespace, 'create', 'token', 'operator'])).trim();
}, 1_200_000);

afterAll(async () => {
  process.env.HOME = home;
  if (hadCluster) await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  else await removeCluster();
}, 120_000);

test('a client certificate with its key in the file, as kind, k3s and kubeadm write it', async () => {
  await expectBothToBeLetIn(asUser('inlined', certificate));
});

test('a client certificate, its key and the authority in files of their own, as minikube writes it; also relative to the kubeconfig', async () => {
  const { 'client-certificate-data': pem, 'client-key-data': key } = certificate;
  const names = { 'client-certificate': fileWith('client.crt', pem), 'client-key': fileWith('client.key', key) };
  const withAuthority = ({ server, 'certificate-authority-data': authority }: Cluster) => ({
    server,
    'certificate-authority': fileWith('ca.crt', authority),
  });
  await expectBothToBeLetIn(asUser('relative', names, withAuthority));
  const paths = Object.fromEntries(Object.entries(names).map(([kind, name]) => [kind, join(folder, name)]));
  await expectBothToBeLetIn(asUser('absolute', paths));
});

test('a token, in the file or beside it', async () => {
  await expectBothToBeLetIn(asUser('token', { token }));
  await expectBothToBeLetIn(
    asUser('token-file', { tokenFile: join(folder, fileWith('token.txt', Buffer.from(token).toString('base64'))) }),
  );
});

test('a program that says who asks, by a token or by a certificate', async () => {
  await expectBothToBeLetIn(asUser('program', byProgram(loginProgram('bank-login', { token }))));
  const pem = (base64: string) => Buffer.from(base64, 'base64').toString();
  const status = {
    clientCertificateData: pem(certificate['client-certificate-data']),
    clientKeyData: pem(certificate['client-key-data']),
  };
  await expectBothToBeLetIn(
    asUser('program-relative', byProgram(`./${loginProgram('card-login', status).slice(folder.length + 1)}`)),
  );
});

test("the user's own file, where KUBECONFIG is not set", async () => {
  mkdirSync(join(folder, 'home', '.kube'), { recursive: true });
  copyFileSync(KUBECONFIG, join(folder, 'home', '.kube', 'config'));
  process.env.HOME = join(folder, 'home');
  try {
    await expectBothToBeLetIn();
  } finally {
    process.env.HOME = home;
  }
});

test('of several files the one that has all of the context; where its parts are in several, what to do is said', async () => {
  const { clusters, contexts } = own;
  const elsewhere = written('elsewhere', { clusters: [], contexts: [], users: [{ name: 'other', user: {} }] });
  await expectBothToBeLetIn([elsewhere, asUser('whole', certificate)].join(delimiter));
  const parts = [written('parts', { clusters, contexts }), written('users', { users: own.users })];
  process.env.KUBECONFIG = parts.join(delimiter);
  await expect(kubeconfigVariables(CONTEXT)).rejects.toThrow(/in several files of KUBECONFIG .* kubectl config view /s);
  const [command] = /kubectl config view [^>\n]*/.exec(String(await kubeconfigVariables(CONTEXT).catch(String))) ?? [];
  const whole = join(folder, 'made-of-parts');
  await run('sh', ['-c', `umask 077; ${command} >'${whole}'`]);
  await expectBothToBeLetIn(whole);
});

test('nothing of it is in what Terraform keeps', async () => {
  const secrets = [token, certificate['client-key-data']];
  const key = Buffer.from(certificate['client-key-data'], 'base64').toString().split('\n')[1] ?? '';
  expect(key.length).toBeGreaterThan(40);
  expect(await filesWith([...secrets, key], [folder])).not.toEqual([]);
  expect(await filesWith([...secrets, key], [terraformFolder])).toEqual([]);
});
