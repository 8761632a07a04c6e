import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { clientVariables, ensureEngine, stopStartedEngine } from '../../cli/setup/engine';
import { UserError } from '../../cli/setup/errors';
import type { Machine } from '../../cli/setup/machine';
import { failureOf, TestMachine } from '../support/machine';

let host: TestMachine;
let machine: Machine;
let server: Server | undefined;
beforeEach(() => {
  host = new TestMachine();
  const engineSocket = host.path('docker.sock');
  machine = {
    isLinux: true,
    isRoot: false,
    isDebian: true,
    hasSystemd: false,
    engineSocket,
  };
});
afterEach(async () => {
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
  host.close();
});

async function engineAnswers(version: object | string): Promise<void> {
  server = createServer((_, response) => response.end(typeof version === 'string' ? version : JSON.stringify(version)));
  await new Promise<void>((resolve) => server?.listen(machine.engineSocket, resolve));
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await failureOf(promise);
  expect(error).toBeInstanceOf(UserError);
  return error.message.replaceAll(host.directory, '<dir>');
}

/** Answers like an engine; a process is known by its name. */
const DAEMON = (socket: string) => `
  process.title = 'dockerd';
  const server = require('node:http').createServer((_, response) => response.end('{"Version":"24.0.1","Arch":"arm64"}'));
  server.listen(${JSON.stringify(socket)});
  process.on('SIGTERM', () => setTimeout(() => process.exit(), 300));
`;

test('an engine that answers is used', async () => {
  host.program('docker', '');
  await engineAnswers({ Version: '20.10.24+dfsg1', Arch: 'amd64' });
  const address = `unix://${machine.engineSocket}`;
  expect(await ensureEngine({}, machine)).toEqual({
    host: address,
    version: '20.10.24+dfsg1',
    architecture: 'amd64',
    env: { DOCKER_HOST: address },
    started: false,
  });
});

test('an engine that is too old, or none', async () => {
  host.program('docker', '');
  await engineAnswers({ Version: '19.03.15', Arch: 'amd64' });
  expect(await messageOf(ensureEngine({}, machine))).toMatchInlineSnapshot(
    `"the Docker Engine at unix://<dir>/docker.sock is version 19.03.15; 20.10 or newer is needed. Update it."`,
  );
  server?.removeAllListeners('request').on('request', (_, response) => response.end('hello'));
  expect(await messageOf(ensureEngine({}, machine))).toContain('what answers is not a Docker Engine');
});

test('the client is missing', async () => {
  await engineAnswers({ Version: '24.0.1', Arch: 'amd64' });
  expect(await messageOf(ensureEngine({}, machine))).toMatchInlineSnapshot(
    `"docker (the Docker client) was not found on the PATH. Install it: the package docker-cli or docker.io on Debian and Ubuntu, docker-ce-cli from Docker, or Docker Desktop."`,
  );
});

test('nothing is there', async () => {
  expect(await messageOf(ensureEngine({}, machine))).toMatchInlineSnapshot(
    `"No Docker Engine answers at unix://<dir>/docker.sock: there is no such socket. Install and start Docker Engine 20.10 or newer, or Docker Desktop; or name an engine elsewhere with DOCKER_HOST. On Debian and Ubuntu this command installs it when run as root."`,
  );
  expect(await messageOf(ensureEngine({}, { ...machine, isLinux: false }))).toMatchInlineSnapshot(
    `"No Docker Engine answers at unix://<dir>/docker.sock: there is no such socket. Install and start Docker Engine 20.10 or newer, or Docker Desktop; or name an engine elsewhere with DOCKER_HOST."`,
  );
});

test('the engine is installed but does not run, or is elsewhere', async () => {
  host.program('dockerd', '');
  expect(await messageOf(ensureEngine({}, machine))).toMatchInlineSnapshot(
    `"No Docker Engine answers at unix://<dir>/docker.sock: there is no such socket. Docker Engine is installed: start it (sudo systemctl start docker)."`,
  );
  host.program('docker', 'console.log("unix:///home/me/.colima/docker.sock")');
  expect(await messageOf(ensureEngine({}, machine))).toMatchInlineSnapshot(
    `"No Docker Engine answers at unix://<dir>/docker.sock: there is no such socket. The docker client's context points to unix:///home/me/.colima/docker.sock: set DOCKER_HOST=unix:///home/me/.colima/docker.sock to use that engine."`,
  );
});

test('a named engine is never installed or started here', async () => {
  const root = { ...machine, isRoot: true };
  host.program('docker', 'console.error("dial tcp: connection refused"); process.exit(1)');
  process.env.DOCKER_CERT_PATH = '/certificates';
  expect(await messageOf(ensureEngine({ host: 'tcp://192.0.2.1:2376' }, root))).toMatchInlineSnapshot(
    `"No Docker Engine answers at tcp://192.0.2.1:2376: dial tcp: connection refused. Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it."`,
  );
  process.env.DOCKER_HOST = 'unix:///no/such.sock';
  expect(await messageOf(ensureEngine({}, root))).toMatchInlineSnapshot(
    `"No Docker Engine answers at unix:///no/such.sock: there is no such socket. Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it."`,
  );
});

test.each(['tcp://192.0.2.1:2376', 'tcp://localhost.bank.example:2375', 'tcp://docker.bank.example'])(
  'an engine elsewhere is not spoken to without TLS: %s',
  async (address) => {
    expect(await messageOf(ensureEngine({ host: address }, machine))).toContain(
      `the Docker Engine at ${address} would be reached without TLS`,
    );
    expect(clientVariables(address)).toEqual({ DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1' });
  },
);

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  'a stopped engine is started in the background, once, and stopped again',
  async () => {
    host.program('docker', '');
    host.program('dockerd', DAEMON(machine.engineSocket));
    const root = { ...machine, isRoot: true };
    const [first, second] = await Promise.all([ensureEngine({}, root), ensureEngine({}, root)]);
    expect([first.started, second.started].sort()).toEqual([false, true]);
    expect(first.version).toBe('24.0.1');
    const { pid } = JSON.parse(readFileSync(host.path('cache/wso2-is-active-active/engine.json'), 'utf8'));
    expect(() => process.kill(pid, 0)).not.toThrow();
    expect(await stopStartedEngine()).toBe(true);
    expect(existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z').toBe(false);
    expect(await stopStartedEngine()).toBe(false);
  },
  20_000,
);

onLinux('another process with the recorded number is left alone', async () => {
  host.file('cache/wso2-is-active-active/engine.json', JSON.stringify({ pid: process.pid }));
  expect(await stopStartedEngine()).toBe(false);
});

onLinux('an engine that does not start says why', async () => {
  host.program('docker', '');
  host.program('dockerd', 'console.error("no iptables"); process.exit(1)');
  expect(await messageOf(ensureEngine({}, { ...machine, isRoot: true }))).toMatchInlineSnapshot(`
    "Docker Engine did not start: dockerd, exit code 1.
      no iptables
    Full output: <dir>/cache/wso2-is-active-active/dockerd.log"
  `);
});
