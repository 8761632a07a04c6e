import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureEngine } from '../../cli/setup/engine';
import { run } from '../../cli/setup/process';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { readAssets } from '../../environment/assets';
import { sandboxImageTags } from '../../images/tags';
import type { JobTopology } from '../../topology/jobs';
import type { NodeTopology } from '../../topology/node';
import { deriveTopology, type Topology } from '../../topology/topology';
import { createAuthority, type Identity, issue } from '../support/certificates';
import { ownerLabels, removeLeftovers } from '../support/leftovers';
import { placeOf } from '../support/places';
import { environment } from '../support/synth';
import { docker, eventually, psql } from '../support/workspace';
import { datasourcesOf, element, tags } from '../support/xml';

// What the real server makes of our deployment.toml: the files that it writes at its start, read back.
const LABEL = ownerLabels('server-configuration');
const { name: NAME, hostname: HOSTNAME, network: NETWORK, subnet: SUBNET } = placeOf('server-configuration');
const DATABASE_PASSWORD = `a&b<c>d"e'f\\g$h%i;j#k|l{m}n~o^p`;

const folder = mkdtempSync(join(tmpdir(), 'server-configuration-'));

jest.setTimeout(240_000);

beforeAll(async () => {
  const engine = await ensureEngine();
  const { postgresql, mariadb, identityServer } = sandboxImageTags();
  await ensureSandboxImages({ dockerEnv: engine.env, tags: { postgresql, mariadb, identityServer } });
  await removeEverything();
  await docker('network', 'create', ...LABEL, '--subnet', SUBNET, NAME);
}, 600_000);

afterAll(async () => {
  await removeEverything();
  rmSync(folder, { recursive: true, force: true });
});

describe('the sandbox, started', () => {
  const topology = derive(
    'sandbox',
    `logs = { audit = "stdout", access = "stdout" }\n[identity_server.deployment_toml.http_access_log]\npattern = "%s %m %U"\n`,
  );
  const [sandbox] = topology.nodes as [NodeTopology];
  // Refuses strangers by their address, as Identity Server's nodes do on Docker, and by the load balancers' token, as all do in pods.
  const [{ environment: identityServer }] = derive('wso2is-7.1.0').nodes as [NodeTopology];
  const onKubernetes = deriveOnKubernetes();
  const [pod] = onKubernetes.nodes as [NodeTopology];
  const { TOKEN_HEADER = '', HEALTH_SCRIPT = '', LOOPBACK = '' } = pod.environment;
  const node: NodeTopology = {
    ...sandbox,
    environment: {
      ...sandbox.environment,
      ...{ PEERS: identityServer.PEERS as string, POD_IP: sandbox.address, TOKEN_HEADER, HEALTH_SCRIPT, LOOPBACK },
    },
    files: { ...pod.files, ...sandbox.files },
    entrypoint: pod.entrypoint,
  };
  let keystorePassword: string;

  beforeAll(async () => {
    await runJob('password', topology.jobs.secrets.image, `umask 077; cat >/database-secrets/DATABASE_PASSWORD`, {
      volumes: SECRETS,
      input: DATABASE_PASSWORD,
    });
    await runTopologyJob(topology.jobs.secrets, SECRETS);
    const { keystores } = topology.jobs;
    const inPod = {
      script: onKubernetes.jobs.keystores.script,
      environment: { ...keystores.environment, KUBECTL: '' },
    };
    await runTopologyJob({ ...keystores, ...inPod }, KEYSTORES);
    const { container } = topology.database;
    if (container === undefined) throw new Error('the topology has no database container');
    await docker(
      ...['run', '--detach', ...LABEL, '--name', container.containerName, '--network', NAME, '--ip', container.address],
      ...['--user', container.owner, ...variables(container.environment)],
      ...['--volume', `${volume('database-secrets')}:/run/database-secrets:ro`, container.image, ...container.command],
    );
    if (topology.jobs.schema === undefined) throw new Error('the topology has no schema job');
    await runTopologyJob(topology.jobs.schema.scripts, { 'schema-scripts': '/schema-scripts' });
    await runTopologyJob(
      topology.jobs.schema.run,
      { 'schema-scripts': '/schema-scripts', 'database-secrets': '/database-secrets' },
      topology.jobs.schema.run.user,
    );
    await startNode(node);
    // Its health until it is well, a line an answer: when, what, status.
    const ask = `curl -sk -m 2 -w ' %{http_code}' ${node.environment.HEALTH_URL} | tr -d '\\n'`;
    const answer = `echo "$(date +%s%3N) $(${ask})" >>/tmp/health-answers`;
    const watch = `until grep -q '"UP"' /tmp/health-answers; do ${answer}; sleep 0.2; done`;
    await docker('exec', '--detach', node.containerName, 'sh', '-c', watch);
    await untilHealthy(node);
    keystorePassword = await docker('exec', node.containerName, 'cat', `${node.secretsPath}/KEYSTORE_PASSWORD`);
  });

  const read = (path: string) => readConfiguration(node, path);
  const inNode = (script: string) => docker('exec', node.containerName, 'sh', '-c', script);

  test('announces the ports of the load balancer, not its own', async () => {
    const [http, https] = tags(await read('tomcat/catalina-server.xml'), 'Connector');
    expect(http).toMatchObject({ port: '9763', proxyPort: '80' });
    expect(https).toMatchObject({ port: '9443', proxyPort: '443', scheme: 'https', maxHttpHeaderSize: '65536' });
  });

  test('serves TLS with a keystore of its own, signs with the primary one, and trusts by the shared truststore', async () => {
    const xml = await read('tomcat/catalina-server.xml');
    const [certificate] = tags(xml, 'Certificate');
    const [host] = tags(xml, 'SSLHostConfig');
    expect(certificate).toMatchObject({
      certificateKeystoreFile: expect.stringContaining('/tls.p12'),
      certificateKeystorePassword: keystorePassword,
      certificateKeyPassword: keystorePassword,
      certificateKeyAlias: 'tls',
      certificateKeystoreType: 'PKCS12',
    });
    const [primary, internal] = [...(await read('carbon.xml')).matchAll(/\/security\/(\w+)\.p12/g)].map(
      ([, file]) => file,
    );
    expect([primary, internal]).toEqual(['wso2carbon', 'internal']);
    expect(host).toMatchObject({
      truststoreFile: expect.stringContaining('/client-truststore.p12'),
      truststorePassword: keystorePassword,
    });
  });

  test('has the load balancer’s name and the offset of the accelerator', async () => {
    const xml = await read('carbon.xml');
    expect(element(xml, 'HostName')).toBe(HOSTNAME);
    expect(element(xml, 'Offset')).toBe('3');
  });

  test('reaches its databases with the URL that was meant and a password of every awkward character', async () => {
    const datasources = datasourcesOf(await read('datasources/master-datasources.xml'));
    const pool = (database: string) => ({
      url: `jdbc:postgresql://${NETWORK}.2:5432/${database}?connectTimeout=10&socketTimeout=60&tcpKeepAlive=true&sslmode=disable`,
      username: 'wso2',
      password: DATABASE_PASSWORD,
      driverClassName: 'org.postgresql.Driver',
      maxActive: '50',
      validationQuery: 'SELECT 1',
    });
    expect(datasources).toMatchObject({
      'jdbc/SHARED_DB': pool('wso2_shared'),
      'jdbc/WSO2USER_DB': pool('wso2_user'),
    });
    // The driver logged in with it: node 1 has created the administrator.
    expect(await psql(`${NAME}-database`, 'wso2_user', 'SELECT um_user_name FROM um_user')).toBe('admin');
  });

  test('creates the administrator of the configuration with the generated password', async () => {
    const xml = await read('user-mgt.xml');
    expect(element(xml, 'AddAdmin')).toBe('true');
    expect(element(xml, 'UserName')).toBe('admin');
    expect(element(xml, 'Password')).toBe(
      await docker('exec', node.containerName, 'cat', `${node.secretsPath}/ADMIN_PASSWORD`),
    );
  });

  test('does what the user’s own keys say', async () => {
    const [valve] = tags(await read('tomcat/catalina-server.xml'), 'Valve').filter(({ pattern }) => pattern);
    expect(valve?.pattern).toBe('%s %m %U');
  });

  test('has audit and access log in its output, told apart by the logger', async () => {
    const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://authentication.services.core.carbon.wso2.org"><e:Body><a:login><a:username>nobody-${NAME}</a:username><a:password>wrong</a:password><a:remoteAddress>127.0.0.1</a:remoteAddress></a:login></e:Body></e:Envelope>`;
    const request = ['curl', '-sS', '--cacert', `${node.keystoresPath}/ca.crt`, '--data', envelope];
    const headers = ['--header', 'content-type: text/xml', '--header', 'soapaction: urn:login'];
    const service = `https://localhost:${node.httpsPort}/services/AuthenticationAdmin`;
    await docker('exec', node.containerName, ...request, ...headers, service);
    const lines = async (logger: string) =>
      (await docker('logs', node.containerName)).split('\n').filter((line) => line.includes(`{${logger}}`));
    await eventually('the request is in the access log', 20, async () =>
      (await lines('HTTP_ACCESS')).some((line) => line.endsWith(' - 200 POST /services/AuthenticationAdmin')),
    );
    expect(await lines('AUDIT_LOG')).toEqual([
      expect.stringContaining(`Login failed. Unauthorized login attempt 'nobody-`),
    ]);
    const files = await docker('exec', node.containerName, 'sh', '-c', 'ls "$WSO2_SERVER_HOME/repository/logs"');
    expect(files).not.toContain('http_access');
    expect(files).toContain('audit.log');
  });

  test('is healthy only when its start is complete', async () => {
    const answers = (await inNode('cat /tmp/health-answers')).split('\n').map((line) => ({
      at: Number(line.split(' ')[0]),
      up: line.endsWith(' 200') && line.includes('"UP"'),
    }));
    const healthy = answers.findIndex(({ up }) => up);
    expect(healthy).toBeGreaterThan(0);
    const log = await inNode('cat "$WSO2_SERVER_HOME/repository/logs/wso2carbon.log"');
    const [, day, time] = /\[(\S+) (\d\d:\d\d:\d\d),\d+\].*Carbon started in/.exec(log) ?? [];
    expect(answers[healthy]?.at).toBeGreaterThanOrEqual(Date.parse(`${day}T${time}Z`));
  });

  test('as the product, counts a pool as failed from 80 % on unless told otherwise, and is told otherwise', async () => {
    const settings = '"$WSO2_SERVER_HOME/repository/conf/health-check-config.xml"';
    const property = /<Property name="pool.usage.limit.percentage">100<\/Property>/;
    const configured = await inNode(`cat ${settings}`);
    expect(configured).toMatch(property);
    const write = (xml: string) => inNode(`cat >${settings} <<'XML'\n${xml}\nXML`);
    const health = async () => JSON.parse(await inNode(`curl -sk -m 5 ${node.environment.HEALTH_URL}`));
    // 39 and the one of the check are 80 % of the pool's 50; one more is too many.
    const held = async (connections: number, answer: object) => {
      const pool = `https://localhost:${node.httpsPort}/probe/pool?connections=${connections}&ms=3000`;
      await inNode(
        `curl -sk -X POST -o /tmp/held '${pool}' & sleep 1; curl -sk -m 5 ${node.environment.HEALTH_URL} >/tmp/full; wait`,
      );
      expect(JSON.parse(await inNode('cat /tmp/full'))).toMatchObject(answer);
    };
    await held(40, { status: 'UP' });
    try {
      await write(configured.replace(property, ''));
      await held(39, { status: 'UP' });
      await held(40, { status: 'DOWN', errors: ['jdbc/WSO2USER_DB: 41 connections are in use'] });
    } finally {
      await write(configured);
    }
    expect(await health()).toMatchObject({ status: 'UP', errors: [] });
  });

  describe('strangers', () => {
    const { address: balancer } = topology.loadBalancer;
    const container = `${NAME}-run-balancer`;
    const itself = ['docker', 'exec', node.containerName];
    let [atBalancer, atDatabase, token]: [string[], string[], string] = [[], [], ''];

    beforeAll(async () => {
      await docker(
        ...['run', '--detach', ...LABEL, '--name', container, '--network', NAME, '--ip', balancer],
        ...['--volume', `${volume('load-balancer-certificates')}:/certificates:ro`, '--user', '0:0'],
        ...['--entrypoint', 'sleep', node.image, '300'],
      );
      const inNetworkOf = async (name: string) => {
        const pid = await docker('inspect', '--format', '{{.State.Pid}}', name);
        return ['nsenter', '--target', pid, '--net'];
      };
      atBalancer = await inNetworkOf(container);
      atDatabase = await inNetworkOf(topology.database.container?.containerName as string);
      const line = await docker('exec', container, 'cat', '/certificates/nodes.conf');
      token = /^proxy_set_header X-Load-Balancer-Token ([0-9a-f]{64});$/m.exec(line)?.[1] ?? '';
    });

    const answer = async (
      inside: readonly string[],
      shown?: string,
      { forwardedFor = '203.0.113.7', path = '/probe/echo' } = {},
    ) => {
      const curl = [
        'curl',
        '-sk',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-m',
        '10',
        '--noproxy',
        '*',
        '--path-as-is',
      ];
      const header = shown === undefined ? [] : ['-H', `${TOKEN_HEADER}: ${shown}`];
      const request = [...header, '-H', `X-Forwarded-For: ${forwardedFor}`, `https://${node.address}:9446${path}`];
      const [command, ...args] = [...inside, ...curl, ...request] as [string, ...string[]];
      return (await run(command, args)).stdout;
    };

    test('as Identity Server answers the load balancer and itself, whomever a header names, and no other address', async () => {
      // Before every other: some of the product's answer themselves, or hand on to what is behind them all.
      const [first] = tags(await read('tomcat/catalina-server.xml'), 'Valve');
      expect(first).toMatchObject({ className: 'org.apache.catalina.valves.RemoteAddrValve', usePeerAddress: 'true' });
      expect(await answer(atBalancer, token)).toBe('200');
      expect(await answer(itself)).toBe('200');
      for (const forwardedFor of ['127.0.0.1', balancer]) {
        expect(await answer(atDatabase, token, { forwardedFor })).toBe('403');
        expect(await answer([], token, { forwardedFor })).toBe('403');
      }
    });

    test('as in a pod it answers who has the load balancers’ token and itself, whatever the path, and no other', async () => {
      const [, second] = tags(await read('tomcat/catalina-server.xml'), 'Valve');
      expect(second).toMatchObject({ className: 'org.apache.catalina.valves.rewrite.RewriteValve' });
      expect(token).toHaveLength(64);
      for (const path of ['/probe/echo', '/carbon/', '/probe/echo%0A', '/%0d%0a/probe/echo', '/', '/x?a=%0A']) {
        for (const shown of [undefined, '', 'none', `${token}0`, `x${token}`]) {
          expect([path, shown, await answer(atBalancer, shown, { path })]).toEqual([path, shown, '403']);
        }
        expect([path, await answer(atBalancer, token, { path })]).not.toEqual([path, '403']);
      }
      for (const forwardedFor of ['127.0.0.1', node.address]) {
        expect(await answer(atBalancer, undefined, { forwardedFor })).toBe('403');
      }
      expect(await answer(itself, 'none')).toBe('403');
      await inNode(`/bin/sh '${pod.pod?.startup[2]}'`);
    });
  });

  test('does not cluster', async () => {
    expect(tags(await read('axis2/axis2.xml'), 'clustering')[0]).toMatchObject({ enable: 'false' });
  });
});

describe('the secrets job', () => {
  const extra = '[identity_server.deployment_toml.output_adapter.email]\npassword = "$env{SMTP_PASSWORD}"\n';
  const { secrets } = derive('wso2is-7.0.0-financial-services', extra).jobs;
  const volumes = { 'own-database-secrets': '/database-secrets', 'own-server-secrets': '/identity-server-secrets' };

  test('names a secret that the configuration refers to and nobody has supplied', async () => {
    await expect(runJob('missing', secrets.image, secrets.script, { ...secrets, volumes })).rejects.toThrow(
      `refers to $env{SMTP_PASSWORD}, and there is no such secret; supply it with: make import-secret ENVIRONMENT=${NAME} NAME=SMTP_PASSWORD`,
    );
  });

  test('makes a pair of password and hash, and a key of the length of 7.0', async () => {
    const supply = 'umask 077; printf mail >/identity-server-secrets/SMTP_PASSWORD';
    await runJob('supply', secrets.image, supply, { volumes });
    await runJob('complete', secrets.image, secrets.script, { ...secrets, volumes });
    const check = `
      cd /identity-server-secrets
      set -eu
      [ "$(printf %s "$(cat APP_PASSWORD)" | sha256sum | cut -d ' ' -f 1)" = "$(cat APP_PASSWORD_HASH)" ]
      [ "$(wc -c <ENCRYPTION_KEY)" = 32 ]
      [ "$(cat SMTP_PASSWORD)" = mail ]
      [ "$(stat -c %U:%a APP_PASSWORD)" = wso2carbon:400 ]`;
    await runJob('check', secrets.image, check, { volumes });
  });
});

// The server belongs to the user, and so does the authority that has issued its certificate.
describe('a database server with a certificate of its own authority', () => {
  const HOST = 'db.bank.test';
  const server = (engine: string, caFile: string) =>
    `[database]\nengine = "${engine}"\nhost = "${HOST}"\nmax_connections = 400\ntls = "verified"\n${caFile}`;
  const configured = (engine: string, authority: string, caFile = 'ca_file = "db-ca.pem"\n') =>
    derive('sandbox', server(engine, caFile), { 'db-ca.pem': authority });
  const containers = { postgresql: `${NAME}-own-postgresql`, mysql: `${NAME}-own-mysql` };
  let authority: Identity;

  /** The container of a topology with its own database, run as a server elsewhere: with TLS, under a name of its own. */
  async function startServer(engine: 'postgresql' | 'mysql', certificate: Identity): Promise<void> {
    const { container } = derive('sandbox', `[database]\nengine = "${engine}"\n`).database;
    if (container === undefined) throw new Error('the topology has no database container');
    const place = 'umask 077; cat >/database-tls/server.pem; chown -R 999:999 /database-tls';
    await runJob('tls', container.image, place, {
      volumes: { 'database-tls': '/database-tls' },
      input: `${certificate.certificate}${certificate.key}`,
    });
    const tls = {
      postgresql: ['ssl=on', 'ssl_cert_file=/database-tls/server.pem', 'ssl_key_file=/database-tls/server.pem'].flatMap(
        (setting) => ['-c', setting],
      ),
      mysql: ['--ssl-cert=/database-tls/server.pem', '--ssl-key=/database-tls/server.pem'],
    };
    await docker(
      ...['run', '--detach', ...LABEL, '--name', containers[engine], '--network', NAME, '--network-alias', HOST],
      ...['--user', container.owner, ...variables(container.environment)],
      ...['--volume', `${volume('database-tls')}:/database-tls:ro`],
      ...['--volume', `${volume('database-secrets')}:/run/database-secrets:ro`],
      ...[container.image, ...container.command, ...tls[engine]],
    );
  }

  async function createSchemas({ jobs }: Topology, more: Record<string, string> = {}): Promise<void> {
    if (jobs.schema === undefined) throw new Error('the topology has no schema job');
    const run = { ...jobs.schema.run, environment: { ...jobs.schema.run.environment, ...more } };
    await runTopologyJob(
      run,
      { 'schema-scripts': '/schema-scripts', 'database-secrets': '/database-secrets' },
      run.user,
    );
  }

  beforeAll(async () => {
    authority = await createAuthority('Database Root CA');
    const { secrets, schema } = configured('postgresql', authority.certificate).jobs;
    const supply =
      'umask 077; cd /database-secrets; for name in DATABASE_PASSWORD DATABASE_ADMIN_PASSWORD; do [ -s $name ] || printf supplied-Password_1 >$name; done';
    await runJob('supply-database', secrets.image, supply, { volumes: SECRETS });
    await runTopologyJob(secrets, SECRETS);
    if (schema === undefined) throw new Error('the topology has no schema job');
    await runTopologyJob(schema.scripts, { 'schema-scripts': '/schema-scripts' });
  });

  afterEach(async () => {
    for (const container of Object.values(containers)) await docker('rm', '--force', '--volumes', container);
  });

  test.each([
    ['postgresql', /certificate verify failed/],
    ['mysql', /certificate|TLS|SSL/],
  ] as const)(
    '%s: the schema job runs with that authority, and refuses the server with another',
    async (engine, refusal) => {
      await startServer(engine, await issue(authority, HOST, [`subjectAltName=DNS:${HOST}`]));
      const stranger = await createAuthority('Stranger Root CA');
      await eventually('the server answers', 60, () =>
        createSchemas(configured(engine, stranger.certificate), { WAIT_SECONDS: '1' }).then(
          () => true,
          (error: Error) => {
            if (refusal.test(error.message)) return true;
            if (/refused|starting up|Can't connect/.test(error.message)) return false;
            throw error;
          },
        ),
      );
      await expect(createSchemas(configured(engine, stranger.certificate), { WAIT_SECONDS: '1' })).rejects.toThrow(
        refusal,
      );
      await createSchemas(configured(engine, authority.certificate));
    },
  );

  test('postgresql: a certificate of that authority for another name is refused', async () => {
    await startServer('postgresql', await issue(authority, 'other', ['subjectAltName=DNS:other.bank.test']));
    const started = configured('postgresql', authority.certificate);
    await expect(createSchemas(started, { WAIT_SECONDS: '10' })).rejects.toThrow(/does not match host name/);
  });

  test('postgresql: the server logs in over TLS by its truststore', async () => {
    await startServer('postgresql', await issue(authority, HOST, [`subjectAltName=DNS:${HOST}`]));
    const topology = configured('postgresql', authority.certificate);
    const [node] = topology.nodes as [NodeTopology];
    await createSchemas(topology);
    await runTopologyJob(topology.jobs.keystores, KEYSTORES);
    await startNode(node);
    await untilHealthy(node);
    const datasources = datasourcesOf(await readConfiguration(node, 'datasources/master-datasources.xml'));
    expect(datasources['jdbc/WSO2USER_DB']?.url).toContain('sslmode=verify-full&sslfactory=');
    const encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'wso2'";
    expect(await psql(containers.postgresql, 'postgres', encrypted)).toBe('t');
  });
});

const SECRETS = {
  'database-secrets': '/database-secrets',
  'identity-server-secrets': '/identity-server-secrets',
};
const KEYSTORES = {
  'identity-server-secrets': '/identity-server-secrets',
  'certificate-authority': '/certificate-authority',
  keystores: '/keystores',
  'load-balancer-certificates': '/load-balancer-certificates',
};

function derive(distribution: string, extra = '', files: Record<string, string> = {}): Topology {
  const toml = `[identity_server]\ndistribution = "${distribution}"\nimage = "${sandboxImageTags().identityServer}"\nmemory_mb = 1280\nheap_mb = 512\n${extra}[network]\nsubnet = "${SUBNET}"\n[load_balancer]\nhostname = "${HOSTNAME}"\n`;
  const checked = environment(toml, NAME, files);
  return deriveTopology(checked, readAssets(checked));
}

/** What a node's pod has beside that. */
function deriveOnKubernetes(): Topology {
  const toml = `[platform]\nkind = "kubernetes"\ncontext = "none"\npublish = "cluster-ip"\n[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "${HOSTNAME}"\n`;
  const checked = environment(toml, NAME);
  return deriveTopology(checked, readAssets(checked));
}

function volume(purpose: string): string {
  return `${NAME}-${purpose}`;
}

async function startNode(node: NodeTopology): Promise<void> {
  await docker('rm', '--force', '--volumes', node.containerName).catch(() => undefined);
  const [entrypoint, ...command] = node.entrypoint as [string, ...string[]];
  await docker(
    ...['create', ...LABEL, '--name', node.containerName, '--hostname', node.containerName, '--user', node.owner],
    ...['--network', NAME, '--ip', node.address, '--memory', `${node.memoryMb}m`, ...variables(node.environment)],
    ...['--volume', `${volume('identity-server-secrets')}:${node.secretsPath}:ro`],
    ...['--volume', `${volume('keystores')}:${node.keystoresPath}:ro`],
    ...['--entrypoint', entrypoint, node.image, ...command],
  );
  await upload(node.containerName, node.files);
  await docker('start', node.containerName);
}

/** Waits until the health check of a node that was started here succeeds. */
async function untilHealthy(node: NodeTopology): Promise<void> {
  const [, ...probe] = node.health.command;
  await eventually('the server is healthy', 180, () =>
    docker('exec', node.containerName, ...probe).then(
      () => true,
      () => false,
    ),
  );
}

async function runTopologyJob(job: JobTopology, volumes: Record<string, string>, user = '0:0'): Promise<void> {
  await runJob(job.name, job.image, job.script, { volumes, user, environment: job.environment, files: job.files });
}

async function runJob(
  name: string,
  image: string,
  script: string,
  options: {
    readonly volumes: Record<string, string>;
    readonly user?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, string>>;
    readonly input?: string;
  },
): Promise<void> {
  const container = `${NAME}-run-${name}`;
  const mounts = Object.entries(options.volumes).flatMap(([purpose, path]) => [
    '--volume',
    `${volume(purpose)}:${path}`,
  ]);
  await docker(
    ...['create', '--interactive', ...LABEL, '--name', container, '--network', NAME, '--user', options.user ?? '0:0'],
    ...[...variables(options.environment ?? {}), ...mounts, '--entrypoint', '/bin/sh', image, '/job.sh'],
  );
  await upload(container, { '/job.sh': script, ...options.files });
  try {
    await run('docker', ['start', '--attach', '--interactive', container], { input: options.input ?? '' });
  } finally {
    await docker('rm', '--force', '--volumes', container);
  }
}

async function upload(container: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, container, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    // Folders that the image does not have come with their file.
    await docker('cp', file, `${container}:${path}`).catch(() =>
      docker('cp', dirname(file), `${container}:${dirname(path)}`),
    );
  }
}

/** A file below the server's `repository/conf`, also of a server that has stopped. */
async function readConfiguration(node: NodeTopology, path: string): Promise<string> {
  const home = await docker('inspect', '--format', '{{range .Config.Env}}{{println .}}{{end}}', node.containerName);
  const server = /^WSO2_SERVER_HOME=(.*)$/m.exec(home)?.[1];
  const copy = join(folder, 'read.xml');
  await docker('cp', `${node.containerName}:${server}/repository/conf/${path}`, copy);
  return readFileSync(copy, 'utf8');
}

function variables(environmentVariables: Readonly<Record<string, string>>): string[] {
  return Object.entries(environmentVariables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

async function removeEverything(): Promise<void> {
  await removeLeftovers('server-configuration');
  const names = (await docker('volume', 'ls', '--quiet', '--filter', `name=^${NAME}-`)).split('\n').filter(Boolean);
  if (names.length > 0) await docker('volume', 'rm', '--force', ...names);
}
