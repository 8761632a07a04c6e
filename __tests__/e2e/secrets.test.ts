import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../cli/setup/process';
import { Client } from '../support/client';
import { type LoadReport, underLoad } from '../support/load';
import { placeOf } from '../support/places';
import { docker, eventually, inspect, PROJECT, psql, Workspace, waitUntilHealthy } from '../support/workspace';

// Passwords of a running pair: chosen before its first start, rotated under load, valid after a restart of everything.
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, subnet: SUBNET } = placeOf('e2e-secrets');
const NODES = [`${NAME}-node-1`, `${NAME}-node-2`] as const;
const DATABASE = `${NAME}-database`;
const CHOSEN = 'chosen-by-a-vault_1';
const NEXT = 'chosen-by-a-vault_2';

const workspace = new Workspace();
let ca: string;

async function load(work: () => Promise<unknown>): Promise<LoadReport> {
  const { report } = await underLoad(
    {
      ...{ address: ADDRESS, hostname: HOSTNAME, ca, name: 'rotation', clients: 4, pause: 25 },
      requests: [
        { method: 'GET', path: (id) => `/probe/echo?id=${id}` },
        { method: 'POST', path: (id) => `/probe/write?key=${NAME}&id=${id}` },
      ],
    },
    work,
  );
  console.log(`${report.sent} requests, ${report.failed.length} failed`);
  return report;
}

/** Status of the administrator's log-in at a node. */
async function logIn(node: string, password: string): Promise<string> {
  const credentials = Buffer.from(`admin:${password}`).toString('base64');
  const header = `Authorization: Basic ${credentials}`;
  return docker(
    ...['exec', node, 'curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}'],
    ...['-H', header, 'https://localhost:9446/scim2/Me'],
  );
}

const storedPassword = (file: string) => docker('exec', DATABASE, 'cat', `/run/database-secrets/${file}`);

/** What PostgreSQL says to a role and a password over the network. */
async function loginOf(role: string, password: string): Promise<string> {
  const address = SUBNET.replace(/0\/24$/, '2');
  const options = ['-XAtq', '-h', address, '-U', role, '-d', 'wso2_user', '-c', 'SELECT 1'];
  return docker('exec', '-e', `PGPASSWORD=${password}`, DATABASE, 'psql', ...options).then(
    (rows) => rows.trim(),
    (error: Error) => (/authentication failed|not permitted/.test(error.message) ? 'refused' : error.message),
  );
}

afterAll(() => workspace.dispose(), 120_000);

test('an administrator password that was chosen before the first start is the one that logs in', async () => {
  await workspace.configure(
    NAME,
    `network = { subnet = "${SUBNET}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
load_balancer = { hostname = "${HOSTNAME}", bind_address = "${ADDRESS}" }
`,
  );
  await workspace.make('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, 'chosen-by-mistake');
  await workspace.make('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, CHOSEN);
  await workspace.make('up', NAME);
  ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
  for (const node of NODES) expect(await logIn(node, CHOSEN)).toBe('200');
  expect((await workspace.make('credentials', NAME)).stdout).toContain(`${NODES[0]} accepts it`);

  for (const secret of ['ADMIN_PASSWORD', 'DATABASE_PASSWORD']) {
    const used = await workspace.tryMake('import-secret', NAME, { NAME: secret }, NEXT);
    expect(used.stderr).toContain(`make rotate-secret ENVIRONMENT=${NAME} NAME=${secret}`);
  }
}, 600_000);

test('both passwords are rotated under load without a failed request, and the old ones open nothing any more', async () => {
  const before = await Promise.all(NODES.map(inspect));
  const old = await storedPassword('DATABASE_PASSWORD');
  expect(await loginOf('wso2', old)).toBe('1');
  const { sent, failed } = await load(async () => {
    await workspace.make('rotate-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, NEXT);
    await workspace.make('rotate-secret', NAME, { NAME: 'DATABASE_PASSWORD' });
  });
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(500);

  for (const node of NODES) {
    expect(await logIn(node, CHOSEN)).toBe('401');
    expect(await logIn(node, NEXT)).toBe('200');
  }
  for (const [index, node] of NODES.entries()) expect((await inspect(node)).Id).not.toBe(before[index]?.Id);
  expect(readFileSync(workspace.path('config', `${NAME}.toml`), 'utf8')).toContain('password_revision = 2');
  const users = await psql(
    DATABASE,
    'postgres',
    "SELECT DISTINCT usename FROM pg_stat_activity WHERE usename ~ '^wso2'",
  );
  expect(users.trim()).toBe('wso2_2');
  expect(await loginOf('wso2', old)).toBe('refused');
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
  const secrets = [old, NEXT, await storedPassword('DATABASE_PASSWORD_2')];
  for (const file of [...workspace.files('state'), ...workspace.files('cdktf.out'), ...workspace.files('build')]) {
    const text = readFileSync(file, 'utf8');
    for (const secret of secrets) expect(text.includes(secret) ? file : '').toBe('');
  }
}, 600_000);

test('a password that was changed elsewhere is known as such, and stored when somebody says it', async () => {
  const elsewhere = 'changed-in-the-console_3';
  const request = `-X PATCH -H 'Content-Type: application/scim+json' -d '{"Operations":[{"op":"replace","value":{"password":"${elsewhere}"}}]}'`;
  const change = `curl -sk -o /dev/null -w '%{http_code}' -u admin:${NEXT} ${request} https://localhost:9446/scim2/Me`;
  expect(await docker('exec', NODES[0], 'sh', '-c', change)).toBe('200');
  expect((await workspace.make('credentials', NAME)).stdout).toContain('does NOT accept it');
  const unknown = await workspace.tryMake('rotate-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, 'guessed-by-somebody');
  expect(unknown.stderr).toContain('it was changed elsewhere');
  await workspace.make('rotate-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, elsewhere);
  expect((await workspace.make('credentials', NAME)).stdout).toContain('accepts it');
}, 300_000);

test('a secret that was changed by hand is found, put back where something else has it, and otherwise only as it was', async () => {
  const [login, admin] = ['database-secrets/DATABASE_PASSWORD_2', 'identity-server-secrets/ADMIN_PASSWORD'];
  const volumes = ['database-secrets', 'identity-server-secrets'].flatMap((each) => ['-v', `${NAME}-${each}:/${each}`]);
  const image = (await docker('inspect', '--format', '{{.Config.Image}}', DATABASE)).trim();
  const asRoot = (script: string) =>
    docker('run', '--rm', '--user', '0:0', ...volumes, '--entrypoint', 'sh', image, '-c', `cd / && ${script}`);
  const make = `make -s --no-print-directory -f "${PROJECT}/Makefile"`;
  // Through a shell, as the archive is no text.
  const shell = (command: string) => run('sh', ['-c', command], { cwd: workspace.directory });
  const before = await asRoot(`sha256sum ${login} ${admin}`);
  const digests = [...before.matchAll(/^[0-9a-f]{64}/gm)].map(String);
  await shell(`${make} backup ENVIRONMENT=${NAME} > keys.tar`);

  await asRoot(`rm ${login}`);
  const status = await workspace.tryMake('status', NAME);
  const removed = `DATABASE_PASSWORD_2 in the volume ${NAME}-database-secrets: changed or removed by hand; "make up`;
  expect([status.exitCode, status.stderr]).toEqual([expect.any(Number), expect.stringContaining(removed)]);
  await workspace.make('up', NAME);
  expect(await asRoot(`sha256sum ${login} ${admin}`)).toBe(before);
  await workspace.make('status', NAME);

  await asRoot(`echo by-somebody >${admin}`);
  const way = `tar -xOf keys.tar ./${NAME}/${admin} | make import-secret ENVIRONMENT=${NAME} NAME=ADMIN_PASSWORD`;
  for (const target of ['status', 'plan', 'up']) {
    const refused = await workspace.tryMake(target, NAME);
    expect([target, refused.exitCode]).not.toEqual([target, 0]);
    expect(refused.stderr).toContain(way);
    for (const digest of digests) expect(refused.stderr).not.toContain(digest);
  }
  const another = await workspace.tryMake('import-secret', NAME, { NAME: 'ADMIN_PASSWORD' }, 'another-one_4');
  expect(another.stderr).toContain('is in use');
  await shell(way.replace('make import-secret', `${make} import-secret`));
  expect(await asRoot(`sha256sum ${login} ${admin}`)).toBe(before);
  // Without a backup, a node that runs still has what it was started with.
  const keystore = 'identity-server-secrets/KEYSTORE_PASSWORD';
  const password = await asRoot(`cat ${keystore}`);
  await asRoot(`rm ${keystore}`);
  const running = `cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sed -n 's/^KEYSTORE_PASSWORD=//p' | head -n 1`;
  await shell(
    `docker exec ${NODES[0]} sh -c "${running}" | ${make} import-secret ENVIRONMENT=${NAME} NAME=KEYSTORE_PASSWORD`,
  );
  expect(await asRoot(`cat ${keystore}`)).toBe(password);
  await workspace.make('up', NAME);
  await workspace.make('status', NAME);
  for (const file of [...workspace.files('state'), ...workspace.files('cdktf.out'), ...workspace.files('build')]) {
    const text = readFileSync(file, 'utf8');
    for (const digest of digests) expect(text.includes(digest) ? file : '').toBe('');
  }
}, 180_000);

(process.getuid?.() === 0 ? test : test.skip)(
  'on a full volume no password is rotated, and the old one stays',
  async () => {
    const volume = (
      await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', `${NAME}-identity-server-secrets`)
    ).trim();
    const kept = workspace.path('kept-secrets');
    await run('cp', ['-a', volume, kept]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0500', 'tmpfs', volume]);
    try {
      // Its files, and what is left with something else.
      await run('sh', ['-c', `cp -a '${kept}/.' '${volume}/' && ! cat /dev/zero >'${volume}/filler'`]);
      const full = await workspace.tryMake('rotate-secret', NAME, { NAME: 'ADMIN_PASSWORD' });
      expect(full.stderr).toContain(`the volume ${NAME}-identity-server-secrets is full`);
    } finally {
      await run('umount', [volume]);
    }
    expect((await workspace.make('credentials', NAME)).stdout).toContain(`${NODES[0]} accepts it`);
    await workspace.make('status', NAME);
  },
  60_000,
);

test('after a restart of everything at once all of it works, with a left-over beside the secrets', async () => {
  const volume = ['--volume', `${NAME}-identity-server-secrets:/secrets`];
  const image = await docker('inspect', '--format', '{{.Config.Image}}', DATABASE);
  const leftOver = 'echo half >/secrets/ADMIN_PASSWORD.new';
  await docker('run', '--rm', '--user', '0:0', ...volume, '--entrypoint', 'sh', image.trim(), '-c', leftOver);
  const everything = [DATABASE, ...NODES, `${NAME}-load-balancer`];
  await docker('restart', '--time', '0', ...everything);
  await Promise.all(everything.map((container) => waitUntilHealthy(container, 240)));
  const client = new Client({ address: ADDRESS, hostname: HOSTNAME, ca, keepAlive: false });
  await eventually('a row is written through the load balancer', 30, async () => {
    return (await client.post(`/probe/write?key=${NAME}&id=restarted`)).status === 200;
  });
  client.close();
  for (const node of NODES) expect(await logIn(node, 'changed-in-the-console_3')).toBe('200');
}, 300_000);

test('what the commands take out of the volumes passes no log driver', async () => {
  const [bin, record] = [workspace.path('bin'), workspace.path('docker-calls')];
  const { stdout: client } = await run('which', ['docker']);
  mkdirSync(bin);
  const script = `#!/bin/sh\nprintf '%s\\0' "$*" >>"${record}"\nexec "${client.trim()}" "$@"\n`;
  writeFileSync(`${bin}/docker`, script, { mode: 0o755 });
  const { stdout: archive } = await workspace.make('backup', NAME, { PATH: `${bin}:${process.env.PATH}` });
  expect(archive).toContain('ADMIN_PASSWORD');
  const calls = readFileSync(record, 'utf8').split('\0');
  const containers = calls.filter((call) => call.startsWith('run '));
  expect(containers.length).toBeGreaterThan(0);
  for (const container of containers) {
    expect(container).toContain('--log-driver none');
    expect(container).toContain('--cap-drop ALL');
    expect(container).toContain('no-new-privileges');
  }
}, 300_000);
