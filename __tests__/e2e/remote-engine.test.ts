import { readFileSync } from 'node:fs';
import { sandboxImageTags } from '../../images/tags';
import { placeOf } from '../support/places';
import { type RemoteAccess, SshServer, startWithTls } from '../support/remote-access';
import { SecondEngine } from '../support/second-engine';
import { docker, Workspace } from '../support/workspace';

// Terraform runs here, the containers run on an engine that shares neither files nor network with this side.
const { name: NAME, hostname: HOSTNAME, subnet: SUBNET } = placeOf('e2e-remote');

const engine = new SecondEngine();
const ssh = new SshServer(engine);
const workspace = new Workspace();
let tcp: RemoteAccess;

beforeAll(async () => {
  tcp = await startWithTls(engine);
  await engine.load(['identityServer', 'postgresql', 'nginx'].map((image) => sandboxImageTags()[image as 'nginx']));
}, 240_000);

afterAll(async () => {
  ssh.stop();
  const containers = (await engine.docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await engine.docker('rm', '--force', '--volumes', ...containers);
  await engine.stop();
  await workspace.dispose();
}, 300_000);

function configure(host: string): Promise<void> {
  return workspace.configure(
    NAME,
    `engine = { host = "${host}" }
network = { subnet = "${SUBNET}" }
identity_server = { distribution = "sandbox", memory_mb = 1024, heap_mb = 384 }
load_balancer = { hostname = "${HOSTNAME}" }
`,
  );
}

test('an environment on another engine comes up over ssh and works, without anything on the local engine', async () => {
  const { host, variables } = await ssh.start();
  await configure(host);
  await workspace.make('up', NAME, variables);
  expect(await docker('ps', '-aq', '--filter', `label=wso2-is-active-active.environment=${NAME}`)).toBe('');
  expect((await workspace.make('status', NAME, variables)).stdout).toMatch(/node-2 +running +healthy +yes/);

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
}, 400_000);

test('over tcp with TLS it is the same environment, and goes without a trace', async () => {
  await configure(tcp.host);
  expect((await workspace.make('plan', NAME, tcp.variables)).stdout).toContain('Nothing to change.');
  expect((await workspace.make('status', NAME, tcp.variables)).stdout).toMatch(/node-2 +running +healthy +yes/);
  const stranger = await workspace.tryMake('status', NAME);
  expect(stranger.exitCode).not.toBe(0);

  await workspace.make('down', NAME, tcp.variables);
  for (const list of [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
    ['network', 'ls', '-q', '--filter', 'type=custom'],
  ]) {
    expect(await engine.docker(...list)).toBe('');
  }
}, 200_000);
