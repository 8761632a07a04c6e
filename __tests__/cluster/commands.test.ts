import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MACHINES } from '../../cli/cluster/layout';
import { run } from '../../cli/setup/process';
import { ClusterEnvironment } from '../support/cluster-environment';
import { ProcessWatch } from '../support/process-watch';
import { eventually, PROJECT } from '../support/workspace';

const NAME = 'cluster-commands';
const SECRETS = `${NAME}-identity-server-secrets`;
const KEYSTORES = `${NAME}-keystores`;
/** Chosen before the first start. */
const IMPORTED = 'Imported-Canary-3141';
const ROTATED = 'Rotated-Canary-2718';
/** As long as a pod may take to stop. */
const MISSING_SECONDS = 180;

const environment = new ClusterEnvironment(NAME, { http: 30_186, https: 30_586 });
const { workspace, kubectl: inNamespace } = environment;
const status = () => environment.status();
const digests = () => environment.digests();
const stored = (secret: string, file: string) => environment.stored(secret, file);

async function apply(): Promise<void> {
  await workspace.make('manifests', NAME);
  await run('sh', [join(PROJECT, 'docs', 'apply-manifests.sh'), NAME], { cwd: workspace.directory });
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
  await environment.prepare();
  // In a namespace that has nothing yet.
  await unseen(IMPORTED, () => workspace.make('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, IMPORTED));
  await apply();
  await environment.untilHealthy();
}, 1_200_000);

afterAll(() => environment.dispose(), 120_000);

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
  const before = await digests();
  // The nodes have it among their variables.
  await unseen(IMPORTED, () => environment.makeInShell('backup', `>'${archive}'`), ['cmdline']);
  const fromArchive = `./${NAME}/identity-server-secrets/ADMIN_PASSWORD`;
  expect((await run('tar', ['-xOf', archive, fromArchive])).stdout).toBe(IMPORTED);

  await inNamespace('delete', 'secret', `${NAME}-certificate-authority`);
  expect((await status()).changed).toEqual([
    { volume: `${NAME}-certificate-authority`, files: [], reason: expect.stringContaining('is missing') },
  ]);
  const damaged = workspace.path('damaged.tar');
  writeFileSync(damaged, 'no archive');
  const restore = (file: string) => environment.makeInShell('restore', `<'${file}' 2>&1 || echo failed`);
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
  // The jobs that read what was restored run again, and find it as it was; the stores are made again of the same keys.
  const certificates = () => Promise.all(['ca.crt', 'tls.crt'].map((file) => stored(KEYSTORES, file)));
  const issued = await certificates();
  await apply();
  expect(await digests()).toEqual({ ...before, [KEYSTORES]: expect.not.stringMatching(before[KEYSTORES] as string) });
  expect(await certificates()).toEqual(issued);
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
  await eventually('it is missing', MISSING_SECONDS, async () =>
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
  await environment.untilHealthy();
});
