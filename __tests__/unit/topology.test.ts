import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { DISTRIBUTION_NAMES, DISTRIBUTIONS } from '../../catalogue/distributions';
import type { JobTopology } from '../../topology/jobs';
import type { NodeTopology } from '../../topology/node';
import type { Topology } from '../../topology/topology';
import { authorityFixture, type Json, PROJECT, SMALLEST, shippedTopologies, topology } from '../support/synth';

const EVERY_DISTRIBUTION = DISTRIBUTION_NAMES.map(
  (name) => [name, SMALLEST.replace('"sandbox"', `"${name}"\nimage = "bank/identity-server"`)] as const,
);

function withServer(settings: string, toml = SMALLEST): string {
  return toml.replace('[load_balancer]', `${settings}\n[load_balancer]`);
}

function deploymentToml(node: NodeTopology): string {
  const [text, ...more] = Object.entries(node.files).flatMap(([path, content]) =>
    path.endsWith('/deployment.toml') ? [content] : [],
  );
  expect(more).toEqual([]);
  return text as string;
}

/** Every value of a TOML document by its dotted path. */
function flatten(value: Json, path = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) => flatten(inner, path ? `${path}.${key}` : key)),
  );
}

function differences(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((key) => one[key] !== other[key]).sort();
}

function jobsOf({ jobs: { schema, ...others } }: Topology): JobTopology[] {
  return [...Object.values(others), ...Object.values(schema ?? {})];
}

const keysOf = (node: NodeTopology | undefined) => flatten(parse(deploymentToml(node as NodeTopology)));

describe('client certificates', () => {
  const asked = '[load_balancer.client_certificates]\nca_file = "tpp-ca.pem"\n';
  const KEY = 'oauth.mutualtls.client_certificate_header';
  const withAuthorities = (toml: string, pem: string) => topology(`${toml}${asked}`, 'sandbox', { 'tpp-ca.pem': pem });

  test.each(EVERY_DISTRIBUTION.filter(([name]) => name !== 'sandbox'))(
    'reach %s in the header that Nginx sets, and its other keys stay as they are',
    (_, toml) => {
      const derived = withAuthorities(toml, authorityFixture('root'));
      const header = keysOf(derived.nodes[0])[KEY];
      expect(derived.loadBalancer.configuration.files['nginx.conf']).toContain(
        `proxy_set_header ${header} $client_certificate;`,
      );
      expect(
        differences(keysOf(derived.nodes[0]), keysOf(topology(toml).nodes[0])).filter((key) => key !== KEY),
      ).toEqual([]);
    },
  );

  test('change nothing but the load balancer when other authorities are accepted', () => {
    const one = withAuthorities(SMALLEST, authorityFixture('root'));
    const other = withAuthorities(SMALLEST, authorityFixture('other-root'));
    expect(other.loadBalancer.configuration.files['client-ca.pem']).toBe(
      `# O=Other Directory, CN=Other Root CA\n${authorityFixture('other-root')}`,
    );
    expect(other.nodes).toEqual(one.nodes);
    const { loadBalancerConfiguration: _one, ...jobs } = one.jobs;
    expect(other.jobs).toMatchObject(jobs);
  });

  test('are nowhere without the table', () => {
    expect(Object.keys(topology().loadBalancer.configuration.files)).not.toContain('client-ca.pem');
  });
});

describe('authorities of the database server', () => {
  const server = (engine: string, rest = 'tls = "verified"\n') =>
    `${SMALLEST}[database]\nengine = "${engine}"\nhost = "db.bank.example"\nmax_connections = 1000\n${rest}`;
  const given = (engine: string, pem = authorityFixture('issuing') + authorityFixture('root')) =>
    topology(server(engine, 'tls = "verified"\nca_file = "db-ca.pem"\n'), 'sandbox', { 'db-ca.pem': pem });

  test.each(['postgresql', 'mysql', 'mariadb'])('are given to the schema job of %s and to the truststore', (engine) => {
    const { keystores, schema } = given(engine).jobs;
    expect(schema?.run.files?.['/database-authorities.pem']).toContain(authorityFixture('issuing'));
    expect(schema?.run.files?.['/database-authorities.pem']).toContain(authorityFixture('root'));
    expect(JSON.stringify([schema?.run.script, schema?.run.environment])).toContain('/database-authorities.pem');
    expect(keystores.files).toEqual({
      '/database-authorities/1.pem': authorityFixture('issuing'),
      '/database-authorities/2.pem': authorityFixture('root'),
    });
    expect(keystores.script).toContain(topology().jobs.keystores.script);
  });

  test('replace every node when they change: a server reads its truststore only at its start', () => {
    const one = given('postgresql', authorityFixture('root'));
    const other = given('postgresql', authorityFixture('other-root'));
    for (const [index, node] of one.nodes.entries())
      expect(other.nodes[index]?.environment).not.toEqual(node.environment);
    expect(other.jobs.keystores.files).not.toEqual(one.jobs.keystores.files);
    expect(other.loadBalancer).toEqual(one.loadBalancer);
  });

  test('without them, nothing of all this is there', () => {
    const { jobs, nodes } = topology(server('postgresql'));
    expect(jobs.schema?.run.environment.PGSSLROOTCERT).toBe('system');
    expect([jobs.keystores.files, jobs.keystores.script]).toEqual([undefined, topology().jobs.keystores.script]);
    expect(Object.keys(nodes[0]?.environment ?? {})).not.toContain('DATABASE_AUTHORITIES');
  });
});

describe('two nodes', () => {
  const derived = topology(withServer('nodes = 3'));

  test('differ in their own address and in who creates the administrator, and in nothing else', () => {
    const [first, second, third] = derived.nodes.map(keysOf) as Record<string, unknown>[];
    expect(differences(first as Json, second as Json)).toEqual(['server.node_ip', 'super_admin.create_admin_account']);
    expect(differences(second as Json, third as Json)).toEqual(['server.node_ip']);
  });

  test.each(EVERY_DISTRIBUTION)('of %s differ beyond that at most in clustering and scheduled jobs', (name, toml) => {
    const [first, second] = topology(toml).nodes.map(keysOf) as Record<string, unknown>[];
    const others = differences(first as Json, second as Json).filter(
      (key) => !key.startsWith('clustering.') && !DISTRIBUTIONS[name].scheduledJobs.includes(key),
    );
    expect(others).toEqual(['server.node_ip', 'super_admin.create_admin_account']);
  });

  test('only node 1 creates the administrator', () => {
    expect(derived.nodes.map((node) => keysOf(node)['super_admin.create_admin_account'])).toEqual([true, false, false]);
  });

  test('each is told its own address', () => {
    expect(derived.nodes.map((node) => keysOf(node)['server.node_ip'])).toEqual(
      derived.nodes.map(({ address }) => address),
    );
  });
});

describe.each(EVERY_DISTRIBUTION)('deployment.toml of %s', (_, toml) => {
  const derived = topology(toml);
  const text = deploymentToml(derived.nodes[0] as NodeTopology);
  const keys = flatten(parse(text));

  test('names the load balancer, the offset and the proxy ports of the deployment guide', () => {
    expect(keys).toMatchObject({
      'server.hostname': 'is.sandbox.test',
      'server.offset': 3,
      'transport.http.properties.proxyPort': 80,
      'transport.https.properties.proxyPort': 443,
    });
  });

  test('holds references to secrets and never a secret', () => {
    const secrets = Object.entries(keys).filter(([key]) =>
      /(password|secret|secret_key|private_key)$|^encryption\.key$/i.test(key),
    );
    expect(secrets.length).toBeGreaterThan(3);
    for (const [key, value] of secrets) {
      if (typeof value === 'boolean' || value === '') continue;
      expect([key, value]).toEqual([key, expect.stringMatching(/^\$(env|ref|secret)?\{[A-Za-z_.]+\}$/)]);
    }
  });

  test('refers only to variables that the entry point exports or the container has', () => {
    const script = derived.jobs.secrets.script;
    const exported = [...script.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([name]) => name);
    const given = Object.keys(derived.nodes[0]?.environment ?? {});
    const used = [...text.matchAll(/\$env\{([^}]*)\}/g)].map(([, name]) => name as string);
    expect(used).toEqual(expect.arrayContaining(['ADMIN_PASSWORD', 'DATABASE_PASSWORD', 'KEYSTORE_PASSWORD']));
    expect([...exported, ...given]).toEqual(expect.arrayContaining(used));
  });

  test('the pools of all nodes together leave the database connections for other work', () => {
    const largest = topology(withServer('nodes = 8', toml));
    for (const each of [derived, largest]) {
      const pools = Object.entries(keysOf(each.nodes[0])).filter(([key]) => key.endsWith('.maxActive'));
      expect(pools.length).toBeGreaterThan(1);
      const all = pools.reduce((sum, [, size]) => sum + Number(size), 0) * each.nodes.length;
      const command = each.database.container?.command.join(' ') ?? '';
      const limit = Number(/max_connections=(\d+)/.exec(command)?.[1]);
      expect(limit).toBeGreaterThan(0);
      expect(all).toBeLessThanOrEqual(limit - 10);
      for (const [, size] of pools) expect(Number(size)).toBeGreaterThan(0);
    }
  });

  test('another number of nodes touches nothing of the database and its schemas: they share the pools of two', () => {
    for (const nodes of [3, 8]) {
      const more = topology(withServer(`nodes = ${nodes}`, toml));
      expect(more.database).toEqual(derived.database);
      expect(more.jobs.schema).toEqual(derived.jobs.schema);
    }
    const chosen = withServer('nodes = 3', `${toml}[database]\npool_size = 50\n`);
    expect(topology(chosen).database).not.toEqual(derived.database);
  });
});

describe('names', () => {
  const derived = topology(withServer('nodes = 3'), 'bank-test');

  test('all begin with the environment, so that two environments never meet', () => {
    const names = [
      derived.network.name,
      ...Object.values(derived.volumes).map(({ name }) => name),
      ...jobsOf(derived).map(({ name }) => name),
      derived.database.container?.containerName as string,
      ...derived.nodes.map(({ containerName }) => containerName),
      derived.loadBalancer.containerName,
      ...derived.stacks.map(({ name }) => name),
    ];
    for (const name of names) expect(name).toMatch(/^bank-test(-[a-z0-9-]+)?$/);
  });

  test('of containers are unique, and so are those of volumes', () => {
    const containers = [
      ...jobsOf(derived).map(({ name }) => name),
      derived.database.container?.containerName as string,
      ...derived.nodes.map(({ containerName }) => containerName),
      derived.loadBalancer.containerName,
    ];
    expect(new Set(containers).size).toBe(containers.length);
    const volumes = Object.values(derived.volumes).map(({ name }) => name);
    expect(new Set(volumes).size).toBe(volumes.length);
  });

  test('the stacks come in the order of the layers: foundation, every node, load balancer', () => {
    expect(derived.stacks.map(({ name, layer }) => [name, layer])).toEqual([
      ['bank-test-foundation', 'foundation'],
      ['bank-test-node-1', 'node'],
      ['bank-test-node-2', 'node'],
      ['bank-test-node-3', 'node'],
      ['bank-test-load-balancer', 'load-balancer'],
    ]);
  });

  test('everything carries the environment as a label', () => {
    expect(Object.values(derived.labels)).toContain('bank-test');
  });
});

describe('ports', () => {
  test.each([
    [0, 9443],
    [3, 9446],
    [100, 9543],
  ])('with offset %d the nodes serve HTTPS on %d, and Nginx and health request use it', (offset, port) => {
    const derived = topology(withServer(`port_offset = ${offset}`));
    for (const node of derived.nodes) {
      expect(node.httpsPort).toBe(port);
      expect(node.environment.HEALTH_URL).toContain(`https://localhost:${port}/`);
      expect(keysOf(node)['server.offset']).toBe(offset);
    }
    const { files } = derived.loadBalancer.configuration;
    for (const { address } of derived.nodes)
      expect(files['nginx.conf']).toContain(`server ${address}:${port} max_fails=0`);
  });

  test('other published ports reach the redirect, the URL and the proxy ports', () => {
    const derived = topology(`${SMALLEST}http_port = 8080\nhttps_port = 8443\n`);
    expect(derived.loadBalancer.url).toBe('https://is.sandbox.test:8443');
    expect(keysOf(derived.nodes[0])).toMatchObject({
      'transport.http.properties.proxyPort': 8080,
      'transport.https.properties.proxyPort': 8443,
    });
    expect(derived.loadBalancer.configuration.files['health.sh']).toContain('https://is.sandbox.test:8443/');
  });
});

describe('an external database', () => {
  const derived = topology(
    `${SMALLEST}[database]\nhost = "db.bank.example"\nport = 6432\nadmin_username = "boss"\nmax_connections = 1000\n`,
  );

  test('gets no container, and everything connects to it', () => {
    expect(derived.database.container).toBeUndefined();
    expect(derived.database.servers).toEqual([{ host: 'db.bank.example', port: 6432 }]);
    const urls = Object.entries(keysOf(derived.nodes[0])).filter(([key]) => /^database\..*\.url$/.test(key));
    expect(urls.length).toBeGreaterThan(1);
    for (const [, url] of urls) expect(url).toContain('db.bank.example:6432');
    const variables = Object.values(derived.jobs.schema?.run.environment ?? {});
    expect(variables).toEqual(expect.arrayContaining(['db.bank.example', '6432', 'boss']));
  });

  test('has passwords that are supplied, not created', () => {
    const supplied = (each: Topology) => each.jobs.secrets.environment.SUPPLIED_SECRETS?.split(' ').filter(Boolean);
    expect(supplied(derived)?.sort()).toEqual(['DATABASE_ADMIN_PASSWORD', 'DATABASE_PASSWORD']);
    expect(supplied(topology())).toEqual([]);
  });
});

describe('a database that fails over', () => {
  const settings = (database: string) => `${SMALLEST}[database]\n${database}\nmax_connections = 1000\n`;
  const derived = topology(settings('hosts = ["db-1.bank.example", "db-2.bank.example:5433"]'));

  test('is reached at whichever server takes writes, by nodes and schema job', () => {
    expect(derived.database.container).toBeUndefined();
    expect(derived.database.servers).toEqual([
      { host: 'db-1.bank.example', port: 5432 },
      { host: 'db-2.bank.example', port: 5433 },
    ]);
    const keys = keysOf(derived.nodes[0]);
    const urls = Object.entries(keys).filter(([key]) => /^database\..*\.url$/.test(key));
    expect(urls.length).toBeGreaterThan(1);
    for (const [, url] of urls) {
      expect(url).toContain('jdbc:postgresql://db-1.bank.example:5432,db-2.bank.example:5433/');
      expect(url).toContain('targetServerType=primary');
    }
    for (const node of derived.nodes)
      expect(node.environment.DATABASE).toBe('db-1.bank.example:5432 db-2.bank.example:5433');
    expect(derived.jobs.schema?.run.environment).toMatchObject({
      DATABASE_HOST: 'db-1.bank.example,db-2.bank.example',
      DATABASE_PORT: '5432,5433',
      DATABASE_SERVERS: 'db-1.bank.example:5432 db-2.bank.example:5433',
      PGTARGETSESSIONATTRS: 'read-write',
    });
  });

  test('is asked again before a connection is used that may be of a server that has failed', () => {
    const options = (toml: string) => {
      const keys = keysOf(topology(settings(toml)).nodes[0]);
      const option = (name: string) => keys[`database.shared_db.pool_options.${name}`];
      return [option('testOnBorrow'), option('validationInterval'), option('validationQuery')];
    };
    const readOnly = expect.stringContaining('read_only');
    expect(options('hosts = ["a", "b"]')).toEqual([true, '1000', 'SELECT 1']);
    expect(options('hosts = ["db.bank.example"]')).toEqual([true, '1000', 'SELECT 1']);
    expect(options('engine = "mariadb"\nhosts = ["a", "b"]\ntls = "required"')).toEqual([true, '1000', readOnly]);
    expect(options('host = "a"')).toEqual([true, '30000', 'SELECT 1']);
  });

  test('needs the passwords of an existing server, TLS and a limit of connections as any other', () => {
    expect(derived.jobs.secrets.environment.SUPPLIED_SECRETS).toBe('DATABASE_PASSWORD DATABASE_ADMIN_PASSWORD');
    expect(derived.database.tls).toBe('verified');
  });

  test('has no brackets around addresses where the schema job gives host and port apart', () => {
    const { schema } = topology(settings('hosts = ["[2001:db8::1]:6000", "[2001:db8::2]"]')).jobs;
    expect(schema?.run.environment).toMatchObject({
      DATABASE_HOST: '2001:db8::1,2001:db8::2',
      DATABASE_PORT: '6000,5432',
      DATABASE_SERVERS: '[2001:db8::1]:6000 [2001:db8::2]:5432',
    });
  });
});

describe('the public name', () => {
  const derived = topology();

  test('is the load balancer inside the network, too', () => {
    for (const node of derived.nodes) expect(node.hosts).toEqual({ 'is.sandbox.test': derived.loadBalancer.address });
  });

  test('is in the lines for /etc/hosts', () => {
    expect(derived.localFiles.hostsLines).toBe('127.0.0.1 is.sandbox.test\n');
  });

  test('is in the certificate, as are the nodes’ names', () => {
    expect(derived.jobs.keystores.environment).toMatchObject({
      HOSTNAME_PUBLIC: 'is.sandbox.test',
      NODE_NAMES: 'sandbox-node-1,sandbox-node-2',
    });
  });
});

test('what is written on the machine that runs Terraform stays below build/<environment>/', () => {
  for (const { environment, localFiles } of shippedTopologies()) {
    for (const file of [localFiles.certificateFile, localFiles.hostsFile]) {
      expect(join('cdktf.out/stacks/any', file)).toMatch(new RegExp(`^build/${environment}/[a-z.]+$`));
    }
  }
});

test('no value in a topology looks like a secret or names this machine', () => {
  for (const derived of [...shippedTopologies(), ...EVERY_DISTRIBUTION.map(([, toml]) => topology(toml))]) {
    const text = JSON.stringify(derived);
    expect(text).not.toContain(PROJECT);
    expect(text).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  }
});

test('the same environment gives an equal topology', () => {
  const toml = withServer('nodes = 4');
  expect(JSON.stringify(topology(toml))).toBe(JSON.stringify(topology(toml)));
});

test('an environment variable of a container is never a secret', () => {
  const variables = (derived: Topology) => [
    ...jobsOf(derived).map(({ environment }) => environment),
    ...derived.nodes.map(({ environment }) => environment),
    derived.database.container?.environment ?? {},
  ];
  for (const derived of EVERY_DISTRIBUTION.map(([, toml]) => topology(toml))) {
    for (const [name, value] of variables(derived).flatMap((each) => Object.entries(each))) {
      expect(name).not.toMatch(/(PASSWORD|SECRET|TOKEN|_KEY)$/);
      expect(value).not.toMatch(/^[A-Za-z0-9_-]{24}$|^[0-9a-f]{32,}$/);
    }
  }
});

test.each(['topology', 'environment'])('%s/ knows nothing of Terraform', (directory) => {
  const files = readdirSync(join(PROJECT, directory), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    const imports = [...readFileSync(join(PROJECT, directory, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, from]) => from,
    );
    expect([file, imports.filter((from) => /cdktf|constructs|terraform/.test(from as string))]).toEqual([file, []]);
  }
});

test('audit and access log go to the output only where that is asked for', () => {
  const nodes = (settings: string) => topology(withServer(settings)).nodes;
  for (const node of nodes('')) {
    expect(node.environment).not.toHaveProperty('AUDIT_LOG');
    expect(deploymentToml(node)).not.toContain('useLogger');
  }
  for (const node of nodes('logs = { audit = "stdout" }')) {
    expect(node.environment.AUDIT_LOG).toBe('stdout');
    expect(deploymentToml(node)).not.toContain('useLogger');
  }
  for (const node of nodes('logs = { access = "stdout" }')) {
    expect(node.environment).not.toHaveProperty('AUDIT_LOG');
    expect(keysOf(node)['http_access_log.useLogger']).toBe(true);
  }
});
