import { parse } from 'smol-toml';
import { DISTRIBUTION_NAMES, DISTRIBUTIONS, type DistributionName, jndiName } from '../../catalogue/distributions';
import type { TomlTable } from '../../catalogue/toml';
import type { Topology } from '../../topology/topology';
import { KEYS_READ_ELSEWHERE } from '../fixtures/keys-read-elsewhere';
import { keysOf, type Rendered, renderWithProduct } from '../support/configuration-mapper';
import { topology } from '../support/synth';
import { datasourcesOf, element, tags } from '../support/xml';

// What the product's own configuration mapper makes of our deployment.toml, for every distribution and shape. It needs no engine,
// but the product's parts from Maven.
jest.setTimeout(900_000);

interface Case {
  readonly distribution: DistributionName;
  readonly nodes: Topology['nodes'];
  readonly adminUsername: string;
}

function caseOf(distribution: DistributionName, extra = ''): Case {
  const derived = topology(
    `[identity_server]\ndistribution = "${distribution}"\nimage = "bank/identity-server"\n${extra}\n[load_balancer]\nhostname = "is.bank.example"\nhttps_port = 8443\n`,
    'bank',
  );
  return { distribution, nodes: derived.nodes, adminUsername: derived.adminUsername };
}

const EXISTING = 'host = "db.bank.example"\nmax_connections = 2000\nschema = "manual"\n';
const SHAPED = 'wso2is-7.1.0-financial-services';

/** What is rendered, by a name of its own: every distribution as it is by default, and what an environment can change of it. */
const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(DISTRIBUTION_NAMES.map((name) => [name, caseOf(name)])),
  'three nodes': caseOf(SHAPED, 'nodes = 3'),
  'access log on stdout': caseOf(SHAPED, 'logs = { access = "stdout" }'),
  mysql: caseOf(SHAPED, '[database]\nengine = "mysql"\n'),
  mariadb: caseOf('wso2is-7.1.0', '[database]\nengine = "mariadb"\n'),
  'existing oracle': caseOf(SHAPED, `[database]\nengine = "oracle"\nservice = "BANK"\n${EXISTING}`),
  'existing mssql': caseOf(SHAPED, `[database]\nengine = "mssql"\n${EXISTING}`),
};
/** A case and a node of it, `wso2is-7.1.0 2`: the first has what it alone does, the last stands for the others. */
const RENDERINGS = Object.entries(CASES).flatMap(([name, { nodes }]) =>
  [1, nodes.length].map((node) => ({ name, node, id: `${name} ${node}` })),
);

let rendered: Readonly<Record<string, Rendered>>;
/** A file of what one node of a case gets, below `repository/conf`, without the comments. */
const file = (name: string, path: string, node = 1): string =>
  (rendered[`${name} ${node}`]?.files[path] ?? `${name} has no ${path}`).replace(/<!--[\s\S]*?-->/g, '');

beforeAll(async () => {
  // Each key is asked about once, where it is first met: the newest distribution first.
  const asked = new Set<string>();
  const elsewhere = (key: string) => KEYS_READ_ELSEWHERE.find((entry) => under(key, entry.key));
  const renderings = [...RENDERINGS].reverse().map(({ name, node, id }) => {
    const toml = tomlOf(CASES[name] as Case, node);
    const fresh = keysOf(toml).filter((key) => !asked.has(key));
    for (const key of fresh) asked.add(key);
    const here = fresh.filter((key) => !elsewhere(key));
    const questions = [
      ...here.map((key) => [key, [key]]),
      ...KEYS_READ_ELSEWHERE.map(({ key }) => [key, fresh.filter((one) => under(one, key))]),
    ].filter(([, keys]) => (keys as string[]).length > 0);
    return [id, { toml, questions: Object.fromEntries(questions) as Record<string, string[]> }];
  });
  rendered = await renderWithProduct(Object.fromEntries(renderings));
});

test('no key is dead: each is read by a template, or by what the list names', () => {
  const unread = Object.values(rendered).flatMap((one) => one.unread);
  expect(unread.sort()).toEqual(unread.filter((key) => KEYS_READ_ELSEWHERE.some((entry) => entry.key === key)));
});

test('what the list says to be read elsewhere is read by no template', () => {
  const unread = new Set(Object.values(rendered).flatMap((one) => one.unread));
  expect(KEYS_READ_ELSEWHERE.filter(({ key }) => !unread.has(key))).toEqual([]);
});

describe.each(Object.keys(CASES))('%s', (name) => {
  const derived = CASES[name] as Case;
  const distribution = DISTRIBUTIONS[derived.distribution];
  const last = derived.nodes.length;
  const read = (path: string, node?: number) => file(name, path, node);

  test('listens where the load balancer asks, and says the address that users see', () => {
    const [http, https] = tags(read('tomcat/catalina-server.xml'), 'Connector');
    expect(http).toMatchObject({ port: '9763', proxyPort: '80' });
    expect(https).toMatchObject({ port: '9443', proxyPort: '8443' });
    expect(element(read('carbon.xml'), 'Offset')).toBe('3');
    expect(element(read('carbon.xml'), 'HostName')).toBe('is.bank.example');
  });

  test('has the shared stores: one that signs, one for TLS, one for stored data, and the truststore', () => {
    const { type, extension } = distribution.stores;
    const [certificate] = tags(read('tomcat/catalina-server.xml'), 'Certificate');
    expect(certificate).toMatchObject({
      certificateKeystoreFile: expect.stringContaining(`/tls.${extension}`),
      certificateKeyAlias: 'tls',
      certificateKeystoreType: type,
      certificateKeystorePassword: SECRET,
      certificateKeyPassword: SECRET,
    });
    const carbon = read('carbon.xml');
    const store = /<KeyStore>([\s\S]*?)<\/KeyStore>/.exec(carbon)?.[1] ?? '';
    expect(element(store, 'Location')).toContain(`/wso2carbon.${extension}`);
    expect([element(store, 'Type'), element(store, 'Password'), element(store, 'KeyPassword')]).toEqual([
      type,
      SECRET,
      SECRET,
    ]);
    expect(element(store, 'KeyAlias')).toBe('wso2carbon');
    const internal = /<InternalKeyStore>([\s\S]*?)<\/InternalKeyStore>/.exec(carbon)?.[1] ?? '';
    expect(element(internal, 'Location')).toContain(`/internal.${extension}`);
    expect(element(internal, 'KeyAlias')).toBe('wso2carbon');
    const trust = /<TrustStore>([\s\S]*?)<\/TrustStore>/.exec(carbon)?.[1] ?? '';
    expect(element(trust, 'Location')).toContain(`/client-truststore.${extension}`);
    expect([element(trust, 'Type'), element(trust, 'Password')]).toEqual([type, SECRET]);
  });

  test('writes into the access log what the valve has noted, not who sent the request', () => {
    const patterns = tags(read('tomcat/catalina-server.xml'), 'Valve').flatMap(({ pattern }) => pattern ?? []);
    expect(patterns).toEqual([expect.stringMatching(/^%\{org\.apache\.catalina\.AccessLog\.RemoteAddr\}r /)]);
  });

  test('creates the administrator on node 1 alone', () => {
    const users = [1, last].map((node) => read('user-mgt.xml', node));
    expect(users.map((xml) => element(xml, 'AddAdmin'))).toEqual(['true', 'false']);
    for (const xml of users) {
      expect(element(xml, 'UserName')).toBe(derived.adminUsername);
      expect(element(xml, 'Password')).toBe('value-of-ADMIN_PASSWORD');
    }
  });

  test('keeps users in the shared database', () => {
    const xml = read('user-mgt.xml');
    expect(tags(xml, 'UserStoreManager')[0]?.class).toBe('org.wso2.carbon.user.core.jdbc.UniqueIDJDBCUserStoreManager');
    expect(xml).toContain('<Property name="dataSource">jdbc/WSO2USER_DB</Property>');
  });

  test('asks a user database that was away again after a second, not after minutes', () => {
    expect(read('user-mgt.xml')).toContain('<Property name="ConnectionRetryDelay">1000</Property>');
    expect(element(read('carbon.xml'), 'minConnectionRetryDelayInMilliSeconds')).toBe('1000');
  });

  test('has a pool for every data source that the kernel’s templates know', () => {
    const pools = datasourcesOf(read('datasources/master-datasources.xml'));
    // That of the identity database is written by the build of the product.
    const known = distribution.databases
      .flatMap(({ datasources }) => datasources.map(jndiName))
      .filter((jndi) => jndi !== 'jdbc/WSO2IdentityDB');
    for (const jndi of known) {
      expect([jndi, pools[jndi]]).toEqual([
        jndi,
        expect.objectContaining({ password: 'value-of-DATABASE_PASSWORD', commitOnReturn: 'true' }),
      ]);
    }
  });
});

const CLUSTERED = Object.entries(CASES)
  .filter(([, { distribution }]) => DISTRIBUTIONS[distribution].clusters)
  .map(([name]) => name);

describe.each(CLUSTERED)('%s, which clusters', (name) => {
  const derived = CASES[name] as Case;
  const read = (path: string, node?: number) => file(name, path, node);

  test('has all nodes as members of a cluster of their own', () => {
    for (const node of [1, derived.nodes.length]) {
      const xml = read('axis2/axis2.xml', node);
      expect(tags(xml, 'clustering')[0]?.enable).toBe('true');
      const parameters = Object.fromEntries(
        [...xml.matchAll(/<parameter name="(\w+)">([^<]*)<\/parameter>/g)].map(([, key, value]) => [key, value]),
      );
      expect(parameters).toMatchObject({
        membershipScheme: 'wka',
        domain: 'bank',
        localMemberHost: derived.nodes[node - 1]?.address,
        localMemberPort: '4000',
      });
      const members = [...xml.matchAll(/<member>\s*<hostName>([^<]*)<\/hostName>\s*<port>([^<]*)<\/port>/g)];
      expect(members.map(([, host, port]) => `${host}:${port}`)).toEqual(
        derived.nodes.map(({ address }) => `${address}:4000`),
      );
    }
  });

  test('ends no Hazelcast that the server still uses, and gives a silent member up after a minute', () => {
    expect(read('hazelcast.properties')).toContain('hazelcast.shutdownhook.enabled=false');
    expect(read('hazelcast.properties')).toContain('hazelcast.max.no.heartbeat.seconds=60');
  });

  test('checks every pool in its health', () => {
    const checkers = tags(read('health-check-config.xml'), 'HealthChecker').map((checker) => checker.name);
    expect(checkers).toEqual(expect.arrayContaining(['DataSourceHealthChecker', 'ServerStartupChecker']));
    const [, monitored = ''] = /"monitored\.datasources">([^<]*)</.exec(read('health-check-config.xml')) ?? [];
    const pools = DISTRIBUTIONS[derived.distribution].databases.flatMap(({ datasources }) => datasources.map(jndiName));
    expect(monitored.split(',').sort()).toEqual([...pools].sort());
  });

  test('asks in its health what is about this node, and whether it has started', () => {
    const xml = read('health-check-config.xml');
    const checkers = tags(xml, 'HealthChecker').map((checker) => [checker.name, checker.orderId, checker.enable]);
    expect(checkers).toEqual([
      ['DataSourceHealthChecker', '97', 'true'],
      ['SuperTenantUSHealthChecker', '98', 'true'],
      ['ServerStartupChecker', '96', 'true'],
    ]);
    expect(xml).toContain('"monitored.user.stores">PRIMARY<');
    expect(xml).toContain('"pool.usage.limit.percentage">100<');
  });

  test('calls the shared registry the same on all nodes, whoever logs in', () => {
    const nodes = [1, derived.nodes.length].map((node) => {
      const [pool] = [datasourcesOf(read('datasources/master-datasources.xml', node))['jdbc/SHARED_DB']];
      const names = [...read('registry.xml', node).matchAll(/<cacheId>([^<]*)<\/cacheId>/g)].map(([, name]) => name);
      return names.map((name) => [name?.replaceAll('&amp;', '&') === pool?.url, name]);
    });
    expect(nodes[0]?.map(([same]) => same)).toEqual([true, true]);
    expect(nodes[1]).toEqual(nodes[0]);
  });

  test('writes sessions at once and keeps them', () => {
    const sessions =
      /<SessionDataPersist>([\s\S]*?)<\/SessionDataPersist>/.exec(read('identity/identity.xml'))?.[1] ?? '';
    expect([element(sessions, 'Enable'), element(sessions, 'Temporary'), element(sessions, 'PoolSize')]).toEqual([
      'true',
      'true',
      '0',
    ]);
  });

  test('allows no TLS below 1.2', () => {
    expect(tags(read('tomcat/catalina-server.xml'), 'SSLHostConfig')[0]?.protocols).toBe('+TLSv1.2,+TLSv1.3');
  });
});

test('the pools of every engine go to its own database', () => {
  const urls = Object.fromEntries(
    [SHAPED, 'mysql', 'mariadb', 'existing oracle', 'existing mssql'].map((name) => [
      name,
      datasourcesOf(file(name, 'datasources/master-datasources.xml'))['jdbc/SHARED_DB']?.url?.split('?')[0],
    ]),
  );
  expect(urls).toMatchSnapshot();
});

test('the access log goes to stdout where it is asked for', () => {
  const valves = tags(file('access log on stdout', 'tomcat/catalina-server.xml'), 'Valve').map(
    (valve) => valve.className,
  );
  expect(valves.filter((name) => name?.includes('Access'))).toEqual([
    expect.stringContaining('ConfigurableLoggerAccessLogValve'),
  ]);
});

const SECRET = 'value-of-KEYSTORE_PASSWORD';

function under(key: string, table: string): boolean {
  return key === table || key.startsWith(`${table}.`) || key.startsWith(`${table}[`);
}

function tomlOf(derived: Case, node: number): TomlTable {
  const files = Object.entries(derived.nodes[node - 1]?.files ?? {});
  return parse(files.find(([path]) => path.endsWith('/deployment.toml'))?.[1] as string) as TomlTable;
}
