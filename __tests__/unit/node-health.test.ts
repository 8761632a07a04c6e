import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

// A node's health check with a stand-in for curl: what the engine, and make status, show of it.
let directory: string;
let server: ChildProcess;

const path = (...names: string[]) => join(directory, ...names);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'node-health-'));
  for (const folder of ['bin', 'keystores']) mkdirSync(path(folder));
  writeFileSync(path('keystores', 'store'), '');
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  writeFileSync(path('keystores', 'checksums'), `${empty}  store\n`);
  server = spawn('sleep', ['60']);
  writeFileSync(path('wso2carbon.pid'), String(server.pid));
});

afterEach(() => {
  server.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** The health check's exit code and words when curl ends so for the server, and the load balancer says so of its nodes. */
function health(answer: { code: string; exit?: number }, rotation = 'in') {
  const status = `{"nodes":[{"name":"node-1","rotation":"${rotation}"}]}`;
  const script = `case "$*" in *status*) echo '${status}' ;; *) printf ${answer.code}; exit ${answer.exit ?? 0} ;; esac`;
  writeFileSync(path('bin/curl'), `#!/bin/sh\n${script}\n`);
  chmodSync(path('bin/curl'), 0o755);
  const { status: exitCode, stdout } = spawnSync('sh', [join(PROJECT, 'runtime/identity-server/health.sh')], {
    encoding: 'utf8',
    env: {
      PATH: `${path('bin')}:${process.env.PATH}`,
      WSO2_SERVER_HOME: directory,
      WAIT_REASON_FILE: path('waiting-for'),
      KEYSTORES: path('keystores'),
      HEALTH_URL: 'https://localhost/health',
      HEALTH_CA: path('ca.crt'),
      STATUS_URL: 'http://balancer/status',
      NODE_NAME: 'node-1',
    },
  });
  return { exitCode, words: stdout.trim() };
}

test('a server that answers 200 and is in rotation is healthy', () => {
  expect(health({ code: '200' })).toEqual({ exitCode: 0, words: '' });
  expect(health({ code: '200' }, 'out').words).toContain('does not send traffic to node-1 yet');
});

test('a server that does not answer waits for its database, and the health check says so', () => {
  const { exitCode, words } = health({ code: '000', exit: 28 });
  expect(exitCode).toBe(1);
  expect(words).toContain('waits for its database');
});

test('a server whose process is stopped does not wait for its database', () => {
  server.kill('SIGSTOP');
  expect(health({ code: '000', exit: 28 })).toEqual({ exitCode: 1, words: "the server's process is stopped" });
});

test.each([
  [{ code: '503' }, 'health request answered with 503'],
  [{ code: '000', exit: 7 }, 'does not accept connections'],
])('%j is told apart from that', (answer, words) => {
  const found = health(answer);
  expect(found.exitCode).toBe(1);
  expect(found.words).toContain(words);
});
