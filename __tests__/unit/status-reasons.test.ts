import type { EngineContainer } from '../../cli/environment-engine';
import { nodeCertificateReason } from '../../cli/status/node-certificate';
import { knownCause, reasonOf, shortageIn, whatJobSaid } from '../../cli/status/reasons';

const RUNNING: EngineContainer = {
  name: 'bank-node-1',
  running: true,
  paused: false,
  restarting: false,
  exitCode: 0,
  outOfMemory: false,
  startError: '',
  startedAt: '2026-11-24T20:00:00Z',
  health: 'healthy',
  healthOutput: '',
  restarts: 0,
  variables: {},
  image: 'image',
};
const WORDS = { thing: 'container', starter: 'the engine', client: 'docker' } as const;
const CONTEXT = { log: '', environment: 'bank', words: WORDS, memoryMb: 1024 };

function reason(change: Partial<EngineContainer>, log = ''): string | null {
  return reasonOf('bank-node-1', { ...RUNNING, ...change }, { ...CONTEXT, log });
}

test('a healthy component needs no reason, whatever stands in its log', () => {
  expect(reason({}, 'No space left on device')).toBeNull();
});

test.each([
  ['ERROR:  could not extend file "base/16384/16389": No space left on device', 'a disk or volume is full'],
  ['FATAL:  sorry, too many clients already', 'the database has no connection left'],
  ['java.lang.OutOfMemoryError: Java heap space', 'the Java heap is full'],
  ['java.net.SocketException: Too many open files', 'the limit of open files is reached'],
])('what a healthy component has run out of is found in its log: %s', (line, words) => {
  expect(shortageIn(`started\n${line}\nserves`)).toContain(words);
});

test.each(['', 'started', 'FATAL:  password authentication failed for user "wso2"', 'certificate has expired'])(
  'a healthy component has run out of nothing by a log that says: %s',
  (line) => expect(shortageIn(line)).toBeNull(),
);

test.each([
  'nginx: [emerg] unknown directive "wrong" in /etc/nginx/active-active/current/nginx.conf:90',
  '2026/11/30 05:21:58 [emerg] 1#1: unknown directive "wrong" in /etc/nginx/active-active/current/nginx.conf:90',
])('a load balancer whose configuration Nginx refuses says so, and what installs it again', (log) => {
  const change = { running: false, restarting: true, exitCode: 1 };
  expect(reason(change, log)).toContain('Nginx refuses its configuration; where that was changed by hand, "make up"');
});

test('a missing container is named with the command that creates it', () => {
  expect(reasonOf('bank-node-1', undefined, CONTEXT)).toBe(
    'its container bank-node-1 is missing; "make up ENVIRONMENT=bank" creates it',
  );
});

test('a frozen one is named with the command that lets it go on', () => {
  expect(reason({ paused: true })).toContain('"docker unpause bank-node-1"');
});

test.each([
  ['was killed', { exitCode: 137 }, 'it was killed (exit code 137: SIGKILL)'],
  ['needed too much memory', { exitCode: 137, outOfMemory: true }, 'more than its 1024 MiB of memory'],
  ['was stopped', { exitCode: 0 }, 'it was stopped'],
  ['ended by itself', { exitCode: 3 }, 'it ended with exit code 3'],
  [
    'could not start',
    { exitCode: 128, startError: 'bind: address already in use' },
    'the engine could not start it: bind: address already in use',
  ],
])('one that %s says so, with where its output is', (_, change, words) => {
  const told = reason({ running: false, ...change });
  expect(told).toContain(words);
  expect(told).toContain('"docker logs --tail 50 bank-node-1"');
  expect(told).toContain('make up ENVIRONMENT=bank');
});

test('one that ends again and again is not told as running', () => {
  expect(
    reason({ restarting: true, exitCode: 1, health: 'unhealthy' }, 'FATAL: could not write: No space left on device'),
  ).toMatch(/it ended with exit code 1; a disk or volume is full.*the engine starts it again/);
});

test('one that waits for its database says what it waits for', () => {
  const waiting = 'the database at 172.30.0.2:5432 does not accept connections; the server starts when it does';
  expect(reason({ health: 'unhealthy', healthOutput: waiting })).toContain(waiting);
});

test.each([
  ['FATAL:  password authentication failed for user "wso2"', 'DATABASE_PASSWORD'],
  ["Access denied for user 'wso2'@'172.30.0.11' (using password: YES)", 'DATABASE_PASSWORD'],
  ['PANIC: could not write to file "pg_wal/xlogtemp.55": No space left on device', 'a disk or volume is full'],
  ['FATAL: sorry, too many clients already', 'max_connections'],
  ['java.lang.OutOfMemoryError: Java heap space', 'heap_mb'],
  ['Killed', 'identity_server.memory_mb is too small'],
  ['wso2server.sh: line 343:    57 Killed', 'identity_server.memory_mb is too small'],
  [
    "curl: (60) SSL: no alternative certificate subject name matches target host name 'is.bank.test'",
    'load_balancer.hostname',
  ],
])('a cause that is known is told in words of ours: %s', (line, words) => {
  const told = reason({ health: 'unhealthy', healthOutput: 'health request answered with 500' }, line);
  expect(told).toContain(words);
  expect(told).not.toContain(line);
});

test('of a job that failed every missing secret is told, else its last line', () => {
  const missing = (name: string) =>
    `${name} is missing; supply it with: make import-secret ENVIRONMENT=bank NAME=${name}`;
  expect(whatJobSaid(`begin\n${missing('ADMIN_PASSWORD')}\n${missing('KEYSTORE_PASSWORD')}\n`)).toBe(
    `${missing('ADMIN_PASSWORD')}; ${missing('KEYSTORE_PASSWORD')}`,
  );
  expect(whatJobSaid('begin\nthe key does not belong to the certificate\n')).toBe(
    'the key does not belong to the certificate',
  );
});

test.each([
  [30, null],
  [29, 'its TLS certificate: 29 days left; "make up ENVIRONMENT=bank" issues it again and rolls the nodes'],
  [-3, 'its TLS certificate: ended on 2026-11-24; "make up ENVIRONMENT=bank" issues it again'],
])('a node with a certificate of %s days says so in time', (daysLeft, words) => {
  const certificate = { subject: '', issuer: '', names: [], validTo: '2026-11-24T00:00:00.000Z', daysLeft };
  const told = nodeCertificateReason(certificate, 'bank');
  if (words === null) expect(told).toBeNull();
  else expect(told).toContain(words);
});

test('what nobody knows stays untold', () => {
  expect(knownCause('INFO started in 3 s')).toBeUndefined();
});
