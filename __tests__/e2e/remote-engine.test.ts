import { readFileSync } from 'node:fs';
import { sandboxImageTags } from '../../images/tags';
import { SecondEngine } from '../support/second-engine';
import { docker, Workspace } from '../support/workspace';

// Terraform runs here, the containers run on an engine that shares neither files nor network with this side.
const NAME = 'e2e-remote';
const HOSTNAME = 'is.e2e-remote.test';

const engine = new SecondEngine();
const workspace = new Workspace();

beforeAll(async () => {
  await engine.start();
  await engine.load(['identityServer', 'postgresql', 'nginx'].map((image) => sandboxImageTags()[image as 'nginx']));
}, 240_000);

afterAll(async () => {
  const containers = (await engine.docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await engine.docker('rm', '--force', '--volumes', ...containers);
  await engine.stop();
  await workspace.dispose();
}, 120_000);

test('an environment on another engine comes up, works and goes, without anything on the local engine', async () => {
  await workspace.configure(
    NAME,
    `engine = { host = "${engine.host}" }
network = { subnet = "172.31.245.0/24" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
load_balancer = { hostname = "${HOSTNAME}" }
`,
  );
  await workspace.make('up', NAME);
  expect(await docker('ps', '-aq', '--filter', `label=wso2-is-active-active.environment=${NAME}`)).toBe('');
  expect((await workspace.make('status', NAME)).stdout).toMatch(/node-2 +running +healthy +yes/);

  // From inside, because the ports are published in the other network namespace.
  const url = `https://${HOSTNAME}/probe/health`;
  const curl = [
    'curl',
    '-fsS',
    '--cacert',
    '/etc/nginx/certificates/ca.crt',
    '--resolve',
    `${HOSTNAME}:443:127.0.0.1`,
    url,
  ];
  expect(await engine.docker('exec', `${NAME}-load-balancer`, ...curl)).toContain('"UP"');
  const served = await engine.docker('exec', `${NAME}-load-balancer`, 'cat', '/etc/nginx/certificates/ca.crt');
  expect(readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8').trim()).toBe(served);

  const containers = (await engine.docker('ps', '-aq')).split('\n');
  const mounts = JSON.parse(await engine.docker('container', 'inspect', ...containers)).flatMap(
    ({ Mounts }: { Mounts: { Type: string }[] }) => Mounts.map(({ Type }) => Type),
  );
  expect(mounts.length).toBeGreaterThan(0);
  expect(mounts).not.toContain('bind');

  await workspace.make('down', NAME);
  for (const list of [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
    ['network', 'ls', '-q', '--filter', 'type=custom'],
  ]) {
    expect(await engine.docker(...list)).toBe('');
  }
}, 400_000);
