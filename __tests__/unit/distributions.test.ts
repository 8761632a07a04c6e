import { parse } from 'smol-toml';
import { DISTRIBUTION_NAMES, DISTRIBUTIONS, type DistributionName } from '../../catalogue/distributions';
import { flatten, type TomlTable } from '../../catalogue/toml';
import { generatedToml } from '../../tools/parity';
import type { Topology } from '../../topology/topology';
import { topology } from '../support/synth';

const CLUSTERED = DISTRIBUTION_NAMES.filter((name) => DISTRIBUTIONS[name].clusters);
const WITH_ACCELERATOR = DISTRIBUTION_NAMES.filter((name) => DISTRIBUTIONS[name].accelerator !== undefined);

const environmentOf = (distribution: DistributionName, extra = '') =>
  topology(
    `[identity_server]\ndistribution = "${distribution}"\nimage = "bank/identity-server"\nnodes = 3\n${extra}\n[load_balancer]\nhostname = "is.bank.example"\n`,
    'bank',
  );

const ACCEPTED = `policy.suppressions = [${['local-state', 'image-pinned', 'secrets-supplied']
  .map((rule) => `{ rule = "${rule}", reason = "a test of the configuration" }`)
  .join(', ')}]\n`;

function tomlOf(derived: Topology, node: number): TomlTable {
  return tomlIn(derived.nodes[node - 1]?.files ?? {});
}

function tomlIn(files: Readonly<Record<string, string>>): TomlTable {
  return parse(Object.entries(files).find(([path]) => path.endsWith('/deployment.toml'))?.[1] as string) as TomlTable;
}

test('the catalogue has every version with and without each release of the accelerator for it, and the sandbox', () => {
  const releases = { '7.0.0': ['4.0.1', '4.1.1', '4.0.0'], '7.1.0': ['4.0.1', '4.1.1', '4.0.0'] };
  expect(DISTRIBUTION_NAMES).toEqual([
    'sandbox',
    ...Object.entries({ ...releases, '7.2.0': ['4.0.1'], '7.3.0': ['4.0.1'] }).flatMap(([version, accelerators]) => [
      `wso2is-${version}`,
      `wso2is-${version}-financial-services`,
      ...accelerators.map((release) => `wso2is-${version}-financial-services-${release}`),
    ]),
  ]);
});

test.each(DISTRIBUTION_NAMES)('%s differs from node to node only where it must', (name) => {
  const derived = environmentOf(name);
  const [first, second, third] = [1, 2, 3].map((node) => flatten(tomlOf(derived, node)));
  const differing = (one?: Map<string, unknown>, other?: Map<string, unknown>) =>
    [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])]
      .filter((key) => JSON.stringify(one?.get(key)) !== JSON.stringify(other?.get(key)))
      .sort();
  const ofEveryNode = ['server.node_ip', ...(DISTRIBUTIONS[name].clusters ? ['clustering.local_member_host'] : [])];
  expect(differing(second, third)).toEqual(ofEveryNode.sort());
  expect(differing(first, second)).toEqual(
    [...ofEveryNode, 'super_admin.create_admin_account', ...DISTRIBUTIONS[name].scheduledJobs].sort(),
  );
});

describe.each(CLUSTERED)('the cluster of %s', (name) => {
  const derived = environmentOf(name);

  test('has the fixed addresses of all nodes as members', () => {
    for (const node of derived.nodes) {
      expect(tomlOf(derived, node.number).clustering).toEqual({
        membership_scheme: 'wka',
        domain: 'bank',
        local_member_host: node.address,
        local_member_port: '4000',
        members: derived.nodes.map(({ address }) => `${address}:4000`),
      });
    }
  });

  test('encrypts with a key of the environment of the length that the version needs', () => {
    expect(flatten(tomlOf(derived, 1)).get('encryption.key')).toBe('$env{ENCRYPTION_KEY}');
    expect(derived.jobs.secrets.environment.ENCRYPTION_KEY_BYTES).toBe(name.startsWith('wso2is-7.0.0') ? '16' : '32');
  });

  test('deletes expired sessions on node 1 alone, in a protected environment only where its configuration says so', () => {
    const key = 'session_data.cleanup.enable_expired_data_cleanup';
    const running = ({ nodes }: Topology) => nodes.map(({ files }) => flatten(tomlIn(files)).get(key));
    expect(running(derived)).toEqual([true, false, false]);
    const guarded = (extra: string) =>
      topology(
        `protected = true\n${ACCEPTED}[identity_server]\ndistribution = "${name}"\nimage = "bank/identity-server"\n${extra}[load_balancer]\nhostname = "is.bank.example"\n`,
        'bank',
      );
    expect(running(guarded(''))).toEqual([false, false]);
    const on = '[identity_server.deployment_toml.session_data.cleanup]\nenable_expired_data_cleanup = true\n';
    expect(running(guarded(on))).toEqual([true, false]);
  });

  test('checks the health of every datasource', () => {
    const toml = tomlOf(derived, 1);
    const flat = flatten(toml);
    const watched = flat.get(
      'carbon_health_check.health_checker.data_source_health_checker.properties."monitored.datasources"',
    );
    const pools = Object.keys(toml.database as TomlTable).length + ((toml.datasource as unknown[]) ?? []).length;
    expect(flat.get('carbon_health_check.enable')).toBe(true);
    expect(new Set(String(watched).split(',')).size).toBe(pools);
  });

  test('asks of the health of a node what is about this node, and whether it has started', () => {
    const toml = tomlOf(derived, 1);
    const checker = (key: string) => flatten(toml).get(`carbon_health_check.health_checker.${key}`);
    // The checker reports more connections in use than this share of the pool, which never are.
    expect(checker('data_source_health_checker.pool_usage_limit_percentage')).toBe('100');
    expect(checker('super_tenant_health_checker.properties."monitored.user.stores"')).toBe('PRIMARY');
    expect(toml.health_checker).toEqual([{ name: 'ServerStartupChecker', order: '96' }]);
  });

  test('watches the user stores that the user names, and has the user’s own checkers beside ours', () => {
    const extra = `[identity_server.deployment_toml.carbon_health_check.health_checker.super_tenant_health_checker.properties]
"monitored.user.stores" = "PRIMARY,STAFF"
[[identity_server.deployment_toml.health_checker]]
name = "OOMHealthChecker"
order = "99"
`;
    const toml = tomlOf(environmentOf(name, extra), 1);
    const key = 'carbon_health_check.health_checker.super_tenant_health_checker.properties."monitored.user.stores"';
    expect(flatten(toml).get(key)).toBe('PRIMARY,STAFF');
    expect((toml.health_checker as TomlTable[]).map((checker) => checker.name)).toEqual([
      'ServerStartupChecker',
      'OOMHealthChecker',
    ]);
  });

  test('believes the load balancer, and nobody else, when it names a client', () => {
    const valve = (tomlOf(derived, 1).catalinaValves as TomlTable).remoteIpValve as TomlTable;
    const proxies = new RegExp(`^(?:${valve.internalProxies})$`);
    expect(proxies.test(derived.loadBalancer.address)).toBe(true);
    expect(proxies.test(derived.loadBalancer.address.replaceAll('.', '0'))).toBe(false);
    expect(derived.nodes.filter(({ address }) => proxies.test(address))).toEqual([]);
    expect(valve).toMatchObject({ enable: true, trustedProxies: '', properties: { httpsServerPort: '443' } });
    expect(flatten(tomlOf(derived, 1)).get('http_access_log.pattern')).not.toContain('%h');
  });

  test('answers the load balancer and the nodes, and nobody else, whatever a header says', () => {
    for (const { environment } of derived.nodes) {
      // The entry point writes it into a script of sed and into an attribute of XML.
      expect(environment.PEERS).toMatch(/^[0-9[\].|+:-]+$/);
      const allowed = (peer: string) => new RegExp(`^(?:${environment.PEERS})$`).test(peer);
      const balancer = derived.loadBalancer.address;
      const own = ['127.0.0.1', '0:0:0:0:0:0:0:1', balancer, ...derived.nodes.map(({ address }) => address)];
      expect(own.filter((peer) => !allowed(peer))).toEqual([]);
      const strangers = [derived.network.gateway, balancer.replaceAll('.', '0'), '203.0.113.7', `1${balancer}`];
      expect([...strangers, derived.database.container?.address as string].filter(allowed)).toEqual([]);
    }
  });

  test('has the user’s own valves, those for all nodes and those for one', () => {
    const valve = (className: string) => `properties = { className = "${className}" }`;
    const extra = `[[identity_server.deployment_toml.catalina.valves]]\n${valve('com.bank.Valve')}
[[identity_server.node_overrides]]\nnode = 1\ndeployment_toml = { catalina = { valves = [{ ${valve('com.bank.First')} }] } }\n`;
    const valves = (tomlOf(environmentOf(name, extra), 1).catalina as TomlTable).valves as TomlTable[];
    expect(valves.map(({ properties }) => (properties as TomlTable).className)).toEqual([
      'com.bank.Valve',
      'com.bank.First',
    ]);
  });

  test('gives a silent member of the cluster up after a minute', () => {
    expect(flatten(tomlOf(derived, 1)).get('hazelcast."hazelcast.max.no.heartbeat.seconds"')).toBe('60');
  });

  test('never has a token request repeated: a code that comes twice revokes its tokens', () => {
    const paths = DISTRIBUTIONS[name].replayablePaths.map(({ path }) => path);
    expect(paths).toEqual(['/oauth2/introspect', '/oauth2/revoke']);
  });
});

test('the sandbox, which has no Hazelcast, gets no [clustering]: defining it would keep the server from starting', () => {
  expect(tomlOf(environmentOf('sandbox'), 1)).not.toHaveProperty('clustering');
});

describe.each(WITH_ACCELERATOR)('%s', (name) => {
  test('has four databases behind five datasources', () => {
    const toml = tomlOf(environmentOf(name), 1);
    const urls = [...flatten(toml)].filter(([key]) => /^(database\.[^.]+|datasource\[0\])\.url$/.test(key));
    const database = (key: string) =>
      /:5432\/([^?]+)/.exec(String(urls.find(([path]) => path === key)?.[1]))?.[1] ?? 'none';
    expect(urls).toHaveLength(5);
    expect({
      identity: database('database.identity_db.url'),
      shared: database('database.shared_db.url'),
      config: database('database.config.url'),
      user: database('database.user.url'),
      consent: database('datasource[0].url'),
    }).toEqual({
      identity: 'fs_identitydb',
      shared: 'fs_iskm_configdb',
      config: 'fs_iskm_configdb',
      user: 'fs_userdb',
      consent: 'fs_consentdb',
    });
  });

  test('sends events from every node where the user switches that on: a node sends what it was given itself', () => {
    const key = 'financial_services.event.notifications.realtime.enable';
    const running = (derived: Topology) => [1, 2, 3].map((node) => flatten(tomlOf(derived, node)).get(key));
    expect(running(environmentOf(name))).toEqual([false, false, false]);
    const on = `[identity_server.deployment_toml.financial_services.event.notifications]\nrealtime = { enable = true }\n`;
    expect(running(environmentOf(name, on))).toEqual([true, true, true]);
  });

  test('expires consents on node 1 alone, and on none when the user switches it off', () => {
    const job = 'financial_services.consent.periodical_expiration.enabled';
    const running = (derived: Topology) => [1, 2, 3].map((node) => flatten(tomlOf(derived, node)).get(job));
    expect(running(environmentOf(name))).toEqual([true, false, false]);
    const off = `[identity_server.deployment_toml.financial_services.consent]\nperiodical_expiration = { enabled = false }\n`;
    expect(running(environmentOf(name, off))).toEqual([false, false, false]);
  });

  test('runs the schema scripts in order, then our corrections', () => {
    const run = environmentOf(name).jobs.schema?.run;
    expect(run?.environment.DATABASES?.split('\n').map((line) => line.split(' '))).toEqual([
      [
        'fs_identitydb',
        '/schema-scripts/dbscripts/identity/postgresql.sql',
        '/schema-scripts/dbscripts/consent/postgresql.sql',
        '/schema-fixes/accelerator-identity.sql',
      ],
      ['fs_iskm_configdb', '/schema-scripts/dbscripts/postgresql.sql'],
      ['fs_userdb', '/schema-scripts/dbscripts/postgresql.sql'],
      [
        'fs_consentdb',
        '/schema-scripts/dbscripts/financial-services/consent/postgresql.sql',
        '/schema-scripts/dbscripts/financial-services/event-notifications/postgresql.sql',
      ],
    ]);
    expect(Object.keys(run?.files ?? {})).toEqual([
      '/schema-fixes/accelerator-identity.sql',
      '/schema-repairs/accelerator-identity.sql',
    ]);
  });
});

test('only 7.0 has JKS stores', () => {
  const types = Object.fromEntries(
    DISTRIBUTION_NAMES.map((name) => [name, flatten(generatedToml(name)).get('keystore.primary.type')]),
  );
  for (const [name, type] of Object.entries(types)) {
    expect([name, type]).toEqual([name, name.startsWith('wso2is-7.0.0') ? 'JKS' : 'PKCS12']);
  }
});

test.each(DISTRIBUTION_NAMES)('%s has no secret in its file', (name) => {
  const secrets = [...flatten(generatedToml(name))].filter(([key]) =>
    /(password|secret|hash|client_id|encryption\.key)$/.test(key),
  );
  expect(secrets.length).toBeGreaterThan(3);
  for (const [key, value] of secrets) {
    expect([key, String(value)]).toEqual([key, expect.stringMatching(/^(\$(env|ref)\{.+\})?$/)]);
  }
});

test('the nodes resolve further names, but the public one always to the load balancer', () => {
  const hosts = 'hosts = { "directory.bank.example" = "10.9.8.7", "is.bank.example" = "10.9.8.6" }';
  const derived = environmentOf('wso2is-7.1.0', hosts);
  for (const node of derived.nodes) {
    expect(node.hosts).toEqual({
      'directory.bank.example': '10.9.8.7',
      'is.bank.example': derived.loadBalancer.address,
    });
  }
});
