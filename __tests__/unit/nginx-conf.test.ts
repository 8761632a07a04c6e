import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBalancerCapacity } from '../../environment/load-balancer-capacity';
import { loadBalancerConfiguration } from '../../topology/load-balancer-configuration';
import { loadBalancerHealthScript } from '../../topology/load-balancer-health';
import { publicUrl, renderNginxConf } from '../../topology/nginx-conf';
import type { NginxConfProps } from '../../topology/nginx-props';
import { anywhere, type Directive, named, parseNginxConf } from '../support/nginx';
import { PROJECT, temporaryDirectory } from '../support/synth';

const PROPS: NginxConfProps = {
  certificateFile: '/etc/nginx/certificates/is.bank.example.crt',
  keyFile: '/etc/nginx/certificates/is.bank.example.key',
  hostname: 'is.bank.example',
  httpPort: 80,
  httpsPort: 443,
  controlPort: 9080,
  subnet: '10.9.8.0/24',
  nodes: [
    { name: 'node-1', address: '10.9.8.11' },
    { name: 'node-2', address: '10.9.8.12' },
    { name: 'node-3', address: '10.9.8.13' },
  ],
  nodePort: 9446,
  healthPath: '/health',
  affinity: true,
  readTimeoutSeconds: 60,
  deniedPaths: ['/carbon', '/api/health-check'],
  replayablePaths: [
    { path: '/oauth2/introspect', reason: 'reads only' },
    { path: '/oauth2/revoke', reason: 'revoking twice is revoking once' },
  ],
  capacity: loadBalancerCapacity(10_000),
  clientLimit: { requests: 500, networks: [] },
};

function http(props: Partial<NginxConfProps> = {}): readonly Directive[] {
  const [block] = named(parseNginxConf(renderNginxConf({ ...PROPS, ...props })), 'http');
  return block?.block ?? [];
}

function server(directives: readonly Directive[], listen: string, name?: string): Directive {
  const found = named(directives, 'server').filter(
    ({ block }) =>
      named(block, 'listen').some(({ args }) => args[0] === listen) &&
      (name === undefined || named(block, 'server_name').some(({ args }) => args[0] === name)),
  );
  expect(found).toHaveLength(1);
  return found[0] as Directive;
}

function location(within: Directive, ...args: string[]): Directive | undefined {
  return named(within.block, 'location').find((each) => each.args.join(' ') === args.join(' '));
}

const publicServer = (props: Partial<NginxConfProps> = {}) => server(http(props), '443', 'is.bank.example');
const controlServer = (props: Partial<NginxConfProps> = {}) => server(http(props), '9080');

describe('upstreams', () => {
  test.each([2, 3, 8])('with %d nodes, each node has its own and every other node is its backup', (count) => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: `node-${index + 1}`,
      address: `10.9.8.${11 + index}`,
    }));
    const upstreams = named(http({ nodes }), 'upstream');
    expect(upstreams.map(({ args }) => args[0])).toEqual(nodes.map(({ name }) => name));
    for (const [index, { block }] of upstreams.entries()) {
      const servers = named(block, 'server').map(({ args }) => args);
      expect(servers).toContainEqual([`10.9.8.${11 + index}:9446`, 'max_fails=0']);
      const backups = servers.filter((args) => args.includes('backup')).map(([address]) => address);
      expect(backups).toEqual(nodes.filter((_, other) => other !== index).map(({ address }) => `${address}:9446`));
      expect(servers).toHaveLength(count);
    }
  });

  test('no server is ever ejected by Nginx, because one slow request could eject all of them', () => {
    for (const upstream of named(http(), 'upstream')) {
      for (const { args } of named(upstream.block, 'server')) expect(args).toContain('max_fails=0');
    }
  });

  test('idle connections are closed by Nginx before Tomcat closes them after 60 seconds or 200 requests', () => {
    for (const { block } of named(http(), 'upstream')) {
      expect(Number.parseInt(named(block, 'keepalive_timeout')[0]?.args[0] as string, 10)).toBeLessThan(60);
      expect(Number(named(block, 'keepalive_requests')[0]?.args[0])).toBeLessThan(200);
    }
  });
});

describe('headers that a node trusts', () => {
  const CLEARED = [
    ...['Forwarded', 'X-Original-URL', 'X-Original-Host', 'x-wso2-mutual-auth-cert'],
    ...['X-SSL-CERT', 'WSO2-Identity-User', 'Proxy-Client-IP', 'WL-Proxy-Client-IP', 'X-Originating-IP', 'X-IP'],
  ];
  const SET: Record<string, string> = {
    'X-Real-IP': '$remote_addr',
    'X-Forwarded-For': '$remote_addr',
    Host: 'is.bank.example',
    'X-Forwarded-Host': 'is.bank.example',
    'X-Forwarded-Server': 'is.bank.example',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': '$scheme',
    'X-Request-ID': '$request_id',
  };
  const headers = Object.fromEntries(named(http(), 'proxy_set_header').map(({ args }) => [args[0], args[1]]));

  test.each(CLEARED)('%s from a client is removed', (header) => {
    expect(headers[header]).toBe('');
  });

  test.each(Object.entries(SET))('%s is %s, whatever the client sent', (header, value) => {
    expect(headers[header]).toBe(value);
  });

  test('the host has the public port where clients must name it', () => {
    const sent = named(http({ httpsPort: 8443 }), 'proxy_set_header').map(({ args }) => args);
    expect(sent).toContainEqual(['Host', 'is.bank.example:8443']);
    expect(sent).toContainEqual(['X-Forwarded-Host', 'is.bank.example:8443']);
  });

  test('nothing appends to a list that the client began', () => {
    expect(renderNginxConf(PROPS)).not.toContain('$proxy_add_x_forwarded_for');
  });

  test('no server and no location sets a header of its own, which would cancel all of these; probes alone do', () => {
    for (const each of named(http(), 'server')) {
      expect(named(each.block, 'proxy_set_header')).toEqual([]);
    }
    for (const each of anywhere(http(), 'location')) {
      const isProbe = each.args.some((arg) => arg.startsWith('/probe/'));
      if (!isProbe) expect([each.args, anywhere(each.block, 'proxy_set_header')]).toEqual([each.args, []]);
    }
  });

  test('a probe sends the public host name and is not open to clients', () => {
    for (const { name } of PROPS.nodes) {
      const probe = location(controlServer(), '=', `/probe/${name}`);
      expect(named(probe?.block, 'proxy_set_header').map(({ args }) => args)).toEqual([['Host', 'is.bank.example']]);
      expect(named(probe?.block, 'allow').map(({ args }) => args)).toEqual([['127.0.0.1']]);
      expect(named(probe?.block, 'deny').map(({ args }) => args)).toEqual([['all']]);
    }
  });
});

describe('client certificates', () => {
  const asked: Partial<NginxConfProps> = { clientAuthorities: '# CN=CA\n' };

  test('are not asked for unless somebody has said whose are accepted', () => {
    expect(renderNginxConf(PROPS)).not.toContain('ssl_verify_client');
    expect(renderNginxConf(PROPS)).not.toContain('client_certificate');
    expect(renderNginxConf(PROPS)).not.toContain('client-certificate.js');
  });

  test('are asked for and verified by the public server alone, and a client may do without', () => {
    const directive = (name: string) => named(publicServer(asked).block, name).map(({ args }) => args);
    expect(directive('ssl_verify_client')).toEqual([['optional']]);
    expect(directive('ssl_client_certificate')).toEqual([['client-ca.pem']]);
    expect(anywhere(http(asked), 'ssl_verify_client')).toHaveLength(1);
  });

  test('reach the nodes in the one header that no client can set', () => {
    const headers = named(http(asked), 'proxy_set_header').map(({ args }) => args);
    expect(headers.filter(([name]) => name?.toLowerCase() === 'x-wso2-mutual-auth-cert')).toEqual([
      ['x-wso2-mutual-auth-cert', '$client_certificate'],
    ]);
    expect(named(http(asked), 'js_set').map(({ args }) => args)).toContainEqual([
      '$client_certificate',
      'certificate.verified',
    ]);
  });

  test('are in the access log by the outcome of their verification', () => {
    const format = named(http(asked), 'log_format')[0]?.args.slice(2).join('').replaceAll("'", '') as string;
    expect(JSON.parse(format.replace(/:(\$\w+)/g, ':0')).client_certificate).toBe('$ssl_client_verify');
  });
});

describe('the script behind $client_certificate', () => {
  const source = readFileSync(join(PROJECT, 'runtime/load-balancer/client-certificate.js'), 'utf8');
  const { verified } = new Function(source.replace('export default', 'return'))() as {
    verified(r: { variables: Record<string, string | undefined> }): string;
  };
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB+/A=\nZZ==\n-----END CERTIFICATE-----\n';

  test('gives a verified certificate on one line, as strict decoders want it', () => {
    expect(verified({ variables: { ssl_client_verify: 'SUCCESS', ssl_client_raw_cert: pem } })).toBe(
      '-----BEGIN CERTIFICATE-----MIIB+/A=ZZ==-----END CERTIFICATE-----',
    );
  });

  test.each(['NONE', 'FAILED:certificate has expired', '', undefined])(
    'gives nothing when the outcome is %p',
    (outcome) => {
      expect(verified({ variables: { ssl_client_verify: outcome, ssl_client_raw_cert: pem } })).toBe('');
    },
  );
});

describe('port 80', () => {
  test.each([
    [443, 'https://is.bank.example'],
    [8443, 'https://is.bank.example:8443'],
  ])('redirects everything to the public URL for HTTPS port %d and forwards nothing', (httpsPort, url) => {
    const plain = server(http({ httpsPort }), '80');
    expect(named(plain.block, 'listen').map(({ args }) => args)).toEqual([['80', 'default_server']]);
    const locations = named(plain.block, 'location');
    expect(locations.map(({ args }) => args)).toEqual([['/']]);
    expect(locations[0]?.block).toEqual([{ name: 'return', args: ['301', `${url}$request_uri`] }]);
    expect(publicUrl({ hostname: 'is.bank.example', httpsPort })).toBe(url);
  });
});

describe('TLS', () => {
  test('a client that asks for another name gets no certificate', () => {
    const servers = named(http(), 'server').filter(({ block }) =>
      named(block, 'listen').some(({ args }) => args[0] === '443' && args.includes('default_server')),
    );
    expect(servers).toHaveLength(1);
    expect(named(servers[0]?.block, 'ssl_reject_handshake')[0]?.args).toEqual(['on']);
    expect(anywhere(servers[0]?.block, 'proxy_pass')).toEqual([]);
    // It also gets what names another host within a connection to ours.
    expect(named(servers[0]?.block, 'return').map(({ args }) => args)).toEqual([['421']]);
  });

  // Key exchanges and ciphers of the intermediate profile, in its order; an OpenSSL without the first passes over it.
  test('clients get Mozilla’s intermediate profile', () => {
    expect(anywhere(http(), 'ssl_ecdh_curve').map(({ args }) => args)).toEqual([
      ['?X25519MLKEM768:X25519:prime256v1:secp384r1'],
    ]);
    const [ciphers] = anywhere(http(), 'ssl_ciphers');
    expect(ciphers?.args[0]?.split(':').every((cipher) => /^ECDHE-(ECDSA|RSA)-.*(GCM|POLY1305)/.test(cipher))).toBe(
      true,
    );
    expect(named(http(), 'ssl_prefer_server_ciphers')[0]?.args).toEqual(['off']);
    expect(named(http(), 'ssl_session_tickets')[0]?.args).toEqual(['on']);
  });

  test('only TLS 1.2 and 1.3 are spoken, to clients and to nodes', () => {
    for (const name of ['ssl_protocols', 'proxy_ssl_protocols']) {
      expect(anywhere(http(), name).map(({ args }) => args)).toEqual([['TLSv1.2', 'TLSv1.3']]);
    }
  });

  test('the certificate of a node is verified against the environment’s CA, everywhere', () => {
    expect(anywhere(http(), 'proxy_ssl_verify').map(({ args }) => args)).toEqual([['on']]);
    expect(named(http(), 'proxy_ssl_trusted_certificate')).toHaveLength(1);
    expect(named(http(), 'proxy_ssl_name')[0]?.args).toEqual(['localhost']);
  });

  test('every request to a node goes over TLS', () => {
    const targets = anywhere(http(), 'proxy_pass').map(({ args }) => args[0] as string);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target).toMatch(/^https:\/\//);
  });
});

describe('paths', () => {
  const denials = (props: Partial<NginxConfProps> = {}) =>
    named(publicServer(props).block, 'location')
      .filter(({ block }) => named(block, 'return').some(({ args }) => args[0] === '403'))
      .map(({ args: [operator, pattern] }) => {
        expect(operator).toBe('~*');
        return new RegExp(pattern as string, 'i');
      });
  const refusals = named(publicServer().block, 'if')
    .filter(({ args }) => args[1] === '~')
    .map(({ args }) => new RegExp(args[2] as string));
  const refusalsAsItCame = named(publicServer().block, 'if')
    .filter(({ args }) => args[0] === '($request_uri' && args[1] === '~*')
    .map(({ args }) => new RegExp(args[2] as string, 'i'));

  // As Nginx has them: decoded, without double slashes and dots.
  test.each([
    '/carbon',
    '/carbon/',
    '/carbon/admin/index.jsp',
    '/CARBON/admin',
    '/carbon;jsessionid=1',
    '/api/health-check/v1.0/health',
    '/t/bank.example/carbon/admin',
    '/t/bank.example/api/health-check',
    '/T/bank.example/carbon',
    '/o/carbon',
    '/o/10084a8d-113f-4211-a0d5-efe36b082211/carbon',
    '/t/bank.example/o/carbon',
    '/t/bank.example/o/10084a8d/api/health-check/v1.0/health',
    '/o/10084a8d/t/bank.example/carbon',
    '/t/a/t/b/carbon',
  ])('%s is answered with 403', (path) => {
    expect(denials().some((pattern) => pattern.test(path))).toBe(true);
  });

  test.each([
    '/',
    '/oauth2/token',
    '/t/bank.example/oauth2/token',
    '/t/carbon/oauth2/token',
    '/api/server/v1/applications',
    '/o/10084a8d/api/server/v1/applications',
    '/t/carbon.super/o/10084a8d/oauth2/token',
    '/a/carbon',
    '/t/a/t/b/scim2/Users',
  ])('%s is forwarded', (path) => {
    expect(denials().some((pattern) => pattern.test(path))).toBe(false);
    expect(refusals.some((pattern) => pattern.test(path))).toBe(false);
  });

  test.each([
    '/;x/carbon',
    '/t/bank.example;x/carbon',
    '/o/a/api/hea/o/a/apilth-check',
    '/t/a/o/b/api/hea/o/b/apilth-check',
    '/t/a/api/hea/t/a/apilth-check',
    '/o/a/o/a/carbon',
  ])('%s, which the server would turn into another path, is answered with 400', (path) => {
    expect(refusals.some((pattern) => pattern.test(path))).toBe(true);
  });

  test.each([
    ['/a/.;/../carbon', true],
    ['/a/.;x/../carbon?y', true],
    ['/a/%2e%3B/../carbon', true],
    ['/page;jsessionid=1', false],
    ['/page;jsessionid=1?next=/carbon;x/', false],
    ['/a%20b/c%3a', false],
  ])('as it came, %s is refused: %s', (target, refused) => {
    expect(refusalsAsItCame).toHaveLength(1);
    expect(refusalsAsItCame.some((pattern) => pattern.test(target))).toBe(refused);
  });

  test('a dot in a denied path is a dot', () => {
    const [pattern] = denials({ deniedPaths: ['/a.b'] });
    expect(pattern?.test('/a.b')).toBe(true);
    expect(pattern?.test('/aXb')).toBe(false);
  });

  test('a long path is judged in time', () => {
    const before = performance.now();
    for (const part of ['/t/t', '/o/o', ';;;;', '/a;b', '%3b;', '%%%%']) {
      const path = `/${part.repeat(8000)}`.slice(0, 32_000);
      for (const pattern of [...denials(), ...refusals, ...refusalsAsItCame]) pattern.test(path);
    }
    expect(performance.now() - before).toBeLessThan(500);
  });

  test('a denied path is not forwarded as one that may be repeated', () => {
    const props = { deniedPaths: ['/OAuth2/introspect'] };
    expect(location(publicServer(props), '=', '/oauth2/introspect')).toBeUndefined();
    expect(location(publicServer(props), '=', '/oauth2/revoke')).toBeDefined();
  });

  test('without denied paths nothing is denied', () => {
    expect(anywhere(publicServer({ deniedPaths: [] }).block, 'return').map(({ args }) => args[0])).not.toContain('403');
  });

  test('a request that a node may have processed is repeated only where the distribution says that is harmless', () => {
    const repeating = anywhere(http(), 'location').filter(({ block }) =>
      named(block, 'proxy_next_upstream').some(({ args }) => args.includes('non_idempotent')),
    );
    expect(repeating.map(({ args }) => args)).toEqual([
      ['=', '/oauth2/introspect'],
      ['=', '/oauth2/revoke'],
    ]);
    expect(named(http(), 'proxy_next_upstream').map(({ args }) => args)).toEqual([['error', 'timeout']]);
  });

  test.each([
    [2, '2'],
    [3, '3'],
    [8, '3'],
  ])('of %d nodes, at most %s are tried', (count, tries) => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: `node-${index + 1}`,
      address: `10.9.8.${11 + index}`,
    }));
    expect(anywhere(http({ nodes }), 'proxy_next_upstream_tries').map(({ args }) => args)).toEqual([[tries]]);
  });

  test('a node that is the only one is waited for longer than one beside which there is another', () => {
    const seconds = (block: readonly Directive[] | undefined) => named(block, 'proxy_connect_timeout')[0]?.args[0];
    expect(seconds(http())).toBe('1500ms');
    expect(seconds(location(publicServer(), '@only_node')?.block)).toBe('10s');
    expect(named(publicServer().block, 'error_page').map(({ args }) => args)).toContainEqual([
      '418',
      '=',
      '@only_node',
    ]);
  });

  test('requests are answered with 503 when no node is in rotation, and with a page that says so', () => {
    const forwarding = named(publicServer().block, 'location').filter(
      // A route has been chosen by the time that one of those with a name is asked.
      ({ args, block }) => !args[0]?.startsWith('@') && anywhere(block, 'proxy_pass').length > 0,
    );
    expect(forwarding.length).toBeGreaterThan(0);
    for (const { block } of forwarding) {
      expect(named(block, 'if')).toEqual([
        { name: 'if', args: ['($route', '=', '', ')'], block: [{ name: 'return', args: ['503'] }] },
        { name: 'if', args: ['($only_node)'], block: [{ name: 'return', args: ['418'] }] },
      ]);
    }
    expect(named(publicServer().block, 'error_page').map(({ args }) => args)).toContainEqual(['503', '@unavailable']);
    const page = location(publicServer(), '@unavailable');
    expect(named(page?.block, 'add_header').map(({ args }) => args[0])).toEqual(
      expect.arrayContaining(['Retry-After', 'Strict-Transport-Security']),
    );
  });

  test('the load balancer answers its own health request without a node', () => {
    const own = location(publicServer(), '=', '/load-balancer-health');
    expect(named(own?.block, 'return').map(({ args }) => args[0])).toEqual(['200']);
    expect(anywhere(own?.block, 'proxy_pass')).toEqual([]);
  });

  test('a pod that is about to stop answers it with 503, and kubelet is told that it is well', () => {
    const file = '/tmp/leaving';
    const page = renderNginxConf({ ...PROPS, nodesByName: true });
    expect(page).toContain(`if (-f ${file}) {\n        return 503;`);
    const script = loadBalancerHealthScript({ ...PROPS, nodesByName: true });
    const directory = temporaryDirectory('leaving-');
    const run = (text: string) => spawnSync('/bin/sh', ['-c', text], { env: { PATH: directory } }).status;
    const here = script.replaceAll(file, join(directory, 'leaving'));
    // Nothing is served here, so whoever asks fails.
    expect(run(here)).not.toBe(0);
    writeFileSync(join(directory, 'leaving'), '');
    expect(run(here)).toBe(0);
    for (const text of [renderNginxConf(PROPS), loadBalancerHealthScript(PROPS)]) expect(text).not.toContain(file);
  });
});

describe('control port', () => {
  test.each(PROPS.nodes)('only $name itself may drain $name', ({ name, address }) => {
    const drain = location(controlServer(), '=', `/drain/${name}`);
    expect(named(drain?.block, 'allow').map(({ args }) => args)).toEqual([[address]]);
    expect(named(drain?.block, 'deny').map(({ args }) => args)).toEqual([['all']]);
  });

  test('the status is for the environment’s network alone', () => {
    const status = location(controlServer(), '=', '/status');
    expect(named(status?.block, 'allow').map(({ args }) => args[0])).toEqual(['127.0.0.1', '10.9.8.0/24']);
    expect(named(status?.block, 'deny').map(({ args }) => args)).toEqual([['all']]);
  });

  test.each([2, 8])('each of %d nodes has its own probe', (count) => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: `node-${index + 1}`,
      address: `10.9.8.${index}`,
    }));
    const handlers = anywhere(http({ nodes }), 'js_periodic').map(({ args }) => args[0]);
    expect(handlers).toEqual(nodes.map((_, index) => `routing.probe${index + 1}`));
  });

  test('nothing else is there', () => {
    expect(location(controlServer(), '/')?.block).toEqual([{ name: 'return', args: ['404'] }]);
  });

  test('a probe says whether it had a connection, before its next turn comes', () => {
    for (const { name } of PROPS.nodes) {
      const probe = location(controlServer(), '=', `/probe/${name}`)?.block;
      expect(named(probe, 'proxy_connect_timeout')[0]?.args).toEqual(['800ms']);
      expect(named(probe, 'add_header')[0]?.args).toEqual(['X-Connect-Time', '$upstream_connect_time', 'always']);
    }
  });

  test('a probe asks its own node and never another', () => {
    for (const { name } of PROPS.nodes) {
      expect(named(location(controlServer(), '=', `/probe/${name}`)?.block, 'proxy_next_upstream')[0]?.args).toEqual([
        'off',
      ]);
    }
  });
});

test('every server logs into the files that the entry point passes on, in the same format and as much of it, where there is one that does', () => {
  const servers = named(http(), 'server');
  expect(servers).toHaveLength(4);
  for (const { block } of servers) expect(named(block, 'include')).toHaveLength(1);
  const { files } = loadBalancerConfiguration(PROPS, { routing: '', clientCertificate: '' });
  const passedOn = parseNginxConf(files['passed-on.conf'] ?? '');
  const [printed] = named(http(), 'access_log');
  const [printedErrors] = named(parseNginxConf(files['nginx.conf'] ?? ''), 'error_log');
  expect(passedOn).toEqual([
    { name: 'access_log', args: ['/tmp/logs/requests.log', ...(printed?.args.slice(1) ?? [])] },
    { name: 'error_log', args: ['/tmp/logs/errors.log', ...(printedErrors?.args.slice(1) ?? [])] },
  ]);
});

test('the access log names node and answer of every try, and leaves out the query', () => {
  const format = named(http(), 'log_format')[0]?.args.slice(2).join('') as string;
  const sample = format.replace(/:(\$\w+)/g, ':0');
  expect(Object.keys(JSON.parse(sample))).toEqual(
    expect.arrayContaining(['time', 'request_id', 'method', 'path', 'status', 'route', 'upstream', 'upstream_status']),
  );
  for (const variable of ['$request_uri', '$args', '$query_string', '$http_referer', '$request"', '$http_cookie']) {
    expect(format).not.toContain(variable);
  }
});

describe('revision', () => {
  const ROUTING = 'export default {};\n';
  const revision = (props: Partial<NginxConfProps> = {}, routing = ROUTING, clientCertificate = '// script\n') =>
    loadBalancerConfiguration({ ...PROPS, ...props }, { routing, clientCertificate });

  test('equal content has an equal revision', () => {
    expect(revision({ nodes: [...PROPS.nodes] }).revision).toBe(revision().revision);
    expect(revision().revision).toMatch(/^[0-9a-f]{12}$/);
  });

  test.each<[string, Partial<NginxConfProps>]>([
    ['hostname', { hostname: 'other.bank.example' }],
    ['httpPort', { httpPort: 8080 }],
    ['httpsPort', { httpsPort: 8443 }],
    ['controlPort', { controlPort: 9081 }],
    ['subnet', { subnet: '10.9.0.0/16' }],
    ['nodes', { nodes: PROPS.nodes.slice(0, 2) }],
    ['nodePort', { nodePort: 9443 }],
    ['healthPath', { healthPath: '/other' }],
    ['affinity', { affinity: false }],
    ['readTimeoutSeconds', { readTimeoutSeconds: 61 }],
    ['deniedPaths', { deniedPaths: [] }],
    ['replayablePaths', { replayablePaths: [] }],
    ['clientAuthorities', { clientAuthorities: '# CN=CA\n' }],
    ['capacity', { capacity: loadBalancerCapacity(20_000) }],
    ['rateLimit', { rateLimit: { perSecond: 10, networks: [], paths: ['/login'] } }],
    ['clientLimit', { clientLimit: { requests: 400, networks: [] } }],
  ])('another %s is another revision', (_, change) => {
    expect(revision(change).revision).not.toBe(revision().revision);
  });

  test('another routing script is another revision', () => {
    expect(revision({}, '// changed\n').revision).not.toBe(revision().revision);
  });

  test('another authority of client certificates is another revision, which is what makes Nginx reload', () => {
    const one = revision({ clientAuthorities: '# CN=one\n' });
    const two = revision({ clientAuthorities: '# CN=two\n' });
    expect(two.revision).not.toBe(one.revision);
    expect(two.files['client-ca.pem']).toBe('# CN=two\n');
    expect(two.files['nginx.conf']).toBe(one.files['nginx.conf']);
    expect(revision({ clientAuthorities: '# CN=one\n' }, ROUTING, '// changed\n').revision).not.toBe(one.revision);
  });

  test('without client certificates the script for them is no part of it', () => {
    expect(Object.keys(revision().files)).toEqual([
      'nginx.conf',
      'routing.js',
      'topology.js',
      'health.sh',
      'passed-on.conf',
    ]);
    expect(revision({}, ROUTING, '// changed\n').revision).toBe(revision().revision);
  });

  test('topology.js tells the running load balancer its revision, its nodes and the affinity', () => {
    const { files, revision: current } = revision({ affinity: false });
    const told = JSON.parse((files['topology.js'] as string).replace(/^export default /, '').replace(/;\n$/, ''));
    expect(told).toEqual({
      revision: current,
      affinity: false,
      allInRotation: '/tmp/3-nodes-in-rotation',
      ofOtherNumbers: [2, 4, 5, 6, 7, 8].map((number) => `/tmp/${number}-nodes-in-rotation`),
      controlPort: 9080,
      nodes: ['node-1', 'node-2', 'node-3'],
    });
  });
});
