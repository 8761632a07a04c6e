import { parse } from 'smol-toml';
import {
  DATABASE_ENGINE_NAMES,
  DATABASE_ENGINES,
  type DatabaseEngine,
  type DatabaseTls,
  type JdbcTarget,
} from '../../catalogue/database-engines';
import { escapeXml, jdbcUrl } from '../../catalogue/database-engines/jdbc-url';
import { renderToml } from '../../catalogue/toml';

const TLS: DatabaseTls[] = ['off', 'required', 'verified'];

/** What an XML parser makes of escaped text. */
function unescapeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** The URL as the driver gets it. */
function plainUrl(engine: DatabaseEngine, target: Partial<JdbcTarget>): string {
  const plain: JdbcTarget = {
    servers: [{ host: 'db', port: 1 }],
    failsOver: false,
    database: 'd',
    tls: 'off',
    ...target,
  };
  return unescapeXml(jdbcUrl(DATABASE_ENGINES[engine], plain));
}

test.each<[DatabaseEngine, DatabaseTls, string]>([
  [
    'postgresql',
    'off',
    'jdbc:postgresql://db:1/d?connectTimeout=10&socketTimeout=60&tcpKeepAlive=true&sslmode=disable',
  ],
  [
    'postgresql',
    'required',
    'jdbc:postgresql://db:1/d?connectTimeout=10&socketTimeout=60&tcpKeepAlive=true&sslmode=require',
  ],
  [
    'postgresql',
    'verified',
    'jdbc:postgresql://db:1/d?connectTimeout=10&socketTimeout=60&tcpKeepAlive=true&sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory',
  ],
  [
    'mysql',
    'off',
    'jdbc:mysql://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&sslMode=DISABLED&allowPublicKeyRetrieval=true',
  ],
  [
    'mysql',
    'required',
    'jdbc:mysql://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&sslMode=REQUIRED',
  ],
  [
    'mysql',
    'verified',
    'jdbc:mysql://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&sslMode=VERIFY_IDENTITY',
  ],
  [
    'mariadb',
    'off',
    'jdbc:mariadb://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&useBulkStmts=false&sslMode=disable',
  ],
  [
    'mariadb',
    'required',
    'jdbc:mariadb://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&useBulkStmts=false&sslMode=trust',
  ],
  [
    'mariadb',
    'verified',
    'jdbc:mariadb://db:1/d?connectTimeout=10000&socketTimeout=60000&tcpKeepAlive=true&useBulkStmts=false&sslMode=verify-full',
  ],
  ['mssql', 'off', 'jdbc:sqlserver://db:1;databaseName=d;loginTimeout=10;socketTimeout=60000;encrypt=false'],
  [
    'mssql',
    'required',
    'jdbc:sqlserver://db:1;databaseName=d;loginTimeout=10;socketTimeout=60000;encrypt=true;trustServerCertificate=true',
  ],
  ['mssql', 'verified', 'jdbc:sqlserver://db:1;databaseName=d;loginTimeout=10;socketTimeout=60000;encrypt=true'],
  ['oracle', 'off', 'jdbc:oracle:thin:@//db:1/d'],
  ['oracle', 'required', 'jdbc:oracle:thin:@tcps://db:1/d?ssl_server_dn_match=no'],
  ['oracle', 'verified', 'jdbc:oracle:thin:@tcps://db:1/d?ssl_server_dn_match=yes'],
])('%s with TLS %s', (engine, tls, url) => {
  expect(plainUrl(engine, { tls })).toBe(url);
});

test('the address may be of IPv6', () => {
  expect(plainUrl('postgresql', { servers: [{ host: '[2001:db8::1]', port: 5432 }] })).toContain(
    'jdbc:postgresql://[2001:db8::1]:5432/d?',
  );
});

const TWO = [
  { host: 'a', port: 1 },
  { host: 'b', port: 2 },
] as const;

test.each<[DatabaseEngine, string]>([
  [
    'postgresql',
    'jdbc:postgresql://a:1,b:2/d?connectTimeout=3&socketTimeout=20&tcpKeepAlive=true&targetServerType=primary&hostRecheckSeconds=60&sslmode=disable',
  ],
  [
    'mysql',
    'jdbc:mysql://a:1,b:2/d?connectTimeout=3000&socketTimeout=20000&tcpKeepAlive=true&failOverReadOnly=false&secondsBeforeRetrySource=0&queriesBeforeRetrySource=0&retriesAllDown=1&sslMode=DISABLED&allowPublicKeyRetrieval=true',
  ],
  [
    'mariadb',
    "jdbc:mariadb:sequential://a:1,b:2/d?connectTimeout=3000&socketTimeout=20000&tcpKeepAlive=true&initSql=SELECT IF(CONCAT(@@GLOBAL.read_only) IN ('0', 'OFF'), 1, (SELECT 1 UNION SELECT 2))&deniedListTimeout=1000&retriesAllDown=2&useBulkStmts=false&sslMode=disable",
  ],
  [
    'oracle',
    'jdbc:oracle:thin:@(DESCRIPTION=(FAILOVER=on)(LOAD_BALANCE=off)(TRANSPORT_CONNECT_TIMEOUT=3)(ADDRESS_LIST=(ADDRESS=(PROTOCOL=tcp)(HOST=a)(PORT=1))(ADDRESS=(PROTOCOL=tcp)(HOST=b)(PORT=2)))(CONNECT_DATA=(SERVICE_NAME=d)))',
  ],
])('%s with two servers, one of which takes writes', (engine, url) => {
  expect(plainUrl(engine, { servers: TWO, failsOver: true })).toBe(url);
});

test('SQL Server is reached by the listener of its availability group', () => {
  expect(plainUrl('mssql', { failsOver: true, tls: 'verified' })).toBe(
    'jdbc:sqlserver://db:1;databaseName=d;loginTimeout=10;socketTimeout=20000;multiSubnetFailover=true;encrypt=true',
  );
});

test('Oracle’s descriptor says whether the name in the certificate is checked, and has addresses without brackets', () => {
  const servers = [{ host: '[2001:db8::1]', port: 2484 }] as const;
  const url = plainUrl('oracle', { servers, failsOver: true, tls: 'verified' });
  expect(url).toContain('(ADDRESS=(PROTOCOL=tcps)(HOST=2001:db8::1)(PORT=2484))');
  expect(url).toMatch(/\(SECURITY=\(SSL_SERVER_DN_MATCH=yes\)\)\)$/);
});

test.each(DATABASE_ENGINE_NAMES)('%s: one server may be a name behind which the writable one changes', (engine) => {
  const one = [{ host: 'listener', port: 1 }] as const;
  const [before, after] = [false, true].map((failsOver) => plainUrl(engine, { servers: one, failsOver }));
  expect(after).toContain('listener');
  expect(after).not.toBe(before);
});

// A fixed sequence, so that a failure can be seen again.
function* randomNames(count: number): Generator<string> {
  const alphabet = [...`abz09_-.$#@!%&<>"'\\/?=;:{}[]()|~^\` ,+*äß漢😀\t`];
  let state = 20_261_122;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  for (let index = 0; index < count; index++) {
    yield Array.from({ length: 1 + next(24) }, () => alphabet[next(alphabet.length)]).join('');
  }
}

describe('whatever the name of the database', () => {
  const names = [...randomNames(500)];

  test.each(DATABASE_ENGINE_NAMES)('the URL of %s is XML as it stands and survives TOML', (engine) => {
    for (const database of names) {
      for (const tls of TLS) {
        const servers = [{ host: 'db.bank.example', port: 1 }] as const;
        const url = jdbcUrl(DATABASE_ENGINES[engine], { servers, failsOver: false, database, tls });
        expect(url).not.toMatch(/[<>"]|&(?!(amp|lt|gt|quot);)/);
        expect(parse(renderToml({ url }))).toEqual({ url });
      }
    }
  });

  test.each<DatabaseEngine>(['postgresql', 'mysql'])('the driver of %s finds it again', (engine) => {
    for (const database of names) {
      const { pathname, searchParams } = new URL(plainUrl(engine, { database }).replace(/^jdbc:\w+:/, 'http:'));
      expect(decodeURIComponent(pathname.slice(1))).toBe(database);
      expect(searchParams.get('tcpKeepAlive')).toBe('true');
    }
  });

  test('the driver of MariaDB, which decodes nothing, finds one that is allowed', () => {
    const [, found] = /^jdbc:mariadb:\/\/db:1\/([^?]*)\?/.exec(plainUrl('mariadb', { database: 'a_b$c#d-1' })) ?? [];
    expect(found).toBe('a_b$c#d-1');
  });

  test('the driver of SQL Server finds it again', () => {
    for (const database of names) {
      const properties = sqlServerProperties(plainUrl('mssql', { database }));
      expect(properties).toMatchObject({ databaseName: database, loginTimeout: '10', encrypt: 'false' });
    }
  });
});

test('escaping loses nothing', () => {
  for (const text of randomNames(500)) expect(unescapeXml(escapeXml(text))).toBe(text);
});

/** Reads `key=value;…`, where a value in braces may hold anything and a closing brace in it is doubled. */
function sqlServerProperties(url: string): Record<string, string> {
  const text = url.slice(url.indexOf(';') + 1);
  const pattern = /(\w+)=(?:\{((?:[^}]|\}\})*)\}|([^;]*))(?:;|$)/gy;
  return Object.fromEntries(
    [...text.matchAll(pattern)].map(([, key, braced, plain]) => [key, braced?.replaceAll('}}', '}') ?? plain]),
  );
}
