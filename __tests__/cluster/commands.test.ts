import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MACHINES } from '../../cli/cluster/layout';
import { run } from '../../cli/setup/process';
import { createAuthority, type Identity, issue } from '../support/certificates';
import { Client } from '../support/client';
import { ClusterEnvironment } from '../support/cluster-environment';
import { placeOf } from '../support/places';
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

const ports = { http: 30_186, https: 30_586 };
const environment = new ClusterEnvironment(NAME, ports);
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
let directory: Identity;

beforeAll(async () => {
  directory = await createAuthority('Directory Root CA');
  await environment.prepare({ clientAuthority: directory.certificate });
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

describe('client certificates', () => {
  const HEADER = 'x-wso2-mutual-auth-cert';
  const oneLine = ({ certificate }: Identity) => certificate.replaceAll('\n', '');
  const PURPOSE = ['extendedKeyUsage=clientAuth'];
  let bank: Identity;
  let shows: (certificate?: Identity) => Client;

  beforeAll(async () => {
    bank = await issue(directory, 'Third Party', PURPOSE);
    const ca = await stored(KEYSTORES, 'ca.crt');
    const balancer = (await status()).components.find(({ component }) => component === 'load-balancer');
    const { address } = MACHINES.find(({ name }) => name === balancer?.machine) ?? { address: 'none' };
    const { hostname } = placeOf(NAME);
    shows = (certificate) => new Client({ address, port: ports.https, hostname, ca, certificate, keepAlive: false });
  });

  test('reach the node when they verify; a forged header does not, with one or without', async () => {
    const seen = async (certificate?: Identity) => {
      const { status: code, body } = await shows(certificate).post('/probe/echo', '', { [HEADER]: 'forged' });
      return [code, (JSON.parse(body).headers as Record<string, string[]>)[HEADER]];
    };
    expect(await seen(bank)).toEqual([200, [oneLine(bank)]]);
    expect(await seen()).toEqual([200, undefined]);
  });

  test('are refused with 400 when another authority has issued them', async () => {
    const stranger = await issue(await createAuthority('Stranger Root CA'), 'Stranger', PURPOSE);
    expect((await shows(stranger).post('/probe/echo')).status).toBe(400);
  });

  test('are believed of the load balancers alone: where the network lets every pod through, a node refuses the others', async () => {
    const asks = (header: string) =>
      inNamespace(
        ...['exec', `deployment/${NAME}-node-2`, '--', 'sh', '-c'],
        `curl -sk -m 3 -o /dev/null -w '%{http_code}' -H "$0" https://${NAME}-node-1:$HTTPS_PORT/probe/echo || true`,
        header,
      );
    const forged = `${HEADER}: ${oneLine(bank)}`;
    expect(await asks(forged)).toBe('000');
    await inNamespace('delete', 'networkpolicies', '--all');
    await eventually('the network lets it through', 60, async () => (await asks(forged)) !== '000');
    for (const header of [forged, 'X-Load-Balancer-Token: guessed', 'X-Forwarded-For: 127.0.0.1']) {
      expect([header, await asks(header)]).toEqual([header, '403']);
    }
    expect((await shows(bank).get('/probe/echo')).status).toBe(200);
    await apply();
    await eventually('the network keeps it away', 60, async () => (await asks(forged)) === '000');
  });
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
