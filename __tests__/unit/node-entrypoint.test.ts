import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

// The node's entry point with stand-ins for curl, for time and for the image's own entry point, which holds a server.
let directory: string;
let node: ChildProcess | undefined;
let output: string;

const path = (...names: string[]) => join(directory, ...names);

function program(name: string, script: string): void {
  writeFileSync(path(name), `#!/bin/sh\n${script}\n`);
  chmodSync(path(name), 0o755);
}

function writeStores(): void {
  writeFileSync(path('keystores', 'wso2carbon.p12'), 'store');
  const sum = createHash('sha256').update('store').digest('hex');
  writeFileSync(path('keystores', 'checksums'), `${sum}  wso2carbon.p12\n`);
}

/** What the stand-in for curl says: whether database and server accept connections. */
function accepts({ database = true, server = true }: { database?: boolean; server?: boolean } = {}): void {
  writeFileSync(path('database'), database ? '0.000300' : '0.000000');
  writeFileSync(path('server'), server ? '0.000300' : '0.000000');
}

/** Seconds in which the stand-in for time has passed the limit of standstill, thrice. */
const LONG_ENOUGH_MS = 3 * 15 * 60;

function start(variables: NodeJS.ProcessEnv = {}): Promise<number | null> {
  // As the topology puts them together.
  const scripts = ['first-valve.sh', 'entrypoint.sh'].map((name) => join(PROJECT, 'runtime', 'identity-server', name));
  writeFileSync(path('entrypoint.sh'), scripts.map((file) => readFileSync(file, 'utf8')).join('\n'));
  node = spawn('sh', [path('entrypoint.sh'), 'argument'], {
    env: {
      PATH: `${path('bin')}:${process.env.PATH}`,
      IMAGE_ENTRYPOINT: path('image-entrypoint'),
      WSO2_SERVER_HOME: directory,
      SECRETS: path('secrets'),
      CONFIGURATION: path('deployment.toml'),
      KEYSTORES: path('keystores'),
      SHARED_FILES: path('shared-files'),
      SHARED_FOLDERS: 'repository/deployment/server/userstores repository/tenants',
      DATABASE: '10.0.0.2:5432',
      WAIT_REASON_FILE: path('waiting-for'),
      HTTPS_PORT: '9446',
      START_CHECKS: '6',
      LIVENESS_FAILURES: '15',
      DRAIN_URL: 'http://balancer/drain',
      DRAIN_SECONDS: '0',
      TEST: directory,
      ...variables,
    },
    detached: true,
  });
  for (const stream of [node.stdout, node.stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  const child = node;
  // In a container its children end with it.
  child.once('exit', () => endAll(child));
  // What it wrote is read by then.
  return new Promise((done) => child.once('close', (code) => done(code)));
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not in time; the entry point said: ${output}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const started = () => output.includes('server runs');
const waitsFor = () => (existsSync(path('waiting-for')) ? readFileSync(path('waiting-for'), 'utf8') : '');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'node-entrypoint-'));
  output = '';
  for (const folder of ['bin', 'secrets', 'keystores']) mkdirSync(path(folder));
  writeFileSync(path('secrets', 'ADMIN_PASSWORD'), 'generated');
  writeFileSync(path('deployment.toml'), '[super_admin]\npassword = "$env{ADMIN_PASSWORD}"\n');
  program('bin/sleep', 'echo "$1" >>"$TEST/slept"; exec /bin/sleep 0.05');
  program(
    'bin/curl',
    'case "$*" in *localhost:9446*) cat "$TEST/server" ;; *telnet*) cat "$TEST/database" ;; *drain*) touch "$TEST/drained"; echo $CONNECTED; exit $TOLD ;; *) exit 28 ;; esac',
  );
  program(
    'image-entrypoint',
    'echo $$ >"$WSO2_SERVER_HOME/wso2carbon.pid"; trap "echo server stops; exit 0" TERM; echo "server runs with $1 and $ADMIN_PASSWORD"; while :; do i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; /bin/sleep 0.02; done',
  );
  writeStores();
  accepts();
});

function endAll(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

afterEach(() => {
  endAll(node);
  rmSync(directory, { recursive: true, force: true });
});

test('the server starts with its secrets when keystores and database are there', async () => {
  start();
  await until(started);
  expect(output).toContain('server runs with argument and generated');
  expect(existsSync(path('waiting-for'))).toBe(false);
});

test('folders that all nodes share take the place of the server’s own, also where they are missing', async () => {
  mkdirSync(path('shared-files', 'tenants'), { recursive: true });
  writeFileSync(path('shared-files', 'tenants', 'one'), 'tenant');
  mkdirSync(path('repository', 'tenants'), { recursive: true });
  start();
  await until(started);
  expect(readFileSync(path('repository', 'tenants', 'one'), 'utf8')).toBe('tenant');
  mkdirSync(path('shared-files', 'userstores'));
  writeFileSync(path('repository', 'deployment', 'server', 'userstores', 'BANK.xml'), 'ldap');
  expect(readFileSync(path('shared-files', 'userstores', 'BANK.xml'), 'utf8')).toBe('ldap');
});

describe('where it answers its peers alone', () => {
  const PEERS = '10[.]0[.]0[.]3|127[.][0-9]+[.][0-9]+[.][0-9]+|::1';
  const VALVE = `<Valve className="org.apache.catalina.valves.RemoteAddrValve" usePeerAddress="true" allow="${PEERS}"/>`;
  const folder = () => path('repository', 'resources', 'conf', 'templates', 'repository', 'conf', 'tomcat');
  const template = () => readFileSync(join(folder(), 'catalina-server.xml.j2'), 'utf8');
  const withHost = (host: string) => {
    mkdirSync(folder(), { recursive: true });
    const valves =
      '{% if proxies is defined %}\n<Valve className="Client"/>\n{% endif %}\n<Valve className="Authentication"/>';
    writeFileSync(join(folder(), 'catalina-server.xml.j2'), `<Engine>\n${host}\n${valves}\n</Host>\n</Engine>\n`);
  };

  test.each([
    ['one line', '<Host name="localhost" appBase="/webapps/">'],
    ['several', '<Host name="localhost"\n   autoDeploy="false"\n   appBase="/webapps/">'],
  ])(
    'the valve that refuses the others is the first of a host of %s, once, however often it starts',
    async (_, host) => {
      withHost(host);
      const before = template();
      for (const time of ['first', 'again']) {
        output = '';
        start({ PEERS });
        await until(started);
        endAll(node);
        expect([time, template().replaceAll(/\n *(?=<Valve)/g, '\n')]).toEqual([
          time,
          before.replace(host, `${host}\n${VALVE}`),
        ]);
      }
    },
  );

  test.each([
    ['without a host', () => withHost('<Engine>')],
    ['that is not there', () => undefined],
  ])('with a template %s the server does not start', async (_, prepare) => {
    prepare();
    expect(await start({ PEERS })).toBe(1);
    expect(started()).toBe(false);
    expect(output).toContain('has no <Host ...> to begin with a valve that refuses strangers');
  });

  test('a template is left as it is where nobody is refused', async () => {
    withHost('<Host>');
    const before = template();
    start();
    await until(started);
    expect(template()).toBe(before);
  });
});

test('without its database the server is not started, and the health check learns why; then it is', async () => {
  accepts({ database: false });
  start();
  await until(() => waitsFor().includes('10.0.0.2:5432'));
  expect(started()).toBe(false);
  accepts();
  await until(started);
  expect(waitsFor()).toBe('');
  expect(output.match(/waiting: /g)).toHaveLength(1);
});

test('a database that is slow to accept gets a second, one that is not keeps the start for a fifth of it', async () => {
  const [fast, slow] = [path('fast'), path('slow')];
  program(
    'bin/curl',
    `case "$*" in *'-m 0.2 '*telnet*) echo >${fast}; echo 0.000000 ;; *'-m 1 '*telnet*) echo >${slow}; echo 0.700000 ;; *) exit 28 ;; esac`,
  );
  start();
  await until(started);
  expect([existsSync(fast), existsSync(slow)]).toEqual([true, true]);
});

test('of a database that fails over, one server that accepts connections is enough; without any, the server waits', async () => {
  const curl = (third: string) =>
    program(
      'bin/curl',
      `case "$*" in *telnet://10.0.0.3:*) echo ${third} ;; *telnet://10.*) echo 0.000000 ;; *) exit 28 ;; esac`,
    );
  curl('0.000000');
  start({ DATABASE: '10.0.0.2:5432 10.0.0.3:5433' });
  await until(() => waitsFor().includes('10.0.0.2:5432 10.0.0.3:5433'));
  expect(started()).toBe(false);
  curl('0.000300');
  await until(started);
});

test.each([
  ['changed', () => writeFileSync(path('keystores', 'wso2carbon.p12'), 'stor')],
  ['gone', () => rmSync(path('keystores', 'wso2carbon.p12'))],
  ['without checksums', () => rmSync(path('keystores', 'checksums'))],
])('with keystores that are %s the server is not started until they are whole again', async (_, damage) => {
  damage();
  start();
  await until(() => waitsFor().includes('make up'));
  expect(started()).toBe(false);
  writeStores();
  await until(started);
});

test('a stop while it waits ends it at once', async () => {
  accepts({ database: false });
  const end = start();
  await until(() => waitsFor() !== '');
  node?.kill('SIGTERM');
  expect(await end).toBe(143);
});

test('a stop drains the node and then stops the server', async () => {
  const end = start();
  await until(started);
  node?.kill('SIGTERM');
  expect(await end).toBe(0);
  expect(existsSync(path('drained'))).toBe(true);
  expect(output).toContain('server stops');
});

test.each([
  ['has answered', '0', '0.000300', true],
  ['is too slow to answer', '28', '0.000300', true],
  ['does not know the node', '22', '0.000300', true],
  ['refuses the connection', '7', '0.000000', false],
  ['is not there', '28', '0.000000', false],
])('requests under way get their time where the load balancer %s', async (_, told, connected, waits) => {
  const end = start({ TOLD: told, CONNECTED: connected, DRAIN_SECONDS: '2.5' });
  await until(started);
  node?.kill('SIGTERM');
  expect(await end).toBe(0);
  expect(readFileSync(path('slept'), 'utf8').split('\n').includes('2.5')).toBe(waits);
});

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Whether the entry point, which ends with its server, still runs after a while. */
async function stillRuns(end: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return Promise.race([end.then(() => false), pause(milliseconds).then(() => true)]);
}

test('a server whose process has stopped is ended, so that the engine starts it again', async () => {
  const end = start();
  await until(started);
  expect(await stillRuns(end, LONG_ENOUGH_MS)).toBe(true);
  process.kill(Number(readFileSync(path('wso2carbon.pid'), 'utf8')), 'SIGSTOP');
  expect(await end).toBe(1);
  expect(output).toContain('the server has not run for 15 checks');
});

test('a server that answers no request at all, its database being frozen, is never ended', async () => {
  const end = start();
  await until(started);
  await pause(300);
  // Not even a connection comes about when all of its threads wait.
  accepts({ server: false, database: false });
  expect(await stillRuns(end, LONG_ENOUGH_MS)).toBe(true);
});

test('a server whose process is not known is not ended', async () => {
  const end = start();
  await until(started);
  rmSync(path('wso2carbon.pid'));
  expect(await stillRuns(end, LONG_ENOUGH_MS)).toBe(true);
});

test('a server that does not open its port has the time of a start', async () => {
  accepts({ server: false });
  expect(await start()).toBe(1);
  expect(output).toContain('has not opened its port for 6 checks');
});

const LOGGING = 'repository/conf/log4j2.properties';
const AUDIT_LOGGER = 'logger.AUDIT_LOG.name = AUDIT_LOG\n';
const CONSOLE = 'appender.CARBON_CONSOLE.type = Console\n';

/** Starts the node, waits for the server, and leaves the files of a container that has stopped. */
async function startAndStop(variables: NodeJS.ProcessEnv): Promise<void> {
  output = '';
  const end = start(variables);
  await until(started);
  node?.kill('SIGTERM');
  await end;
}

function writeLogging(text: string): void {
  mkdirSync(path('repository/conf'), { recursive: true });
  writeFileSync(path(LOGGING), text);
}

test('the audit log is sent to the output when it is asked for, once', async () => {
  writeLogging(AUDIT_LOGGER + CONSOLE);
  await startAndStop({});
  expect(readFileSync(path(LOGGING), 'utf8')).toBe(AUDIT_LOGGER + CONSOLE);
  for (let starts = 0; starts < 2; starts++) {
    await startAndStop({ AUDIT_LOG: 'stdout' });
    expect(readFileSync(path(LOGGING), 'utf8')).toBe(
      `${AUDIT_LOGGER}${CONSOLE}\nlogger.AUDIT_LOG.appenderRef.CARBON_CONSOLE.ref = CARBON_CONSOLE\n`,
    );
  }
  expect(output).not.toContain('audit log');
});

test.each([
  ['the logger', `#${AUDIT_LOGGER}${CONSOLE}`],
  ['the appender', AUDIT_LOGGER],
  ['the file', undefined],
])(
  'without %s that it knows, the server starts and the audit log stays in its file, which is said',
  async (_, text) => {
    if (text !== undefined) writeLogging(text);
    await startAndStop({ AUDIT_LOG: 'stdout' });
    expect(output).toContain('the audit log is in its file alone');
    if (text !== undefined) expect(readFileSync(path(LOGGING), 'utf8')).toBe(text);
  },
);

test('logs of days that are a week old are removed, and nothing else', async () => {
  const logs = path('repository/logs');
  mkdirSync(logs, { recursive: true });
  const aWeekAgo = Date.now() / 1000 - 7.5 * 24 * 3600;
  const old = [
    'http_access_.2026-11-14.log',
    'audit-11-14-2026.1.log',
    'wso2carbon-11-14-2026.log',
    'tm-11-14-2026.out',
  ];
  const kept = ['audit.log', 'tm.out', 'heap-dump.hprof', 'patches.log'];
  for (const name of [...old, ...kept]) {
    writeFileSync(join(logs, name), 'x');
    utimesSync(join(logs, name), aWeekAgo, aWeekAgo);
  }
  writeFileSync(join(logs, 'audit-11-21-2026.1.log'), 'x');
  start();
  await until(() => !old.some((name) => existsSync(join(logs, name))));
  expect(readdirSync(logs).sort()).toEqual([...kept, 'audit-11-21-2026.1.log'].sort());
});

test('what is no secret by its name is not exported and does not stop the start', async () => {
  for (const name of ['ADMIN_PASSWORD.new', '.ADMIN_PASSWORD.new', 'revision', '-x'])
    writeFileSync(path('secrets', name), 'left over');
  program(
    'image-entrypoint',
    'echo "server runs with $ADMIN_PASSWORD"; env | grep -c "left over"; exec /bin/sleep 600',
  );
  void start();
  await until(() => started() && output.includes('\n0\n'));
  expect(output).toContain('server runs with generated');
});

test('a file with the name of a variable that changes programs is none of the server’s secrets', async () => {
  for (const name of ['LD_PRELOAD', 'JAVA_TOOL_OPTIONS', 'BASH_ENV', 'PATH', 'SMTP_PASSWORD'])
    writeFileSync(path('secrets', name), 'from an archive');
  writeFileSync(path('secrets', 'IMAGE_ENTRYPOINT'), '/bin/false');
  program(
    'image-entrypoint',
    'echo "server runs with $ADMIN_PASSWORD"; env | grep -c "from an archive"; exec /bin/sleep 600',
  );
  void start();
  await until(() => started() && output.includes('\n0\n'));
});

test('a secret that cannot be read ends the start: the server would work with an empty one', async () => {
  rmSync(path('secrets', 'ADMIN_PASSWORD'));
  mkdirSync(path('secrets', 'ADMIN_PASSWORD'));
  expect(await start()).not.toBe(0);
  expect(started()).toBe(false);
});
