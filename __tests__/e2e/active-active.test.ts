import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { CommandError, run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { networkRulesScript } from '../../topology/network-rules';
import { AUTHORITY, createAuthority, type Identity, issue, revocationList } from '../support/certificates';
import { Client, type Reply } from '../support/client';
import { underLoad } from '../support/load';
import { placeOf } from '../support/places';
import { topology } from '../support/synth';
import { docker, eventually, inspect, psql, Workspace, waitUntilHealthy } from '../support/workspace';

// One environment, made once; the tests run in order and each leaves it healthy.
const { name: NAME, hostname: HOSTNAME, bindAddress: ADDRESS, network: NETWORK, subnet: SUBNET } = placeOf('e2e-pair');
const NODES = [`${NETWORK}.11`, `${NETWORK}.12`] as const;
const CONTAINERS = [`${NAME}-node-1`, `${NAME}-node-2`] as const;

const CONFIGURATION = `[network]
subnet = "${SUBNET}"

[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512

[load_balancer]
hostname = "${HOSTNAME}"
bind_address = "${ADDRESS}"
denied_paths = ["/probe/count"]
client_limit = { requests = 40 }
rate_limit = { requests_per_second = 10 }
`;

const workspace = new Workspace();
let ca: string;

function browser(options: { cookies?: boolean; keepAlive?: boolean } = {}): Client {
  return new Client({ address: ADDRESS, hostname: HOSTNAME, ca, ...options });
}

/** A client that goes to one node past the load balancer. */
function direct(node: string): Client {
  return new Client({ address: node, port: 9446, hostname: HOSTNAME, ca });
}

/** Waits until the load balancer's log has a text: it writes a tenth of a second late at most. */
async function logged(text: string): Promise<void> {
  await eventually(`the load balancer has logged ${text}`, 10, async () =>
    (await docker('logs', `${NAME}-load-balancer`)).includes(text),
  );
}

async function adminPassword(): Promise<string> {
  return docker('exec', CONTAINERS[0], 'cat', '/run/identity-server-secrets/ADMIN_PASSWORD');
}

/** Logs in through the server's own SOAP service; true when it accepts the password. */
async function login(client: Client, user: string, password: string): Promise<boolean> {
  const envelope = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://authentication.services.core.carbon.wso2.org"><soapenv:Body><a:login><a:username>${user}</a:username><a:password>${password}</a:password><a:remoteAddress>127.0.0.1</a:remoteAddress></a:login></soapenv:Body></soapenv:Envelope>`;
  const reply = await client.post('/services/AuthenticationAdmin', envelope, {
    'content-type': 'text/xml',
    soapaction: 'urn:login',
  });
  client.close();
  expect(reply.status).toBe(200);
  return /<[^>]*return>true</.test(reply.body);
}

async function peerCertificate(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: HOSTNAME, ca }, () => {
      resolve(socket.getPeerX509Certificate()?.toString().trim() ?? '');
      socket.end();
    });
    socket.on('error', reject);
  });
}

/** The secrets in a folder of a container; other files, such as the revision of a password, have other names. */
async function readAll(container: string, folder: string): Promise<string[]> {
  const names = (await docker('exec', container, 'ls', folder)).split('\n').filter((name) => /^[A-Z0-9_]+$/.test(name));
  return Promise.all(names.map((name) => docker('exec', container, 'cat', `${folder}/${name}`)));
}

async function nodeOf(client: Client): Promise<string> {
  return JSON.parse((await client.get('/probe/session')).body).node;
}

beforeAll(async () => {
  await workspace.configure(NAME, CONFIGURATION);
  const { stdout } = await workspace.make('up', NAME);
  expect(stdout).toContain(`https://${HOSTNAME}/carbon/`);
  expect(stdout).toContain(`${ADDRESS} ${HOSTNAME}`);
  ca = readFileSync(workspace.path('build', NAME, 'ca.crt'), 'utf8');
}, 600_000);

afterAll(() => workspace.dispose(), 120_000);

test('the load balancer redirects http to https, and the server redirects to the public URL without a port', async () => {
  const plain = await fetch(`http://${ADDRESS}/carbon/?a=b`, { redirect: 'manual' });
  expect(plain.status).toBe(301);
  expect(plain.headers.get('location')).toBe(`https://${HOSTNAME}/carbon/?a=b`);

  const client = browser();
  const reply = await client.get('/carbon/');
  client.close();
  expect(reply.status).toBe(302);
  expect(reply.headers.location).toBe(`https://${HOSTNAME}/carbon/admin/index.jsp`);
});

test('a request for another host name gets no certificate', async () => {
  const client = new Client({ address: ADDRESS, hostname: 'other.e2e.test', ca });
  await expect(client.get('/')).rejects.toThrow(/unrecognized name|handshake/i);
});

test('the generated administrator, created once, logs in through the load balancer and on each node', async () => {
  const password = await adminPassword();
  expect(await login(browser(), 'admin', password)).toBe(true);
  for (const node of NODES) expect(await login(direct(node), 'admin', password)).toBe(true);
  expect(await login(browser(), 'admin', `${password}x`)).toBe(false);
  expect(await psql(`${NAME}-database`, 'wso2_user', "SELECT count(*) FROM um_user WHERE um_user_name = 'admin'")).toBe(
    '1',
  );
});

test('a second plan is empty and a second make up changes nothing', async () => {
  expect((await workspace.make('plan', NAME)).stdout).toContain('Nothing to change.');
  const before = await docker('ps', '-aq', '--no-trunc', '--filter', `label=wso2-is-active-active.environment=${NAME}`);
  expect((await workspace.make('up', NAME)).stdout).toContain('Nothing to change.');
  expect(await docker('ps', '-aq', '--no-trunc', '--filter', `label=wso2-is-active-active.environment=${NAME}`)).toBe(
    before,
  );
}, 300_000);

test('make status says that all is healthy', async () => {
  const { stdout } = await workspace.make('status', NAME);
  expect(stdout).toMatch(/node-1 +running +healthy +yes/);
  expect(stdout).toMatch(/node-2 +running +healthy +yes.* 36\d days left/);
  expect(stdout).toMatch(/database +running +healthy/);
  expect(stdout).toMatch(/load-balancer +running +healthy/);
  expect(stdout).toMatch(/PUBLISHED +https:\/\/\S+ at \S+:443: answers; certificate ".*" by ".*", 36\d days left/);
});

test('the engine’s proxy of the published port dies: make status says that clients are refused, make up lets them in again', async () => {
  const { stdout: proxies } = await run('pgrep', ['-f', `docker-proxy .*-host-ip ${ADDRESS} -host-port 443 `]);
  process.kill(Number(proxies.trim()), 'SIGKILL');
  const status = await workspace.tryMake('status', NAME);
  expect(status.exitCode).not.toBe(0);
  expect(status.stderr).toMatch(/load-balancer +running +healthy/);
  expect(status.stderr).toMatch(/PUBLISHED .*: nothing accepts connections at \S+:443/);
  const { stderr } = await workspace.make('up', NAME);
  expect(stderr).toContain(`Restart ${NAME}-load-balancer done`);
  const client = browser();
  expect((await client.get('/probe/health')).status).toBe(200);
  client.close();
}, 300_000);

test('what cannot come up is refused before anything is created: an address that is not ours, a port that another program has', async () => {
  const { name, hostname, bindAddress, subnet } = placeOf('e2e-refused');
  const refused = async (address: string) => {
    const network = `network = { subnet = "${subnet}" }`;
    const balancer = `load_balancer = { hostname = "${hostname}", bind_address = "${address}" }`;
    await workspace.configure(name, `${network}\nidentity_server = { distribution = "sandbox" }\n${balancer}\n`);
    const { exitCode, stderr } = await workspace.tryMake('up', name);
    expect(exitCode).not.toBe(0);
    for (const kind of ['container', 'network', 'volume'] as const) {
      const all = kind === 'container' ? ['--all'] : [];
      expect(await docker(kind, 'ls', ...all, '--quiet', '--filter', `name=^${name}`)).toBe('');
    }
    return stderr;
  };
  const noAddress = await refused('198.51.100.7');
  expect(noAddress).toContain('load_balancer.bind_address: 198.51.100.7 is no address of the Docker host');
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(443, bindAddress, done));
  const taken = await refused(bindAddress);
  expect(taken).toMatch(new RegExp(`port 443 of ${bindAddress} is taken by \\S+ \\(process ${process.pid}\\)`));
  await new Promise((done) => holder.close(done));
}, 300_000);

test('make credentials tells how to read the password, and the command it prints works', async () => {
  const { stdout } = await workspace.make('credentials', NAME);
  const [, ...command] =
    stdout
      .split('\n')
      .find((line) => line.includes('docker '))
      ?.trim()
      .split(' ') ?? [];
  expect(await docker(...command)).toBe(await adminPassword());
  expect(stdout).not.toContain(await adminPassword());
});

test('both nodes serve the certificate of the TLS store, not the one that signs; the truststore holds that one and the load balancer’s', async () => {
  const [one, two] = await Promise.all(NODES.map((node) => peerCertificate(node, 9446)));
  expect(one).toBe(two);
  const security = '/home/wso2carbon/wso2carbon-4.10/repository/resources/security';
  const exported = (node: string, store: string, alias: string) =>
    docker(
      'exec',
      node,
      'keytool',
      '-exportcert',
      '-rfc',
      '-alias',
      alias,
      '-keystore',
      `${security}/${store}`,
      '-storepass:file',
      '/run/identity-server-secrets/KEYSTORE_PASSWORD',
    );
  const pem = (text: string) => text.replace(/\s/g, '');
  const balancer = await peerCertificate(ADDRESS, 443);
  for (const node of CONTAINERS) {
    expect(pem(await exported(node, 'tls.p12', 'tls'))).toBe(pem(one as string));
    const signing = pem(await exported(node, 'wso2carbon.p12', 'wso2carbon'));
    expect(signing).not.toBe(pem(one as string));
    expect(pem(await exported(node, 'client-truststore.p12', 'wso2carbon'))).toBe(signing);
    expect(pem(await exported(node, 'client-truststore.p12', `${NAME}-load-balancer`))).toBe(pem(balancer));
  }
}, 180_000);

test('a browser session stays on its node for 50 requests', async () => {
  const client = browser({ cookies: true });
  const home = await nodeOf(client);
  for (let counter = 2; counter <= 50; counter++) {
    const reply = JSON.parse((await client.get('/probe/session')).body);
    expect(reply).toMatchObject({ node: home, counter });
  }
  client.close();
});

test('200 clients without cookies are split within 35:65', async () => {
  const counts: Record<string, number> = {};
  for (let turn = 0; turn < 200; turn++) {
    const client = browser({ keepAlive: false });
    const node = await nodeOf(client);
    counts[node] = (counts[node] ?? 0) + 1;
    client.close();
  }
  expect(Object.keys(counts).sort()).toEqual(['node-1', 'node-2']);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(70);
}, 180_000);

/** Answers to requests that are sent at the same time, each by a connection of its own. */
async function answersTo(count: number, send: (client: Client) => Promise<Reply>): Promise<Reply[]> {
  const clients = Array.from({ length: count }, () => browser({ keepAlive: false }));
  try {
    return await Promise.all(clients.map(send));
  } finally {
    for (const client of clients) client.close();
  }
}

test('a client address has so many requests at a time, and is told to come back with more', async () => {
  const answers = await answersTo(60, (client) => client.get('/probe/slow?ms=4000'));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(40);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, milliseconds } of refused) {
    expect(headers['retry-after']).toBe('1');
    expect(milliseconds).toBeLessThan(4000);
  }
}, 60_000);

test('who guesses passwords is slowed down, and nothing else is', async () => {
  // Fewer at a time than a client may have.
  const guesses: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const answers = await answersTo(25, (client) => client.post('/carbon/admin/login_action.jsp;x=1', 'username=a'));
    guesses.push(...answers.map(({ status }) => status));
  }
  expect(guesses.filter((status) => status !== 429).length).toBeGreaterThanOrEqual(50);
  expect(guesses).toContain(429);
  expect((await browser().get('/probe/echo')).status).toBe(200);
}, 60_000);

/** Where each client of these tests is, as the load balancer sees it: all come through the engine's bridge. */
const CLIENT_ADDRESS = `${NETWORK}.1`;
const FORGED_ADDRESS = '8.8.8.8';

test('clients cannot forge the headers that the servers trust, nor their own address', async () => {
  const client = browser();
  const addresses = ['x-forwarded-for', 'proxy-client-ip', 'wl-proxy-client-ip', 'x-originating-ip', 'x-ip'];
  const forgedAddresses = Object.fromEntries(addresses.map((name) => [name, FORGED_ADDRESS]));
  const reply = await client.post('/probe/echo?forged=1', '', {
    ...forgedAddresses,
    HTTP_X_FORWARDED_FOR: FORGED_ADDRESS,
    'x-wso2-mutual-auth-cert': 'forged',
    'x-ssl-cert': 'forged',
    'x-forwarded-host': 'evil.test',
    forwarded: `for=${FORGED_ADDRESS}`,
  });
  client.close();
  const { headers, scheme, serverName, serverPort, remoteAddr } = JSON.parse(reply.body);
  expect(headers['x-wso2-mutual-auth-cert']).toBeUndefined();
  expect(headers['x-ssl-cert']).toBeUndefined();
  expect(headers.forwarded).toBeUndefined();
  expect(JSON.stringify(headers)).not.toContain(FORGED_ADDRESS);
  expect(headers['x-forwarded-host']).toEqual([HOSTNAME]);
  expect({ scheme, serverName, serverPort }).toEqual({ scheme: 'https', serverName: HOSTNAME, serverPort: 443 });
  expect(remoteAddr).toBe(CLIENT_ADDRESS);
  // Past the load balancer nobody is believed.
  const past = await direct(NODES[0]).post('/probe/echo?forged=2', '', forgedAddresses);
  expect(JSON.parse(past.body).remoteAddr).toBe(CLIENT_ADDRESS);
});

describe('client certificates', () => {
  const HEADER = 'x-wso2-mutual-auth-cert';
  const ACCEPTING = `${CONFIGURATION}[load_balancer.client_certificates]\nca_file = "tpp-ca.pem"\n`;
  const PURPOSE = ['extendedKeyUsage=clientAuth'];
  let directory: Identity;
  let issuing: Identity;
  let bank: Identity;
  let partner: Identity;
  let stranger: Identity;

  const shows = (certificate?: Identity) =>
    new Client({ address: ADDRESS, hostname: HOSTNAME, ca, certificate, keepAlive: false });
  /** One request on a connection of its own that resumes a TLS session, where the load balancer lets it. */
  const visit = ({ certificate, key }: Identity, session?: Buffer) =>
    new Promise<{ status: number; resumed: boolean; session?: Buffer }>((resolve, reject) => {
      let next: Buffer | undefined;
      const tls = { host: ADDRESS, port: 443, servername: HOSTNAME, ca, cert: certificate, key, session };
      const socket = connect(tls, () => {
        socket.write(`GET /probe/echo HTTP/1.1\r\nHost: ${HOSTNAME}\r\nConnection: close\r\n\r\n`);
      });
      let reply = '';
      socket.on('session', (issued) => {
        next = issued;
      });
      socket.on('data', (chunk) => {
        reply += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('end', () =>
        resolve({ status: Number(reply.split(' ')[1]), resumed: socket.isSessionReused(), session: next }),
      );
    });
  const headersSeen = async (client: Client, sent: Record<string, string> = {}) => {
    const reply = await client.post('/probe/echo', '', sent);
    expect(reply.status).toBe(200);
    return JSON.parse(reply.body).headers as Record<string, string[]>;
  };
  const oneLine = ({ certificate }: Identity) => certificate.replaceAll('\n', '');
  /** The lists of both authorities of the chain. */
  const lists = async (revoked: Identity[]) =>
    `${await revocationList(directory, [])}${await revocationList(issuing, revoked)}`;
  const accept = async (...authorities: Identity[]) => {
    writeFileSync(workspace.path('config', 'tpp-ca.pem'), authorities.map(({ certificate }) => certificate).join(''));
    await workspace.make('plan', NAME);
    const report = readFileSync(workspace.path('build', 'plan', NAME, 'plan.md'), 'utf8');
    await workspace.make('apply', NAME);
    return report;
  };

  beforeAll(async () => {
    directory = await createAuthority('Directory Root CA');
    issuing = await issue(directory, 'Directory Issuing CA', AUTHORITY);
    bank = await issue(issuing, 'Third Party', PURPOSE);
    stranger = await issue(await createAuthority('Stranger Root CA'), 'Stranger', PURPOSE);
    partner = await issue(issuing, 'Partner', PURPOSE);
    writeFileSync(workspace.path('config', 'tpp-crl.pem'), await lists([]));
    await workspace.configure(NAME, `${ACCEPTING}crl_file = "tpp-crl.pem"\n`);
  }, 180_000);

  test('are accepted after a reload; neither a node nor the load balancer is replaced', async () => {
    const containers = [...CONTAINERS, `${NAME}-load-balancer`];
    const before = await Promise.all(containers.map(inspect));
    const report = await accept(directory, issuing);
    expect(report).toContain('CN=Directory Issuing CA');
    const after = await Promise.all(containers.map(inspect));
    expect(after.map(({ Id, State }) => [Id, State.StartedAt])).toEqual(
      before.map(({ Id, State }) => [Id, State.StartedAt]),
    );
  }, 300_000);

  test('reach the node when they verify, and a forged header beside them does not', async () => {
    const [header, ...more] = (await headersSeen(shows(bank), { [HEADER]: 'forged' }))[HEADER] as string[];
    expect(more).toEqual([]);
    expect(header).toBe(oneLine(bank));
  });

  test('need not be shown, and without one no spelling of the header gets through', async () => {
    for (const forged of [HEADER, HEADER.toUpperCase(), HEADER.replaceAll('-', '_')]) {
      const seen = await headersSeen(shows(), { [forged]: oneLine(bank) });
      expect(JSON.stringify(seen)).not.toContain('BEGIN CERTIFICATE');
    }
    expect((await shows().get('/carbon/')).status).toBe(302);
  });

  test('are refused with 400 when another authority, or nobody, has issued them, or they are for another purpose', async () => {
    const server = await issue(issuing, 'Third Party', ['extendedKeyUsage=serverAuth']);
    for (const refused of [stranger, await createAuthority('Self-signed'), server]) {
      const reply = await shows(refused).post('/probe/echo');
      expect([reply.status, reply.body]).toEqual([400, expect.stringContaining('SSL certificate error')]);
    }
    await logged('"client_certificate":"FAILED:');
    await logged('"client_certificate":"SUCCESS"');
  });

  test('that are on a list of revoked ones are refused from the reload on, resumed sessions included, and others pass: under load, without a failed request', async () => {
    const first = await visit(bank);
    const resumed = await visit(bank, first.session);
    expect(resumed).toMatchObject({ status: 200, resumed: true });
    const { Id, State } = await inspect(`${NAME}-load-balancer`);
    writeFileSync(workspace.path('config', 'tpp-crl.pem'), await lists([bank]));
    const requests = [{ method: 'GET' as const, path: (id: string) => `/probe/echo?id=${id}` }];
    const props = { address: ADDRESS, hostname: HOSTNAME, ca, clients: 4, pause: 20, requests };
    const { report: others } = await underLoad({ ...props, name: 'partner', certificate: partner }, async () => {
      const { report: browsers } = await underLoad({ ...props, name: 'browser' }, () => accept(directory, issuing));
      expect(browsers.failed).toEqual([]);
      expect(await visit(bank, resumed.session)).toMatchObject({ status: 400, resumed: false });
    });
    expect(others.failed).toEqual([]);
    expect(others.sent).toBeGreaterThan(100);
    expect((await headersSeen(shows(partner)))[HEADER]).toEqual([oneLine(partner)]);
    expect((await shows(bank).post('/probe/echo')).status).toBe(400);
    await logged('"client_certificate":"FAILED:certificate revoked"');
    expect(await inspect(`${NAME}-load-balancer`)).toMatchObject({ Id, State: { StartedAt: State.StartedAt } });
  }, 300_000);

  test('of an authority that is taken out of the file are refused from the reload on, resumed sessions included', async () => {
    const first = await visit(partner);
    const resumed = await visit(partner, first.session);
    expect(resumed).toMatchObject({ status: 200, resumed: true });
    const newcomer = await createAuthority('Newcomer Root CA');
    await workspace.configure(NAME, ACCEPTING);
    await accept(newcomer);
    expect(await visit(partner, resumed.session)).toMatchObject({ status: 400, resumed: false });
    const welcome = await issue(newcomer, 'Newcomer', PURPOSE);
    expect((await headersSeen(shows(welcome)))[HEADER]).toEqual([oneLine(welcome)]);
  }, 300_000);
});

test('the access log shows clients, not the load balancer', async () => {
  const script = 'cat "$WSO2_SERVER_HOME"/repository/logs/http_access_*';
  // Tomcat writes what it has collected every few seconds.
  await eventually('the forged requests are in the access logs', 30, async () => {
    const logs = await Promise.all(CONTAINERS.map((node) => docker('exec', node, 'sh', '-c', script)));
    const lines = logs.flatMap((log) => log.split('\n')).filter((line) => line.includes('/probe/echo?forged='));
    for (const line of lines) expect(line.split(' ')[0]).toBe(CLIENT_ADDRESS);
    return ['forged=1', 'forged=2'].every((request) => lines.some((line) => line.includes(request)));
  });
}, 60_000);

test('a request for another host within a connection to ours is misdirected, and nodes are told the public name alone', async () => {
  const client = browser();
  for (const host of ['evil.example', '127.0.0.1', `${HOSTNAME}.evil.example`]) {
    expect([host, (await client.get('/probe/echo', { host })).status]).toEqual([host, 421]);
  }
  const { headers, serverName } = JSON.parse(
    (await client.get('/probe/echo', { host: `${HOSTNAME}:8443`, 'x-forwarded-host': 'evil.example' })).body,
  );
  expect({ host: headers.host, forwarded: headers['x-forwarded-host'], serverName }).toEqual({
    host: [HOSTNAME],
    forwarded: [HOSTNAME],
    serverName: HOSTNAME,
  });
  client.close();
});

describe('who reaches whom', () => {
  const NEIGHBOUR = `${NAME}-neighbour`;
  const [FIRST] = NODES;
  const BALANCER = `${NETWORK}.3`;
  const DATABASE = `${NETWORK}.2`;
  const PLACES = {
    balancer: `${NAME}-load-balancer`,
    first: CONTAINERS[0],
    second: CONTAINERS[1],
    database: `${NAME}-database`,
    neighbour: NEIGHBOUR,
  };
  const TARGETS = {
    'node 1, HTTPS': [FIRST, 9446],
    'node 1, HTTP': [FIRST, 9766],
    'node 1, membership': [FIRST, 4000],
    database: [DATABASE, 5432],
    'load balancer, HTTPS': [BALANCER, 443],
    'load balancer, control': [BALANCER, 9080],
  } as const;

  /** What `timeout` ends with when it had to end what it ran. */
  const TIMED_OUT = 124;

  /** Which of the targets each place gets an answer from, be it that nobody listens. */
  async function matrix(): Promise<Record<string, string[]>> {
    const pids = await Promise.all(
      Object.entries(PLACES).map(async ([place, container]) => [place, (await inspect(container)).State.Pid] as const),
    );
    const rows = [...pids, ['host', undefined] as const].map(async ([place, pid]) => {
      const inside = pid === undefined ? [] : ['nsenter', '--target', String(pid), '--net'];
      const reached = await Promise.all(
        Object.entries(TARGETS).map(async ([target, [address, port]]) => {
          const command = [...inside, 'timeout', '2', 'bash', '-c', `</dev/tcp/${address}/${port}`];
          const ended = await run(command[0] as string, command.slice(1)).catch((error: CommandError) => error);
          return ended instanceof CommandError && ended.exitCode === TIMED_OUT ? [] : [target];
        }),
      );
      return [place, reached.flat()] as const;
    });
    return Object.fromEntries(await Promise.all(rows));
  }

  test('with the rules of `make network-rules` nothing but load balancer and nodes has a way to a node, and they cost no request', async () => {
    const image = sandboxImageTags().nginx;
    const labels = ['--label', 'wso2-is-active-active.test=1'];
    await docker(
      'run',
      '--detach',
      '--rm',
      ...labels,
      '--name',
      NEIGHBOUR,
      '--network',
      NAME,
      '--entrypoint',
      'sleep',
      image,
      '600',
    );
    const known = topology(CONFIGURATION, NAME);
    expect((await workspace.make('network-rules', NAME)).stdout).toBe(networkRulesScript(known));
    // As if the servers formed a cluster; here nobody listens, which is an answer, too.
    const script = networkRulesScript({ ...known, clusterPort: 4000 });
    try {
      const everything = Object.keys(TARGETS);
      expect(await matrix()).toMatchObject({ database: everything, neighbour: everything, host: everything });
      const { report, result } = await underLoad(
        {
          address: ADDRESS,
          hostname: HOSTNAME,
          ca,
          name: 'rules',
          clients: 4,
          pause: 20,
          requests: [{ method: 'GET', path: (id) => `/probe/echo?id=${id}` }],
        },
        async () => {
          await run('sh', ['-s'], { input: script });
          return matrix();
        },
      );
      expect(report.failed).toEqual([]);
      const published = 'load balancer, HTTPS';
      const control = 'load balancer, control';
      expect(result).toEqual({
        balancer: ['node 1, HTTPS', published, control],
        first: [...everything],
        second: ['node 1, membership', 'database', published, control],
        database: ['database', published],
        neighbour: ['database', published, control],
        host: [published],
      });
      await workspace.make('status', NAME);
    } finally {
      await run('sh', ['-s', 'remove'], { input: script });
      await docker('rm', '--force', NEIGHBOUR).catch(() => undefined);
    }
  }, 120_000);
});

test('the control port answers nothing but what it is for', async () => {
  for (const path of ['/', '/index.html', '/status/', '/drain/node-9']) {
    const reply = await fetch(`http://${NETWORK}.3:9080${path}`);
    expect([path, reply.status]).toEqual([path, 404]);
  }
});

test('a denied path stays denied when it is written in a way that the server would normalise', async () => {
  const client = browser();
  const status = async (path: string) => `${path} ${(await client.get(path)).status}`;
  for (const path of [
    '/probe/count?key=a',
    '/probe/count;x?key=a',
    '/%70robe/count?key=a',
    '/a/../probe/count?key=a',
    '//probe//count?key=a',
    '/PROBE/count?key=a',
    '/t/bank.example/probe/count?key=a',
    '/t/bank.example/o/10084a8d/%70robe/count?key=a',
    '/o//10084a8d/probe/count?key=a',
    '/o/probe/count;x?key=a',
    '/o/a/t/b/probe/count?key=a',
  ]) {
    expect(await status(path)).toBe(`${path} 403`);
  }
  // Tomcat drops path parameters before it looks for the application.
  for (const path of [
    '/;x/probe/count?key=a',
    '/x/..;/probe/count?key=a',
    '/x/.;/../probe/count?key=a',
    '/%3bx/probe/count?key=a',
    '/probe;x/count?key=a',
    '/t/bank.example;x/probe/count?key=a',
    // The product drops the prefix of a tenant or an organisation wherever it stands.
    '/o/a/probe/co/o/a/probeunt?key=a',
  ]) {
    expect(await status(path)).toBe(`${path} 400`);
  }
  expect((await client.get('/probe/rows;jsessionid=1?key=a')).status).toBe(200);
  client.close();
});

test.each([0, 1])(
  'SIGKILL of node %# while requests run: service continues and the node comes back by itself',
  async (index) => {
    const container = CONTAINERS[index] as string;
    const before = await inspect(container);
    const { report } = await underLoad(
      {
        address: ADDRESS,
        hostname: HOSTNAME,
        ca,
        name: `kill-${index}`,
        clients: 8,
        pause: 20,
        requests: [{ method: 'GET', path: (id) => `/probe/echo?id=${id}` }],
      },
      async () => {
        await new Promise((done) => setTimeout(done, 2000));
        process.kill(before.State.Pid, 'SIGKILL');
        await eventually(`${container} runs again`, 60, async () => {
          const { State } = await inspect(container);
          return State.Running && State.StartedAt !== before.State.StartedAt;
        });
        await waitUntilHealthy(container);
      },
    );
    expect(report.failed).toEqual([]);
    expect(report.sent).toBeGreaterThan(200);
    await eventually(`node-${index + 1} takes traffic again`, 20, async () => {
      const client = browser({ keepAlive: false });
      const node = await nodeOf(client);
      client.close();
      return node === `node-${index + 1}`;
    });
  },
  240_000,
);

test('PostgreSQL stopped and started: both nodes serve what needs no database, and recover without a restart', async () => {
  const before = await Promise.all(CONTAINERS.map(inspect));
  await docker('stop', '--time', '30', `${NAME}-database`);
  await eventually('no node is in rotation', 60, async () => {
    const reply = await fetch(`http://${NETWORK}.3:9080/status`);
    const { nodes } = (await reply.json()) as { nodes: { rotation: string }[] };
    return nodes.every(({ rotation }) => rotation === 'out');
  });
  expect((await browser().get('/probe/echo')).status).toBe(200);
  // From then on the user store refuses without asking the database: for two minutes, were it the product's own setting.
  for (const container of CONTAINERS) {
    await eventually(`the user store of ${container} has given up`, 60, async () =>
      (await docker('logs', container)).includes('Retry count exceeds above the maximum count'),
    );
  }
  await docker('start', `${NAME}-database`);
  for (const node of NODES) {
    await eventually(`${node} works again`, 60, async () => (await direct(node).get('/probe/health')).status === 200);
  }
  for (const [index, container] of CONTAINERS.entries()) {
    expect((await inspect(container)).State.StartedAt).toBe(before[index]?.State.StartedAt);
  }
}, 240_000);

test('what was written before a SIGKILL of PostgreSQL is there after it', async () => {
  const password = await adminPassword();
  const client = browser();
  expect((await client.post('/probe/write?id=before-kill&key=kill')).status).toBe(200);
  expect((await client.post('/probe/user?name=survivor&password=Surv1vor')).status).toBe(200);
  client.close();
  process.kill((await inspect(`${NAME}-database`)).State.Pid, 'SIGKILL');
  await waitUntilHealthy(`${NAME}-database`);
  for (const node of NODES) {
    await eventually(`${node} works again`, 60, async () => (await direct(node).get('/probe/health')).status === 200);
    // An account without roles may not use the console's login, so the user store itself is asked.
    const reply = await direct(node).post('/probe/authenticate?name=survivor&password=Surv1vor');
    expect(JSON.parse(reply.body)).toMatchObject({ authenticated: true });
    expect(await login(direct(node), 'admin', password)).toBe(true);
  }
  expect(
    await psql(`${NAME}-database`, 'wso2_user', "SELECT count(*) FROM probe_writes WHERE pw_id = 'before-kill'"),
  ).toBe('1');
}, 240_000);

test('the generated secrets occur in no state, plan, output, container configuration or image', async () => {
  await workspace.make('plan', NAME);
  const secrets = await Promise.all(
    (
      [
        [CONTAINERS[0], '/run/identity-server-secrets'],
        [`${NAME}-database`, '/run/database-secrets'],
      ] as const
    ).flatMap(([container, folder]) => readAll(container, folder)),
  ).then((files) => files.flat());
  expect(secrets.length).toBeGreaterThanOrEqual(5);
  for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(16);

  const places: [string, string][] = workspace.files('.').map((file) => [file, readFileSync(file, 'latin1')]);
  const plans = places.filter(([file]) => file.endsWith('tfplan'));
  expect(plans).toHaveLength(4);
  // A saved plan is compressed; its content is what Terraform says of it.
  for (const [file] of plans) {
    const stack = file.split('/').at(-2) as string;
    places.push([`content of ${stack}'s plan`, (await workspace.terraformShow(stack)).stdout]);
  }
  const containers = (await docker('ps', '-aq', '--filter', `label=wso2-is-active-active.environment=${NAME}`)).split(
    '\n',
  );
  const images = new Set<string>();
  for (const container of containers) {
    const inspected = await docker('container', 'inspect', container);
    places.push(
      [`docker inspect ${container}`, inspected],
      [`docker logs ${container}`, await docker('logs', container)],
    );
    images.add(JSON.parse(inspected)[0].Image);
  }
  for (const image of images) {
    places.push([
      `image ${image}`,
      `${await docker('image', 'inspect', image)}${await docker('history', '--no-trunc', image)}`,
    ]);
  }
  const leaks = places.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([place]) => place);
  expect(leaks).toEqual([]);
}, 300_000);
