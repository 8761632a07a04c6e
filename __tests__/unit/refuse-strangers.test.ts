import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peersPattern } from '../../topology/peers';
import { PROJECT } from '../support/synth';

// What a node's pod does so that the server answers the load balancers alone. e2e/server-configuration asks the real server.
const PASSWORD = 'a-password_of-stores';
const TOKEN = createHash('sha256').update(`load balancers ${PASSWORD}`).digest('hex');
const VALVE = '<Valve className="org.apache.catalina.valves.rewrite.RewriteValve"/>';
const TEMPLATES = 'repository/resources/conf/templates/repository/conf/tomcat';

let home: string;
const path = (...names: string[]) => join(home, ...names);
const runtime = (name: string) => readFileSync(join(PROJECT, 'runtime', 'kubernetes', name), 'utf8');
const template = () => readFileSync(path(TEMPLATES, 'catalina-server.xml.j2'), 'utf8');

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'refuse-strangers-'));
  for (const folder of ['secrets', 'bin', TEMPLATES]) mkdirSync(path(folder), { recursive: true });
  writeFileSync(path('secrets', 'KEYSTORE_PASSWORD'), PASSWORD);
  writeFileSync(
    path(TEMPLATES, 'catalina-server.xml.j2'),
    '<Host name="localhost"\n  appBase="/w">\n<Valve/>\n</Host>\n',
  );
  writeFileSync(path('entrypoint.sh'), 'echo "the server starts with $#"\n');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function start() {
  const parts = ['load-balancer-token.sh', '../identity-server/first-valve.sh', 'refuse-strangers.sh'];
  const script = parts.map(runtime).join('\n');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', path('entrypoint.sh'), 'an argument'], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      ...{
        WSO2_SERVER_HOME: home,
        SECRETS: path('secrets'),
        POD_IP: '10.231.1.7',
        TOKEN_HEADER: 'X-Token',
        LOOPBACK: peersPattern([]),
      },
    },
  });
  return { status, stdout, stderr };
}

test('its first valve refuses who has no token and is not the pod itself, once, however often it starts', () => {
  for (const time of ['first', 'again']) {
    expect([time, start()]).toEqual([time, { status: 0, stdout: 'the server starts with 1\n', stderr: '' }]);
    expect(template().replaceAll(/\n *(?=<Valve c)/g, '\n')).toBe(
      `<Host name="localhost"\n  appBase="/w">\n${VALVE}\n<Valve/>\n</Host>\n`,
    );
  }
  const rules = path('lib/tomcat/conf/Catalina/localhost/rewrite.config');
  expect(readFileSync(rules, 'utf8').split('\n')).toEqual([
    `RewriteCond %{HTTP:X-Token} !^(${TOKEN})?$`,
    'RewriteRule (?s).* - [F]',
    `RewriteCond %{HTTP:X-Token} !^${TOKEN}$`,
    'RewriteCond %{REMOTE_ADDR} !^(127[.][0-9]+[.][0-9]+[.][0-9]+|::1|0:0:0:0:0:0:0:1|10[.]231[.]1[.]7)$',
    'RewriteRule (?s).* - [F]',
    '',
  ]);
  expect(statSync(rules).mode & 0o777).toBe(0o600);
});

test.each([
  ['without a host', () => writeFileSync(path(TEMPLATES, 'catalina-server.xml.j2'), '<Engine/>'), 'has no <Host ...>'],
  ['that is not there', () => rmSync(path(TEMPLATES), { recursive: true }), 'has no <Host ...>'],
  [
    'and without the password of the keystores',
    () => rmSync(path('secrets', 'KEYSTORE_PASSWORD')),
    'KEYSTORE_PASSWORD is missing or empty',
  ],
])('with a template %s the server does not start', (_, prepare, words) => {
  prepare();
  const { status, stdout, stderr } = start();
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(words);
});

test('the load balancers get the same token as a line for Nginx', () => {
  // The job's folders are fixed, so they are replaced here.
  const script = `${runtime('load-balancer-token.sh')}\n${runtime('hand-over-token.sh')}`
    .replaceAll('/identity-server-secrets', path('secrets'))
    .replaceAll('/load-balancer-certificates', path('bin'));
  expect(spawnSync('sh', ['-euc', script], { env: { PATH: process.env.PATH, TOKEN_HEADER: 'X-Token' } }).status).toBe(
    0,
  );
  expect(readFileSync(path('bin', 'nodes.conf'), 'utf8')).toBe(`proxy_set_header X-Token ${TOKEN};\n`);
  rmSync(path('secrets', 'KEYSTORE_PASSWORD'));
  expect(spawnSync('sh', ['-c', script], { env: { PATH: process.env.PATH, TOKEN_HEADER: 'X-Token' } }).status).toBe(1);
});

test.each([
  ['403', 0],
  ['200', 1],
  ['000', 1],
])('a pod whose server answers a wrong token with %s ends its start with %i', (code, exitCode) => {
  writeFileSync(path('bin', 'curl'), `#!/bin/sh\ncase "$*" in *'-H X-Token: none'*) printf ${code} ;; esac\n`);
  chmodSync(path('bin', 'curl'), 0o755);
  writeFileSync(path('health.sh'), 'exit 0\n');
  const ask = () =>
    spawnSync('sh', [join(PROJECT, 'runtime', 'kubernetes', 'node-started.sh')], {
      encoding: 'utf8',
      env: {
        PATH: `${path('bin')}:${process.env.PATH}`,
        ...{
          HEALTH_SCRIPT: path('health.sh'),
          HEALTH_URL: 'https://localhost/',
          HEALTH_CA: 'ca',
          TOKEN_HEADER: 'X-Token',
        },
      },
    });
  expect(ask().status).toBe(exitCode);
  if (exitCode === 1) expect(ask().stdout).toContain(`a wrong X-Token with ${code} instead of 403`);
  writeFileSync(path('health.sh'), 'echo it starts; exit 1\n');
  expect(ask()).toMatchObject({ status: 1, stdout: 'it starts\n' });
});
