import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { issueCertificate } from '../support/certificates';
import { Client } from '../support/client';
import { type Place, placeOf } from '../support/places';
import { PROTECTED } from '../support/protected';
import { docker, eventually, inspect, PROJECT, psql, terraformHere, Workspace } from '../support/workspace';

// Two environments side by side: created, interrupted, destroyed and created again.
const workspace = new Workspace();
const ONE = placeOf('e2e-one');
const TWO = placeOf('e2e-two');
const SECOND_LOGIN = '[database]\npassword_revision = 2';

/** @param balancer further lines of the load balancer's table @param server further keys of the identity server's */
async function configure({ name, hostname, bindAddress, subnet }: Place, balancer = '', server = ''): Promise<void> {
  await workspace.configure(
    name,
    `network = { subnet = "${subnet}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384${server} }

[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
${balancer}
`,
  );
}

async function answers({ name, hostname, bindAddress }: Place): Promise<number> {
  const ca = readFileSync(workspace.path('build', name, 'ca.crt'), 'utf8');
  const client = new Client({ address: bindAddress, hostname, ca, keepAlive: false });
  const { status } = await client.get('/probe/health');
  client.close();
  return status;
}

async function labelled(kind: 'container' | 'network' | 'volume', name: string): Promise<string[]> {
  const all = kind === 'container' ? ['--all'] : [];
  const filter = `label=wso2-is-active-active.environment=${name}`;
  return (await docker(kind, 'ls', ...all, '--quiet', '--filter', filter)).split('\n').filter(Boolean);
}

/** Terraform processes that work in this workspace. */
async function terraformProcesses(): Promise<number[]> {
  const { binary } = await terraformHere();
  const pids = await run('pgrep', ['-x', binary.split('/').at(-1) as string]).catch(() => ({ stdout: '' }));
  const ours = await Promise.all(
    pids.stdout
      .split('\n')
      .filter(Boolean)
      .map(async (pid) => {
        const { stdout } = await run('readlink', [`/proc/${pid}/cwd`]).catch(() => ({ stdout: '' }));
        return stdout.startsWith(workspace.directory) ? [Number(pid)] : [];
      }),
  );
  return ours.flat();
}

afterAll(() => workspace.dispose(), 120_000);

test('terraform killed in the middle of an apply: the next make up converges', async () => {
  await configure(ONE);
  const interrupted = workspace.tryMake('up', ONE.name);
  const node = `${ONE.name}-node-1`;
  await eventually(
    `${node} is being created`,
    300,
    async () => (await docker('ps', '-aq', '--filter', `name=${node}`)) !== '',
  );
  const processes = await terraformProcesses();
  expect(processes.length).toBeGreaterThan(0);
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  expect((await interrupted).exitCode).not.toBe(0);

  const { stdout, stderr } = await workspace.make('up', ONE.name);
  expect(`${stdout}${stderr}`).toContain(`Removing leftovers of an interrupted run: ${node}`);
  expect(await answers(ONE)).toBe(200);
  expect((await workspace.make('plan', ONE.name)).stdout).toContain('Nothing to change.');
}, 600_000);

test('plain cdktf deploys and destroys an environment beside the first, and neither touches the other', async () => {
  await configure(TWO);
  const before = await labelled('container', ONE.name);
  const { variables } = await terraformHere();
  const cdktf = (...args: string[]) =>
    run(workspace.cdktf, args, {
      cwd: workspace.directory,
      env: { ...variables, CHECKPOINT_DISABLE: '1', CI: 'true' },
    });
  workspace.useCdktf();
  const deployed = await cdktf('deploy', `${TWO.name}-*`, '--auto-approve', '--skip-provider-lock');
  expect(deployed.stdout).toContain(`${TWO.name}-load-balancer`);
  expect(await answers(TWO)).toBe(200);
  expect(await answers(ONE)).toBe(200);
  expect((await cdktf('diff', `${TWO.name}-node-1`, '--skip-provider-lock')).stdout).toContain('No changes.');
  expect((await workspace.make('plan', TWO.name)).stdout).toContain('Nothing to change.');

  await cdktf('destroy', `${TWO.name}-*`, '--auto-approve', '--skip-provider-lock');
  for (const kind of ['container', 'network', 'volume'] as const) expect(await labelled(kind, TWO.name)).toEqual([]);
  expect(await labelled('container', ONE.name)).toEqual(before);
  expect(await answers(ONE)).toBe(200);
}, 600_000);

test('other files stop nothing but what would collide with them, and a renamed one is told what runs under its old name', async () => {
  const own = workspace.path('config', `${ONE.name}.toml`);
  const copied = workspace.path('config', 'other-copied.toml');
  const mistaken = workspace.path('config', 'other-mistaken.toml');
  renameSync(own, copied);
  for (const target of ['plan', 'up']) {
    const renamed = await workspace.tryMake(target, 'other-copied');
    expect(renamed.stderr).toContain(
      `another environment on this engine, ${ONE.name}, has the subnet ${ONE.subnet}, the port ${ONE.bindAddress}:`,
    );
    expect(renamed.stderr).toContain('give it its name back');
    expect(renamed.exitCode).not.toBe(0);
  }
  copyFileSync(copied, own);
  writeFileSync(mistaken, 'network = ');
  const refused = await workspace.tryMake('plan', ONE.name);
  expect(refused.stderr).toContain(`other-copied.toml:1  network.subnet: ${ONE.subnet} overlaps`);
  expect(refused.exitCode).not.toBe(0);
  for (const reading of ['status', 'credentials', 'diagram']) await workspace.make(reading, ONE.name);
  await workspace.make('backup', ONE.name);
  rmSync(copied);
  expect((await workspace.make('plan', ONE.name)).stdout).toContain('Nothing to change.');
  rmSync(mistaken);
}, 600_000);

test('make down leaves nothing; a backup brings back the keys, and make up the rest', async () => {
  const file = workspace.path('build', ONE.name, 'ca.crt');
  const ca = readFileSync(file, 'utf8');
  // Through a shell, as the archive is no text.
  const make = (command: string) =>
    run('sh', ['-c', `make -s --no-print-directory -f "${PROJECT}/Makefile" ENVIRONMENT=${ONE.name} ${command}`], {
      cwd: workspace.directory,
    });
  await make('backup > keys.tar');
  await expect(make('restore < keys.tar')).rejects.toThrow(`docker volume rm ${ONE.name}-certificate-authority`);
  await expect(make('backup > /dev/full')).rejects.toThrow('the backup is incomplete');

  await workspace.make('down', ONE.name);
  for (const kind of ['container', 'network', 'volume'] as const) expect(await labelled(kind, ONE.name)).toEqual([]);
  for (const folder of ['build', 'state']) expect(existsSync(workspace.path(folder, ONE.name))).toBe(false);
  expect(existsSync(workspace.path('cdktf.out', 'stacks', `${ONE.name}-foundation`))).toBe(false);

  await run('sh', ['-c', 'echo none > none.tar'], { cwd: workspace.directory });
  await expect(make('restore < none.tar')).rejects.toThrow('no archive');
  const archive = readFileSync(workspace.path('keys.tar'));
  writeFileSync(workspace.path('short.tar'), archive.subarray(0, archive.length / 2));
  await expect(make('restore < short.tar')).rejects.toThrow('nothing was restored');
  // One character of a key, which the archive's own format does not notice.
  archive.write('#', archive.indexOf('BEGIN PRIVATE KEY') + 60);
  writeFileSync(workspace.path('damaged.tar'), archive);
  await expect(make('restore < damaged.tar')).rejects.toThrow('the archive is damaged');
  expect(await labelled('volume', ONE.name)).toEqual([]);
  expect((await make('restore < keys.tar')).stdout).toContain(`${ONE.name}-certificate-authority is restored`);
  await workspace.make('up', ONE.name);
  expect(await answers(ONE)).toBe(200);
  expect(readFileSync(file, 'utf8')).toBe(ca);
  expect((await inspect(`${ONE.name}-node-2`)).State.Health?.Status).toBe('healthy');
  expect((await workspace.make('plan', ONE.name)).stdout).toContain('Nothing to change.');
}, 600_000);

test('an upgrade to another schema stops all nodes, can be undone before the migration, and starts the new version after it', async () => {
  const nodes = [`${ONE.name}-node-1`, `${ONE.name}-node-2`];
  const starts = () => Promise.all(nodes.map(async (node) => (await inspect(node)).State.StartedAt));
  const upgrade = (variables: NodeJS.ProcessEnv = {}) => workspace.make('upgrade', ONE.name, variables);
  const before = await starts();
  // The other login goes with the same upgrade: afterwards the one before it opens nothing.
  await configure(ONE, SECOND_LOGIN, ', schema_version = "4.11"');
  await workspace.make('plan', ONE.name);
  expect(readFileSync(workspace.path('build', 'plan', ONE.name, 'plan.md'), 'utf8')).toMatch(
    /`wso2_user` has the schema of `4\.10`, the servers are of `4\.11`[\s\S]*schema-version/,
  );
  for (const target of ['up', 'apply']) {
    const refused = await workspace.tryMake(target, ONE.name);
    expect([refused.exitCode, refused.stderr]).not.toEqual([0, '']);
    expect(refused.stderr).toContain(`make upgrade ENVIRONMENT=${ONE.name}`);
  }
  expect(await starts()).toEqual(before);

  expect((await workspace.tryMake('upgrade', ONE.name, { MIGRATED: '1' })).stderr).toContain('Nothing was changed');
  const stopped = await upgrade();
  expect(stopped.stdout).toContain(`make upgrade ENVIRONMENT=${ONE.name} MIGRATED=1`);
  const dump = stopped.stdout
    .split('\n')
    .find((line) => line.includes('pg_dumpall'))
    ?.split('|')[0]
    ?.trim();
  expect(await docker(...(dump as string).split(' ').slice(1))).toContain('CREATE TABLE public.probe_writes');
  await eventually('clients get 503', 20, async () => (await answers(ONE)) === 503);
  expect((await upgrade({ UNDO: '1' })).stdout).toContain('serves with version 4.10 again');
  expect(await answers(ONE)).toBe(200);

  await upgrade();
  await psql(`${ONE.name}-database`, 'wso2_user', 'ALTER TABLE PROBE_WRITES ADD MIGRATED VARCHAR(1)');
  await upgrade({ MIGRATED: '1' });
  expect(await answers(ONE)).toBe(200);
  expect(await psql(`${ONE.name}-database`, 'wso2_user', 'SELECT version FROM active_active_schema')).toBe('4.11');
  const logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'wso2%'";
  expect((await psql(`${ONE.name}-database`, 'wso2_user', logins)).trim()).toBe('wso2_2');
  expect((await workspace.make('plan', ONE.name)).stdout).toContain('Nothing to change.');
  expect((await workspace.tryMake('upgrade', ONE.name, { UNDO: '1' })).stderr).toContain('restore the backup');
  await upgrade({ MIGRATED: '1' });
}, 600_000);

test('a certificate of the user’s own authority is served, and taken over without a restart when it is renewed', async () => {
  const importPem = (NAME: string, pem: string) => workspace.make('import-secret', ONE.name, { NAME }, pem);
  const served = (authority: string) => {
    const client = new Client({ address: ONE.bindAddress, hostname: ONE.hostname, ca: authority, keepAlive: false });
    return client.get('/probe/health').then(({ status }) => status);
  };
  // Nginx notices a new certificate within seconds after the apply.
  const takenOver = (authority: string) =>
    eventually('the certificate is served', 10, () =>
      served(authority).then(
        (status) => status === 200,
        () => false,
      ),
    );
  const issued = readFileSync(workspace.path('build', ONE.name, 'ca.crt'), 'utf8');
  await configure(ONE, `certificate = "supplied"\n${SECOND_LOGIN}`, ', schema_version = "4.11"');
  const missing = await workspace.tryMake('up', ONE.name);
  expect(missing.stderr).toContain(`make import-secret ENVIRONMENT=${ONE.name} NAME=LOAD_BALANCER_CERTIFICATE`);

  const first = await issueCertificate(ONE.hostname);
  const renewed = await issueCertificate(ONE.hostname);
  await importPem('LOAD_BALANCER_CERTIFICATE', first.chain);
  await importPem('LOAD_BALANCER_PRIVATE_KEY', renewed.key);
  const mismatched = await workspace.tryMake('up', ONE.name);
  expect(mismatched.stderr).toContain('LOAD_BALANCER_PRIVATE_KEY is not the key of LOAD_BALANCER_CERTIFICATE');
  expect(await served(issued)).toBe(200);

  await importPem('LOAD_BALANCER_PRIVATE_KEY', first.key);
  await workspace.make('up', ONE.name);
  const balancer = await inspect(`${ONE.name}-load-balancer`);
  await takenOver(first.authority);

  await importPem('LOAD_BALANCER_CERTIFICATE', renewed.chain);
  await importPem('LOAD_BALANCER_PRIVATE_KEY', renewed.key);
  await workspace.make('up', ONE.name);
  await takenOver(renewed.authority);
  expect((await inspect(`${ONE.name}-load-balancer`)).Id).toBe(balancer.Id);
  for (const file of [...workspace.files('state'), ...workspace.files('cdktf.out'), ...workspace.files('build')]) {
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE KEY-----');
  }
}, 600_000);

test('make down asks first, and refuses a protected environment until a reviewed plan has lifted that', async () => {
  const unasked = await workspace.tryMake('down', ONE.name, { YES: '' });
  expect(unasked.exitCode).not.toBe(0);
  expect(unasked.stderr).toContain('say YES=1');
  const file = workspace.path('config', `${ONE.name}.toml`);
  const unprotected = readFileSync(file, 'utf8');
  writeFileSync(file, `${PROTECTED}${unprotected}`);
  const refused = await workspace.tryMake('down', ONE.name);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('is protected');
  expect(await labelled('container', ONE.name)).not.toEqual([]);

  // From here on, what was applied counts.
  await workspace.make('up', ONE.name);
  const volumes = await labelled('volume', ONE.name);
  writeFileSync(file, unprotected);
  for (const [target, variables] of [['down'], ['up'], ['plan', { DESTROY: '1' }]] as const) {
    const { exitCode, stderr } = await workspace.tryMake(target, ONE.name, variables);
    expect([target, exitCode]).toEqual([target, 2]);
    expect(stderr).toContain('no plan that lifts it has been applied');
  }
  const apply = async (changed: string, approved: boolean) => {
    writeFileSync(file, changed);
    await workspace.tryMake('plan', ONE.name);
    const { digest } = JSON.parse(readFileSync(workspace.path('build', 'plan', ONE.name, 'plan.json'), 'utf8'));
    return workspace.tryMake('apply', ONE.name, approved ? { PLAN: digest } : {});
  };
  const external = `${SECOND_LOGIN}\nhost = "database.e2e.test"\nmax_connections = 500`;
  const atOnce = await apply(unprotected.replace(SECOND_LOGIN, external), true);
  expect(atOnce.stderr).toContain('make two changes of it, the first with protected = false alone');
  expect((await apply(unprotected, false)).stderr).toContain('the saved plan lifts the protection');
  expect(readFileSync(workspace.path('build', 'plan', ONE.name, 'plan.md'), 'utf8')).toContain(
    '**The protection is lifted**',
  );
  expect(await labelled('volume', ONE.name)).toEqual(volumes);
  expect((await apply(unprotected, true)).exitCode).toBe(0);
  await workspace.make('down', ONE.name);
  expect(await labelled('volume', ONE.name)).toEqual([]);
}, 600_000);

test('a missing secret stops the first job with what to do; once supplied, the job runs again', async () => {
  const { name, hostname, bindAddress, subnet } = placeOf('e2e-supplied');
  const toml = `network = { subnet = "${subnet}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
database = { host = "database.e2e.test", max_connections = 500 }
load_balancer = { hostname = "${hostname}", bind_address = "${bindAddress}" }
`;
  // A protected environment generates none of them.
  await workspace.configure(name, `${PROTECTED.replace(/^.*secrets-supplied.*\n/m, '')}${toml}`);
  const incomplete = await workspace.tryMake('up', name);
  expect(incomplete.exitCode).not.toBe(0);
  for (const secret of ['DATABASE_PASSWORD', 'ADMIN_PASSWORD', 'KEYSTORE_PASSWORD']) {
    expect(incomplete.stderr).toContain(`make import-secret ENVIRONMENT=${name} NAME=${secret}`);
  }

  await workspace.configure(name, toml);
  const refused = await workspace.tryMake('up', name);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(`make import-secret ENVIRONMENT=${name} NAME=DATABASE_PASSWORD`);

  const misspelt = await workspace.tryMake('import-secret', name, { NAME: 'DATABASE_PASWORD' }, 'a value');
  expect(misspelt.stderr).toContain('did you mean DATABASE_PASSWORD?');
  const supplied = 'a $trange "value" & more';
  for (const secret of ['DATABASE_PASSWORD', 'DATABASE_ADMIN_PASSWORD']) {
    const { stdout } = await workspace.make('import-secret', name, { NAME: secret }, supplied);
    expect(stdout).toContain(`${name}-database-secrets`);
  }
  await workspace.make('plan', name);
  await workspace.terraform(
    `${name}-foundation`,
    'apply',
    '-auto-approve',
    '-input=false',
    '-target=docker_container.keystore-secrets-job',
  );
  const read = ['run', '--rm', '--network', 'none', '--user', '0:0', '--entrypoint', 'cat'];
  const image = sandboxImageTags().identityServer;
  const volume = ['--volume', `${name}-database-secrets:/secrets:ro`];
  expect(await docker(...read, ...volume, image, '/secrets/DATABASE_PASSWORD')).toBe(supplied);
}, 400_000);
