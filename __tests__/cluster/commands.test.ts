import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { clusterRuns, ensureCluster, KUBECONFIG, removeCluster } from '../../cli/cluster/cluster';
import { loadImages } from '../../cli/cluster/images';
import { kubectl } from '../../cli/cluster/kubectl';
import { MACHINES } from '../../cli/cluster/layout';
import { STORAGE_CLASS } from '../../cli/cluster/manifests';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { run } from '../../cli/setup/process';
import type { ComponentStatus } from '../../cli/status/components';
import { sandboxImageTags } from '../../images/tags';
import { placeOf } from '../support/places';
import { ProcessWatch } from '../support/process-watch';
import { eventually, PROJECT, Workspace } from '../support/workspace';

const NAME = 'cluster-commands';
const SECRETS = `${NAME}-identity-server-secrets`;
/** Chosen before the first start. */
const IMPORTED = 'Imported-Canary-3141';
const ROTATED = 'Rotated-Canary-2718';
/** A node is in rotation again after its start and what the cluster's names take. */
const SERVES_SECONDS = 180;

const hadCluster = clusterRuns();
const workspace = new Workspace();
const { hostname } = placeOf(NAME);
// As a user's shell has it.
process.env.KUBECONFIG = KUBECONFIG;
process.env.PATH = `${dirname(KUBECONFIG)}${delimiter}${process.env.PATH}`;

interface Status {
  readonly healthy: boolean;
  readonly components: readonly ComponentStatus[];
  readonly changed: readonly { readonly volume: string; readonly files: readonly string[]; readonly reason: string }[];
  readonly published: { readonly served: boolean; readonly addresses: readonly string[] };
}

const inNamespace = (...args: string[]) => kubectl(['--namespace', NAME, ...args]);

async function status(): Promise<Status> {
  const { stdout } = await run('sh', ['-c', 'node --require "$0" "$1" --json || true', LOADER, STATUS], {
    cwd: workspace.directory,
    env: { ENVIRONMENT: NAME },
  });
  return JSON.parse(stdout) as Status;
}
const LOADER = join(PROJECT, 'typescript.cjs');
const STATUS = join(PROJECT, 'cli', 'status.ts');

const untilHealthy = () => eventually('all is well', SERVES_SECONDS, async () => (await status()).healthy);

async function apply(): Promise<void> {
  await workspace.make('manifests', NAME);
  await run('sh', [join(PROJECT, 'docs', 'apply-manifests.sh'), NAME], { cwd: workspace.directory });
}

async function stored(secret: string, file: string): Promise<string> {
  const text = await inNamespace('get', 'secret', secret, '--output', 'json');
  const { data } = JSON.parse(text) as { data: Record<string, string> };
  return Buffer.from(data[file] ?? '', 'base64').toString('utf8');
}

/** Digests of what every Secret of the environment holds. */
async function digests(): Promise<Record<string, string>> {
  const text = await inNamespace('get', 'secrets', '--output', 'json');
  const { items } = JSON.parse(text) as { items: { metadata: { name: string }; data?: object }[] };
  return Object.fromEntries(
    items.map(({ metadata: { name }, data }) => [
      name,
      createHash('sha256')
        .update(JSON.stringify(Object.entries(data ?? {}).sort()))
        .digest('hex'),
    ]),
  );
}

/** Runs a command while nobody may have a value among its arguments or variables. */
async function unseen<T>(
  value: string,
  work: () => Promise<T>,
  files?: ConstructorParameters<typeof ProcessWatch>[1],
): Promise<T> {
  const watch = new ProcessWatch(value, files);
  try {
    return await work();
  } finally {
    const { seen, looks } = watch.end();
    expect({ seen, looked: looks > 10 }).toEqual({ seen: [], looked: true });
  }
}

let archive = '';

beforeAll(async () => {
  const { identityServer, postgresql, nginx } = sandboxImageTags();
  const images = [identityServer, postgresql, nginx];
  await ensureSetup({ images });
  await ensureCluster();
  await loadImages(images);
  await kubectl(['delete', 'namespace', NAME, '--ignore-not-found']);
  await kubectl(['create', 'namespace', NAME]);
  await kubectl(['label', 'namespace', NAME, 'pod-security.kubernetes.io/enforce=restricted']);
  await workspace.configure(
    NAME,
    `[platform]
kind = "kubernetes"
context = "wso2-kube"
publish = "node-port"
storage_gib = 1
shared_storage_class = "${STORAGE_CLASS}"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512
[load_balancer]
hostname = "${hostname}"
http_port = 30186
https_port = 30586
`,
  );
  // In a namespace that has nothing yet.
  await unseen(IMPORTED, () => workspace.make('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, IMPORTED));
  await apply();
  await untilHealthy();
}, 1_200_000);

afterAll(async () => {
  if (!hadCluster) await removeCluster();
  else await kubectl(['delete', 'namespace', NAME, '--wait=false']);
  await workspace.dispose();
}, 120_000);

jest.setTimeout(400_000);

test('status names every pod with its machine, who is in rotation at each load balancer, and what a client sees', async () => {
  const { components, published } = await status();
  const balancers = components.filter(({ component }) => component === 'load-balancer');
  expect(components.map(({ component }) => component)).toEqual([
    'database',
    'node-1',
    'node-2',
    ...balancers.map(() => 'load-balancer'),
  ]);
  expect(new Set(balancers.map(({ machine }) => machine)).size).toBe(2);
  for (const node of components.filter(({ component }) => component.startsWith('node-'))) {
    const says = Object.fromEntries(balancers.map(({ container }) => [container, 'in']));
    expect(node).toMatchObject({ rotation: 'in', balancers: says, health: 'healthy', reason: null });
    expect(MACHINES.map(({ name }) => name)).toContain(node.machine);
  }
  expect(published).toMatchObject({ served: true });
  expect(published.addresses.length).toBeGreaterThan(0);
});

test('the value that was imported before the first start is the one that the nodes work with', async () => {
  expect(await stored(SECRETS, 'ADMIN_PASSWORD')).toBe(IMPORTED);
  const { stdout } = await workspace.make('credentials', NAME);
  expect(stdout).toContain(`${NAME}-node-1 accepts it.`);
  expect(stdout).not.toContain(IMPORTED);
  const again = await workspace.tryMake('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, 'Another-Value-1234');
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('ADMIN_PASSWORD is in use')]);
  expect(await stored(SECRETS, 'ADMIN_PASSWORD')).toBe(IMPORTED);
});

test('a backup holds what is in the Secrets, and a Secret that is gone or changed by hand comes back from it', async () => {
  archive = workspace.path('keys.tar');
  const made = `${workspace.path('keys.tar')}.made`;
  const before = await digests();
  const make = ['make', '-s', '-f', join(PROJECT, 'Makefile'), 'backup', `ENVIRONMENT=${NAME}`];
  // The nodes have it among their variables.
  await unseen(IMPORTED, () => run('sh', ['-c', `"$@" >'${made}'`, 'sh', ...make], { cwd: workspace.directory }), [
    'cmdline',
  ]);
  await run('mv', [made, archive]);
  const fromArchive = `./${NAME}/identity-server-secrets/ADMIN_PASSWORD`;
  expect((await run('tar', ['-xOf', archive, fromArchive])).stdout).toBe(IMPORTED);

  await inNamespace('delete', 'secret', `${NAME}-certificate-authority`);
  expect((await status()).changed).toEqual([
    { volume: `${NAME}-certificate-authority`, files: [], reason: expect.stringContaining('is missing') },
  ]);
  const damaged = workspace.path('damaged.tar');
  writeFileSync(damaged, 'no archive');
  const restore = (file: string) =>
    run('sh', ['-c', `make -s -f "$0" restore ENVIRONMENT=${NAME} <'${file}' 2>&1 || echo failed`, make[3] as string], {
      cwd: workspace.directory,
    });
  expect((await restore(damaged)).stdout).toMatch(/^nothing was restored: [\s\S]*failed\n$/);
  expect((await digests())[`${NAME}-certificate-authority`]).toBeUndefined();
  const { stdout } = await restore(archive);
  expect(stdout).toContain(`${NAME}-certificate-authority is restored`);
  expect(stdout).toContain(`${SECRETS} has content and was left as it is`);
  expect(await digests()).toEqual(before);

  const wrong = Buffer.from('changed-by-hand-1').toString('base64');
  await inNamespace('patch', 'secret', SECRETS, '--patch', JSON.stringify({ data: { ADMIN_PASSWORD: wrong } }));
  const [changed] = (await status()).changed;
  expect(changed).toMatchObject({ files: ['ADMIN_PASSWORD'], reason: expect.stringContaining(fromArchive) });
  await workspace.make('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, IMPORTED);
  expect(await digests()).toEqual(before);
  // The jobs that read what was restored run again, and find it as it was.
  await apply();
  expect(await digests()).toEqual(before);
});

test("the administrator's password is rotated in the servers and the Secret; no argument, variable, log or event has it", async () => {
  await unseen(ROTATED, () => workspace.make('rotate-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, ROTATED));
  expect(await stored(SECRETS, 'ADMIN_PASSWORD')).toBe(ROTATED);
  expect((await workspace.make('credentials', NAME)).stdout).toContain('accepts it.');
  expect((await status()).changed).toEqual([]);
  const pods = (await inNamespace('get', 'pods', '--output', 'name')).trim().split('\n');
  const logs = pods.map((pod) => inNamespace('logs', pod, '--all-containers', '--ignore-errors'));
  const objects = inNamespace('get', 'pods,configmaps,events,jobs,deployments,statefulsets', '--output', 'json');
  const all = (await Promise.all([...logs, objects])).join('\n');
  for (const value of [IMPORTED, ROTATED]) {
    expect(all).not.toContain(value);
    expect(all).not.toContain(Buffer.from(value).toString('base64'));
  }
  expect(pods.some((pod) => pod.includes('helper'))).toBe(false);
});

test('a node that somebody has scaled away is missing with the reason, while clients are served by the other', async () => {
  await inNamespace('scale', 'deployment', `${NAME}-node-2`, '--replicas=0');
  await eventually('it is missing', SERVES_SECONDS, async () =>
    (await status()).components.some(({ component, state }) => component === 'node-2' && state === 'missing'),
  );
  const { components, healthy, published } = await status();
  expect(healthy).toBe(false);
  expect(published.served).toBe(true);
  expect(components.find(({ component, state }) => component === 'node-2' && state === 'missing')).toMatchObject({
    rotation: 'out',
    reason: expect.stringContaining(`its Deployment ${NAME}-node-2 is scaled to 0`),
  });
  const { exitCode } = await workspace.tryMake('status', NAME);
  expect(exitCode).toBe(2);
  await inNamespace('scale', 'deployment', `${NAME}-node-2`, '--replicas=1');
  await untilHealthy();
});
