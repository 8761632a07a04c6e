import { parse } from 'smol-toml';
import { DISTRIBUTION_NAMES, DISTRIBUTIONS, type DistributionName } from '../../catalogue/distributions';
import { flatten, merge, renderToml, type TomlTable } from '../../catalogue/toml';
import { extensionProblems, OWNED_KEYS } from '../../environment/deployment-toml-extensions';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { generatedToml } from '../../tools/parity';
import { configurationDirectory, topology } from '../support/synth';

const FINANCIAL_SERVICES = 'wso2is-7.1.0-financial-services';

function configuration(extra: string, distribution: DistributionName = FINANCIAL_SERVICES): string {
  return `[load_balancer]\nhostname = "is.bank.example"\n[identity_server]\ndistribution = "${distribution}"\nimage = "bank/identity-server"\n${extra}`;
}

function nodeTomls(extra: string, distribution?: DistributionName): TomlTable[] {
  return topology(configuration(extra, distribution)).nodes.map(({ files }) => {
    const [, text] = Object.entries(files).find(([path]) => path.endsWith('/deployment.toml')) as [string, string];
    return parse(text) as TomlTable;
  });
}

function problemsOf(extra: string, distribution?: DistributionName): string[] {
  const directory = configurationDirectory({ 'bank.toml': configuration(extra, distribution) });
  try {
    loadEnvironments(directory);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ key, message }) => `${key}: ${message}`);
  }
}

describe('keys of the user', () => {
  test('reach every node, merged deep into what the distribution has', () => {
    const plain = nodeTomls('').map(flatten);
    const extended = nodeTomls(
      '[identity_server.deployment_toml.oauth.dcr]\nssa_jkws = "https://directory.example/jwks"\n',
    );
    for (const [index, toml] of extended.map(flatten).entries()) {
      const before = plain[index] as Map<string, unknown>;
      const changed = [...toml].filter(([key, value]) => JSON.stringify(before.get(key)) !== JSON.stringify(value));
      expect(changed).toEqual([['oauth.dcr.ssa_jkws', 'https://directory.example/jwks']]);
      expect(toml.size).toBe(before.size);
    }
  });

  test('replace a list as a whole', () => {
    const [toml = {}] = nodeTomls(
      '[[identity_server.deployment_toml.resource.access_control]]\ncontext = "(.*)"\nsecure = "true"\n',
    );
    expect((toml.resource as TomlTable).access_control).toEqual([{ context: '(.*)', secure: 'true' }]);
  });

  test('may hold a datasource whose id is no text, which is none of ours', () => {
    expect(nodeTomls('[[identity_server.deployment_toml.datasource]]\nid = {}\n')).toHaveLength(2);
  });

  test('add datasources to ours', () => {
    const [toml = {}] = nodeTomls(
      '[[identity_server.deployment_toml.datasource]]\nid = "AgentIdentity"\nurl = "jdbc:h2:./repository/database/AGENT"\n',
    );
    expect((toml.datasource as TomlTable[]).map(({ id }) => id)).toEqual(['WSO2FS_DB', 'AgentIdentity']);
  });

  test('reach one node alone where they are meant for one', () => {
    const tomls = nodeTomls(
      '[identity_server.deployment_toml.http_access_log]\nuseLogger = false\n[[identity_server.node_overrides]]\nnode = 2\ndeployment_toml = { http_access_log = { useLogger = true } }\n',
    );
    expect(tomls.map((toml) => (toml.http_access_log as TomlTable).useLogger)).toEqual([false, true]);
  });
});

/** Lists to which the user adds, who cannot take anything out of them. */
const GROWING = ['datasource', 'catalina.valves'];

describe('keys of the topology', () => {
  test.each(OWNED_KEYS)('$path is refused with the name of its owner', ({ path, owner }) => {
    const keys = path.replace('*', 'identity_db').split('.');
    const extension = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), 'x') as TomlTable;
    expect(extensionProblems(FINANCIAL_SERVICES, extension)).toEqual([
      { path: keys, message: expect.stringContaining(owner) },
    ]);
  });

  test.each(DISTRIBUTION_NAMES)('are all refused that %s renders differently for another site', (name) => {
    const here = flatten(generatedToml(name));
    const there = nodeTomls(
      `${DISTRIBUTIONS[name].accelerator ? '' : 'port_offset = 4'}\nadmin_username = "root@bank.example"\n[network]\nsubnet = "10.1.0.0/24"\n[database]\nhost = "db.example"\nport = 5433\nmax_connections = 9000\npool_size = 99\n`,
      name,
    ).map(flatten)[1] as Map<string, unknown>;
    const differing = [...there].filter(([key, value]) => JSON.stringify(here.get(key)) !== JSON.stringify(value));
    expect(differing.length).toBeGreaterThan(7);
    const jobs = DISTRIBUTIONS[name].scheduledJobs;
    for (const [key] of differing.filter(
      ([path]) => !jobs.includes(path) && !GROWING.some((list) => path.startsWith(`${list}[`)),
    )) {
      const extension = key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), 1) as TomlTable;
      expect([key, extensionProblems(name, extension).length]).toEqual([key, 1]);
    }
  });

  test('are refused in the configuration file with file, line, key and owner, for all nodes and for one', () => {
    expect(
      problemsOf(
        '[identity_server.deployment_toml.server]\nhostname = "x"\n[[identity_server.node_overrides]]\nnode = 2\n[identity_server.node_overrides.deployment_toml.clustering]\nmembers = []\n',
      ),
    ).toEqual([
      'identity_server.deployment_toml.server.hostname: belongs to the topology: it follows from load_balancer.hostname; change that instead',
      expect.stringMatching(
        /^identity_server\.node_overrides\[0\]\.deployment_toml\.clustering\.members: belongs to the topology: .*network\.subnet/,
      ),
    ]);
  });

  test.each([
    '"server.hostname" = "evil.example"',
    "'server.hostname' = 'evil.example'",
    '"transport.https.properties".proxyPort = 1',
    'transport."https.properties.proxyPort" = 1',
  ])('are owned in quotes as well: %s', (line) => {
    expect(problemsOf(`[identity_server.deployment_toml]\n${line}\n`)).toEqual([
      expect.stringContaining('belongs to the topology'),
    ]);
  });

  test.each([
    ['[identity_server.deployment_toml.catalina.valves]\na = 1\nb.c = 2\n', 'catalina.valves: found a table'],
    ['[identity_server.deployment_toml.catalina]\nvalves = "none"\n', 'catalina.valves: found a single value'],
    ['[identity_server.deployment_toml.catalina]\nvalves = [1]\n', 'catalina.valves: found a list of values'],
    ['[identity_server.deployment_toml]\ncatalina = 1\n', 'catalina: found a single value'],
    ['[[identity_server.deployment_toml.catalina]]\nvalves = []\n', 'catalina: found a list of tables'],
    ['[[identity_server.deployment_toml."catalina.valves"]]\na = 1\n', 'found a key in quotes'],
    ['[identity_server.deployment_toml."catalina.valves"]\na = 1\nb = 1\n', 'found a key in quotes'],
    ['[identity_server.deployment_toml.health_checker]\nname = "x"\norder = "1"\n', 'health_checker: found a table'],
    ['[identity_server.deployment_toml]\nhealth_checker = false\n', 'health_checker: found a single value'],
    ['[identity_server.deployment_toml]\ndatasource = "x"\n', 'datasource: found a single value'],
    ['[identity_server.deployment_toml."datasource.X"]\nid = "X"\n', 'found a key in quotes'],
  ])('are lists, too, which nothing takes the place of: %j', (extra, message) => {
    expect(problemsOf(extra)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    '[[identity_server.deployment_toml.catalina.valves]]\nproperties.className = "com.bank.Valve"\n',
    '[[identity_server.deployment_toml.health_checker]]\nname = "x"\n',
    '[identity_server.deployment_toml]\ncatalina = {}\n',
    '[identity_server.deployment_toml.catalina]\nother = 1\n',
  ])('have lists to which may be added: %j', (extra) => {
    expect(problemsOf(extra)).toEqual([]);
  });

  test('cannot be replaced by a value in the place of their table', () => {
    expect(problemsOf('[identity_server.deployment_toml]\nclustering = "off"\n')).toEqual([
      expect.stringContaining('belongs to the topology'),
    ]);
  });

  test.each([
    ['[[identity_server.deployment_toml.datasource]]\nid = "WSO2FS_DB"\n', 'entry WSO2FS_DB belongs to the topology'],
    [
      '[identity_server.deployment_toml.datasource.AgentIdentity]\nid = "AgentIdentity"\n',
      'would become a part of the last entry of the list [[datasource]] (WSO2FS_DB)',
    ],
  ])('include our entries of [[datasource]]: %j', (extra, message) => {
    expect(problemsOf(extra).join()).toContain(message);
  });
});

describe('markup of the server’s XML files', () => {
  const inTable = (line: string) =>
    problemsOf(`[identity_server.deployment_toml.transport.https.properties]\n${line}\n`);

  test.each([
    ['another attribute, which the topology owns', `server = 'x" proxyPort="1'`, '&quot;'],
    ['another connector', `server = '"/><Connector port="9999'`, '&quot;'],
    ['an element', 'server = "x</a><b>"', '&lt;'],
    ['an element in a list', 'sslEnabledProtocols = ["TLSv1.3", "<x/>"]', '&lt;'],
    ['an element in a list of tables', 'x = [{ y = "<z/>" }]', '&lt;'],
    ['an attribute by a key', `'proxyPort="1" x' = "y"`, 'the key holds "'],
    ['a key with which the server does not start', `'it"s' = "y"`, 'the key holds "'],
  ])('is refused: %s', (_, line, message) => {
    expect(inTable(line)).toEqual([expect.stringContaining(message)]);
  });

  test('is not what is written with the XML’s own escapes', () => {
    const filter = '(&amp;(objectClass=person)(uid=?))';
    expect(
      problemsOf(`[identity_server.deployment_toml.user_store.properties]\nUserNameSearchFilter = "${filter}"\n`),
    ).toEqual([]);
    expect(inTable(`"x.y-z" = "a > b, it's &lt;c&gt; &quot;"`)).toEqual([]);
  });
});

describe('the key before the one that encrypts', () => {
  const table = (lines: string) => `[identity_server.deployment_toml.encryption]\n${lines}\n`;

  test('is taken as a reference, with what has it read', () => {
    expect(problemsOf(table('old_key = "$env{OLD_ENCRYPTION_KEY}"\nenable_key_id = true'))).toEqual([]);
  });

  test('is refused where nothing would read it, and in clear text', () => {
    const reference = table('old_key = "$env{OLD_ENCRYPTION_KEY}"');
    expect(problemsOf(reference).join()).toContain('is read only with encryption.enable_key_id = true');
    const both = table('old_key = "$env{OLD_ENCRYPTION_KEY}"\nenable_key_id = true');
    expect(problemsOf(both, 'wso2is-7.0.0').join()).toContain('is read by nothing in wso2is-7.0.0');
    expect(problemsOf(table('old_key = "in-clear-text"\nenable_key_id = true')).join()).toContain('in clear text');
  });
});

describe('a secret in clear text', () => {
  test.each(['hunter2hunter2', 'p$env{X}'])('such as %s is refused, unseen', (value) => {
    const [problem] = problemsOf(`[identity_server.deployment_toml.output_adapter.email]\npassword = "${value}"\n`);
    expect(problem).toContain('write "$env{OUTPUT_ADAPTER_EMAIL_PASSWORD}"');
    expect(problem).not.toContain(value);
  });

  test('that everybody knows is named as such', () => {
    expect(problemsOf('[identity_server.deployment_toml.keystore.saml]\npassword = "wso2carbon"\n')).toEqual([
      expect.stringContaining('is a password that the documentation prints'),
    ]);
  });

  test('in a list of tables is found', () => {
    expect(
      problemsOf('[[identity_server.deployment_toml.event_publisher]]\nname = "x"\nclient_secret = "abc"\n'),
    ).toHaveLength(1);
  });

  test.each(['$env{SMTP_PASSWORD}', '$secret{smtp}', '$ref{super_admin.password}', ''])('%j is none', (value) => {
    expect(problemsOf(`[identity_server.deployment_toml.output_adapter.email]\npassword = "${value}"\n`)).toEqual([]);
  });
});

test('what is written is what was meant, whatever the characters', () => {
  const awkward = 'a"b\\c\'d&e<f>g%h$i{j}k#l\tm ü 漢 \u007f';
  const table: TomlTable = { one: { [awkward]: awkward, list: [{ a: [] }, { b: { c: awkward } }], empty: {} } };
  expect(parse(renderToml(table))).toEqual(table);
});

test('merging goes table by table and leaves its arguments alone', () => {
  const base = { a: { b: 1, c: [1] }, d: 1 };
  const over = { a: { c: [2], e: 3 }, d: { f: 1 } };
  expect(merge(base, over)).toEqual({ a: { b: 1, c: [2], e: 3 }, d: { f: 1 } });
  expect(base).toEqual({ a: { b: 1, c: [1] }, d: 1 });
});

test('a secret that the user’s keys refer to must be there before a server starts', () => {
  const derived = topology(
    configuration('[identity_server.deployment_toml.output_adapter.email]\npassword = "$env{SMTP_PASSWORD}"\n'),
  );
  expect(derived.jobs.secrets.environment.REFERENCED_SECRETS?.split(' ').sort()).toEqual([
    'ADMIN_PASSWORD',
    'APP_PASSWORD',
    'APP_PASSWORD_HASH',
    'CONSENT_PORTAL_CLIENT_ID',
    'CONSENT_PORTAL_CLIENT_SECRET',
    'DATABASE_PASSWORD',
    'ENCRYPTION_KEY',
    'KEYSTORE_PASSWORD',
    'SMTP_PASSWORD',
  ]);
});
