import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DATABASE_ENGINES } from '../../catalogue/database-engines';
import { ensureEngine } from '../../cli/setup/engine';
import { run } from '../../cli/setup/process';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { sandboxImageTags } from '../../images/tags';
import type { JobTopology } from '../../topology/jobs';
import { ownerLabels, removeLeftovers } from '../support/leftovers';
import { placeOf } from '../support/places';
import { identityFeature } from '../support/product-parts';
import { MYSQL, POSTGRESQL, type ScriptTree, scriptTree } from '../support/script-trees';
import { topology } from '../support/synth';
import { docker, eventually } from '../support/workspace';

// The job that a distribution with the accelerator gets, on real servers, with scripts of the product's shape. MariaDB stands in
// for MySQL.
const LABEL = ownerLabels('schema-job');
const PREFIX = `schema-job-${process.pid}`;
const { network: NETWORK, subnet: SUBNET } = placeOf('schema-job');
const ADDRESSES = {
  postgresql: `${NETWORK}.10`,
  mysql: `${NETWORK}.11`,
  second: `${NETWORK}.12`,
  nobody: `${NETWORK}.60`,
};
const PASSWORD = 'runtime-Password_1';
const SECOND_LOGIN = {
  RUNTIME_ROLE: 'wso2_2',
  RUNTIME_PASSWORD_FILE: 'DATABASE_PASSWORD_2',
  OTHER_ROLE: 'wso2',
  OTHER_PASSWORD_FILE: 'DATABASE_PASSWORD',
};
const AWKWARD_PASSWORD = `a&b<c>d"e'f\\g$h%i;j#k|l\`m{n}o p`;
const DATABASES = ['fs_identitydb', 'fs_iskm_configdb', 'fs_userdb', 'fs_consentdb'];

const folder = mkdtempSync(join(tmpdir(), 'schema-job-'));
let jobs = 0;

jest.setTimeout(300_000);

beforeAll(async () => {
  const engine = await ensureEngine();
  const { postgresql, mariadb } = sandboxImageTags();
  await ensureSandboxImages({ dockerEnv: engine.env, tags: { postgresql, mariadb } });
  await removeLeftovers('schema-job');
  await docker('network', 'create', ...LABEL, '--subnet', SUBNET, PREFIX);
}, 600_000);

afterEach(async () => {
  for (const name of ['postgresql', 'mysql', 'second']) {
    await docker('rm', '--force', '--volumes', `${PREFIX}-${name}`).catch(() => undefined);
  }
});

afterAll(async () => {
  await removeLeftovers('schema-job');
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

interface Server {
  readonly engine: 'postgresql' | 'mysql';
  readonly image: string;
  readonly address: string;
  /** Runs SQL as the administrator; one line a row, columns separated by tabs. */
  readonly sql: (database: string, statement: string) => Promise<string>;
  /** The same over the network as the servers' first role or another. @throws when it is refused */
  readonly sqlAsRuntime: (database: string, statement: string, password?: string, role?: string) => Promise<string>;
  readonly tables: (database: string) => Promise<string[]>;
  readonly emptyDatabase: (name: string) => string;
  /** How many databases of this name there are. */
  readonly databaseCount: (name: string) => string;
  /** Has every statement logged from now on, as it arrived. */
  readonly logStatements: () => Promise<unknown>;
  /** What was logged. */
  readonly statements: () => Promise<string>;
  /** What the server keeps of the password of the servers' first role. */
  readonly verifier: string;
  /** How many statements are in the 60 s pause of the scripts. */
  readonly sleeping: string;
  /** Database that is there from the start. */
  readonly main: string;
  /** Statements after which it takes no writes. */
  readonly readOnly: readonly string[];
  /** What tells the job's client to find the server that does. */
  readonly finds: Readonly<Record<string, string>>;
  /** Whether what an interrupted job has created goes with it. */
  readonly rollsBack: boolean;
}

const images = sandboxImageTags();
const postgresql: Server = {
  engine: 'postgresql',
  image: images.postgresql,
  address: ADDRESSES.postgresql,
  sql: (database, statement) =>
    docker(
      'exec',
      `${PREFIX}-postgresql`,
      'psql',
      '-XAtq',
      '-F',
      '\t',
      '-h',
      '/var/run/postgresql',
      '-U',
      'postgres',
      '-d',
      database,
      '-c',
      statement,
    ),
  sqlAsRuntime: (database, statement, password = PASSWORD, role = 'wso2') =>
    docker(
      'exec',
      '-e',
      `PGPASSWORD=${password}`,
      `${PREFIX}-postgresql`,
      'psql',
      '-XAtq',
      '-h',
      ADDRESSES.postgresql,
      '-U',
      role,
      '-d',
      database,
      '-c',
      statement,
    ),
  tables: async (database) =>
    lines(
      await postgresql.sql(
        database,
        "SELECT upper(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
      ),
    ),
  emptyDatabase: (name) => `CREATE DATABASE ${name}`,
  databaseCount: (name) => `SELECT count(*) FROM pg_database WHERE datname = '${name}'`,
  sleeping: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
  logStatements: () =>
    docker(
      'exec',
      `${PREFIX}-postgresql`,
      ...['psql', '-XAtq', '-h', '/var/run/postgresql', '-U', 'postgres'],
      ...['-c', "ALTER SYSTEM SET log_statement = 'all'", '-c', 'SELECT pg_reload_conf()'],
    ),
  statements: async () => {
    const { stdout, stderr } = await run('docker', ['logs', `${PREFIX}-postgresql`]);
    return `${stdout}${stderr}`;
  },
  verifier: "SELECT rolpassword FROM pg_authid WHERE rolname = 'wso2'",
  main: 'postgres',
  readOnly: ['ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'],
  finds: DATABASE_ENGINES.postgresql.failover.clientVariables,
  rollsBack: true,
};
const mysql: Server = {
  engine: 'mysql',
  image: images.mariadb,
  address: ADDRESSES.mysql,
  sql: (database, statement) =>
    docker(
      'exec',
      '-e',
      'MYSQL_PWD=admin-Password_1',
      `${PREFIX}-mysql`,
      'mysql',
      '-BN',
      '-uroot',
      database,
      '-e',
      statement,
    ),
  sqlAsRuntime: (database, statement, password = PASSWORD, role = 'wso2') =>
    docker(
      'exec',
      '-e',
      `MYSQL_PWD=${password}`,
      `${PREFIX}-mysql`,
      'mysql',
      '-BN',
      `-h${ADDRESSES.mysql}`,
      `-u${role}`,
      database,
      '-e',
      statement,
    ),
  tables: async (database) =>
    lines(
      await mysql.sql(
        'mysql',
        `SELECT UPPER(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' ORDER BY 1`,
      ),
    ),
  emptyDatabase: (name) => `CREATE DATABASE ${name} CHARACTER SET latin1`,
  databaseCount: (name) => `SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${name}'`,
  sleeping: "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(60)'",
  logStatements: () => mysql.sql('mysql', "SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON"),
  statements: () => mysql.sql('mysql', 'SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log'),
  verifier: "SELECT authentication_string FROM mysql.user WHERE User = 'wso2'",
  main: 'mysql',
  readOnly: ['SET GLOBAL read_only = 1'],
  finds: DATABASE_ENGINES.mariadb.failover.clientVariables,
  rollsBack: false,
};

describe.each([
  ['PostgreSQL', postgresql, POSTGRESQL],
  ['MariaDB, which stands in for MySQL', mysql, MYSQL],
])('%s', (_, server, dialect) => {
  const tree = scriptTree(dialect);
  let secrets: string;

  // Every test has a server of its own: what one leaves must not help the next.
  beforeEach(async () => {
    secrets = await secretsVolume(server, { DATABASE_ADMIN_PASSWORD: 'admin-Password_1', DATABASE_PASSWORD: PASSWORD });
    await startServer(server, secrets);
  });

  const drop = (database: string) => server.sql(server.main, `DROP DATABASE ${database}`);

  test('an empty server gets all schemas, corrected, and a role that may use them but not change them', async () => {
    const { exitCode, output } = await runJob(server, tree, secrets);
    expect([exitCode, output]).toEqual([0, DATABASES.map((database) => `${database}: schema created`).join('\n')]);
    expect(await Promise.all(DATABASES.map(server.tables))).toEqual([
      ['ACTIVE_ACTIVE_SCHEMA', 'AUTHORIZED_SCOPE', 'CM_PURPOSE', 'SP_APP', 'SP_METADATA'],
      ['ACTIVE_ACTIVE_SCHEMA', 'REG_PATH', 'UM_USER'],
      ['ACTIVE_ACTIVE_SCHEMA', 'REG_PATH', 'UM_USER'],
      ['ACTIVE_ACTIVE_SCHEMA', 'FS_CONSENT', 'FS_NOTIFICATION'],
    ]);
    const length =
      "SELECT character_maximum_length FROM information_schema.columns WHERE lower(table_name) = 'sp_metadata' AND lower(column_name) = 'value'";
    expect(await server.sql('fs_identitydb', length)).toBe('4096');

    await server.sqlAsRuntime(
      'fs_userdb',
      "INSERT INTO UM_USER VALUES (1, 'a'); UPDATE UM_USER SET UM_USER_NAME = 'b'; DELETE FROM UM_USER",
    );
    for (const forbidden of [
      'DROP TABLE UM_USER',
      'CREATE TABLE MINE (ID INTEGER)',
      'ALTER TABLE UM_USER ADD X INTEGER',
    ]) {
      await expect(server.sqlAsRuntime('fs_userdb', forbidden)).rejects.toThrow(/denied|must be owner/);
    }
  });

  test('a second run changes nothing', async () => {
    await runJob(server, tree, secrets);
    await server.sqlAsRuntime('fs_userdb', "INSERT INTO UM_USER VALUES (1, 'kept')");
    const { exitCode, output } = await runJob(server, tree, secrets);
    expect([exitCode, output]).toEqual([
      0,
      DATABASES.map((database) => `${database}: schema is there, left unchanged`).join('\n'),
    ]);
    expect(await server.sqlAsRuntime('fs_userdb', 'SELECT UM_USER_NAME FROM UM_USER')).toBe('kept');
  });

  test('servers of another version are refused, and the version of a database that our first release made is learned or asked for', async () => {
    await runJob(server, tree, secrets);
    const other = await runJob(server, tree, secrets, { SCHEMA_VERSION: '7.2.0' });
    expect([other.exitCode, other.output]).toEqual([
      1,
      expect.stringMatching(/of version 7\.2\.0, but on .* fs_identitydb \(7\.1\.0\).*make upgrade ENVIRONMENT=/s),
    ]);
    for (const database of DATABASES) {
      await server.sql(database, 'ALTER TABLE active_active_schema DROP COLUMN version');
    }
    const asked = await runJob(server, tree, secrets);
    expect([asked.exitCode, asked.output]).toEqual([1, expect.stringContaining('FROM=7.1.0')]);
    const versions = { PURPOSE: 'versions' };
    expect((await runJob(server, tree, secrets, versions)).output).toContain('fs_userdb has the schema of unknown');

    // What the job that copies the scripts leaves where they are still the same.
    const learned = { ...tree, 'version-before': '7.1.0\n' };
    expect(await runJob(server, learned, secrets)).toMatchObject({ exitCode: 0 });
    expect(await runJob(server, tree, secrets)).toMatchObject({ exitCode: 0 });
    await runJob(server, tree, secrets, { PURPOSE: 'note', SCHEMA_VERSION: '7.2.0' });
    expect((await runJob(server, tree, secrets, versions)).output.split('\n')).toEqual(
      DATABASES.map((database) => `${database} has the schema of 7.2.0`),
    );
  });

  test('of two servers it works with the one that takes writes', async () => {
    await startServer(server, secrets, { name: 'second', address: ADDRESSES.second });
    for (const statement of server.readOnly) await server.sql(server.main, statement);
    const { DATABASE_PORT: port = '' } = derived(server).jobs.schema?.run.environment ?? {};
    const addresses = [server.address, ADDRESSES.second, ADDRESSES.nobody];
    const servers = {
      DATABASE_HOST: addresses.join(','),
      DATABASE_PORT: addresses.map(() => port).join(','),
      DATABASE_SERVERS: addresses.map((address) => `${address}:${port}`).join(' '),
    };
    const { exitCode, output } = await runJob(server, tree, secrets, { ...servers, ...server.finds });
    expect([exitCode, output]).toEqual([0, DATABASES.map((database) => `${database}: schema created`).join('\n')]);
    expect(await server.sql(server.main, server.databaseCount('fs_userdb'))).toBe('0');
  });

  test('a database with content of somebody else is left alone', async () => {
    await server.sql(server.main, server.emptyDatabase('fs_userdb'));
    await server.sql('fs_userdb', 'CREATE TABLE UM_USER (ID INTEGER); INSERT INTO UM_USER VALUES (42)');
    const { exitCode, output } = await runJob(server, tree, secrets);
    expect(exitCode).toBe(1);
    expect(output).toContain('fs_userdb');
    expect(output).toContain('were not created here; nothing was changed');
    expect(output).toContain('database.schema = "manual"');
    expect(await server.tables('fs_userdb')).toEqual(['UM_USER']);
    expect(await server.sql('fs_userdb', 'SELECT ID FROM UM_USER')).toBe('42');
  });

  test('a job killed in the middle is recovered from, or the next run says exactly how', async () => {
    const killed = await startJob(server, scriptTree(dialect, 60), secrets);
    await eventually('the job is in its second script', 30, async () => {
      return (await server.sql(server.main, server.sleeping)) === '1';
    });
    await docker('kill', killed);

    const next = await runJob(server, tree, secrets);
    if (server.rollsBack) {
      // Everything was rolled back.
      expect([next.exitCode, next.output]).toEqual([0, expect.stringContaining('fs_identitydb: schema created')]);
      return;
    }
    expect(next.exitCode).toBe(1);
    expect(next.output).toContain('an earlier run stopped in the middle of the scripts');
    expect(next.output).toContain('DROP DATABASE `fs_identitydb`');
    expect(await server.tables('fs_identitydb')).toContain('SP_APP');
    await drop('fs_identitydb');
    expect(await runJob(server, tree, secrets)).toMatchObject({ exitCode: 0 });
  });

  test('a script that fails is named, and nothing after it is done', async () => {
    const broken = { ...tree, [`dbscripts/consent/${dialect.file}`]: 'CREATE TABLE BROKEN (;\n' };
    const { exitCode, output } = await runJob(server, broken, secrets);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/syntax/i);
    expect(output).toContain('fs_identitydb');
    // Where a server cannot take back what the scripts before have created, that is left.
    const left = server.rollsBack ? [] : expect.arrayContaining(['SP_APP']);
    expect(await server.tables('fs_identitydb')).toEqual(left);
    expect(await server.sql(server.main, server.databaseCount('fs_userdb'))).toBe('0');
  });

  test('a script that the image does not have is named before anything is created', async () => {
    const { [`dbscripts/identity/${dialect.file}`]: _missing, ...incomplete } = tree;
    const { exitCode, output } = await runJob(server, incomplete, secrets);
    expect(exitCode).toBe(1);
    expect(output).toContain(`the identity server's image has no dbscripts/identity/${dialect.file}`);
  });

  test('a wrong password is named, without the password, and nothing is created', async () => {
    const wrong = await secretsVolume(server, {
      DATABASE_ADMIN_PASSWORD: 'wrong-Password_1',
      DATABASE_PASSWORD: PASSWORD,
    });
    const { exitCode, output } = await runJob(server, tree, wrong);
    expect(exitCode).toBe(1);
    expect(output).toContain(`the database server ${server.address}:`);
    expect(output).toContain('refuses the password of');
    expect(output).not.toContain('Password_1');
    expect(await server.sql(server.main, server.databaseCount('fs_identitydb'))).toBe('0');
  });

  test('a server that does not answer is named', async () => {
    const { exitCode, output } = await runJob(server, tree, secrets, {
      DATABASE_HOST: ADDRESSES.nobody,
      WAIT_SECONDS: '2',
    });
    expect(exitCode).toBe(1);
    expect(output).toContain(`no database server answers at ${ADDRESSES.nobody}:`);
  });

  test('a server with too few connections for the pools is refused', async () => {
    const { exitCode, output } = await runJob(server, tree, secrets, { CONNECTIONS: '99999' });
    expect(exitCode).toBe(1);
    expect(output).toContain('the pools of all nodes and a reserve need 99999');
  });

  test('a supplied password may have any character and may change, and the server is never told it', async () => {
    await server.logStatements();
    await runJob(server, tree, secrets);
    const supplied = await secretsVolume(server, {
      DATABASE_ADMIN_PASSWORD: 'admin-Password_1',
      DATABASE_PASSWORD: AWKWARD_PASSWORD,
    });
    expect(await runJob(server, tree, supplied)).toMatchObject({ exitCode: 0 });
    expect(await server.sqlAsRuntime('fs_userdb', 'SELECT 1', AWKWARD_PASSWORD)).toBe('1');
    await expect(server.sqlAsRuntime('fs_userdb', 'SELECT 1', PASSWORD)).rejects.toThrow(
      /denied|authentication failed/,
    );
    const statements = await server.statements();
    expect(statements).toContain(await server.sql(server.main, server.verifier));
    expect([PASSWORD, AWKWARD_PASSWORD.slice(0, 9)].filter((password) => statements.includes(password))).toEqual([]);
  });

  test('a second login has the rights of the first, which is locked only when its password is forgotten and nobody uses it', async () => {
    const [connections, endConnections] =
      server.engine === 'postgresql'
        ? [
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'wso2'",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'wso2'",
          ]
        : ["SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'wso2'", 'KILL USER wso2'];
    await runJob(server, tree, secrets);
    const administrator = { DATABASE_ADMIN_PASSWORD: 'admin-Password_1' };
    const both = { ...administrator, DATABASE_PASSWORD: PASSWORD, DATABASE_PASSWORD_2: AWKWARD_PASSWORD };
    expect(await runJob(server, tree, await secretsVolume(server, both), SECOND_LOGIN)).toMatchObject({ exitCode: 0 });
    const second = (statement: string) => server.sqlAsRuntime('fs_userdb', statement, AWKWARD_PASSWORD, 'wso2_2');
    await second("INSERT INTO UM_USER VALUES (1, 'by the second')");
    await expect(second('CREATE TABLE own (id INT)')).rejects.toThrow(/denied/);
    const first = (statement: string) => server.sqlAsRuntime('fs_userdb', statement);
    expect(await first('SELECT count(*) FROM UM_USER')).toBe('1');

    const open = first(server.engine === 'postgresql' ? 'SELECT pg_sleep(600)' : 'SELECT SLEEP(600)').catch(() => '');
    await eventually(
      'a connection of the first is open',
      60,
      async () => (await server.sql(server.main, connections)) === '1',
    );
    const { DATABASE_PASSWORD, ...alone } = both;
    const forgotten = await secretsVolume(server, alone);
    const other = await secretsVolume(server, { ...administrator, DATABASE_PASSWORD: 'another-Password_1' });
    expect((await runJob(server, tree, forgotten, SECOND_LOGIN)).output).toContain('has connections still');
    const cut = await runJob(server, tree, other);
    expect([cut.exitCode, cut.output]).toEqual([1, expect.stringContaining('Raise database.password_revision by one')]);
    await server.sql(server.main, endConnections);
    await open;
    expect(await first('SELECT 1')).toBe('1');

    expect(await runJob(server, tree, forgotten, SECOND_LOGIN)).toMatchObject({ exitCode: 0 });
    await expect(first('SELECT 1')).rejects.toThrow(/denied|locked|authentication failed|not permitted/);
    expect(await second('SELECT 1')).toBe('1');
    // Back, or on to the third password: the first login gets a new one.
    expect(
      await runJob(server, tree, other, { OTHER_ROLE: 'wso2_2', OTHER_PASSWORD_FILE: 'DATABASE_PASSWORD_2' }),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(await server.sqlAsRuntime('fs_userdb', 'SELECT count(*) FROM UM_USER', 'another-Password_1')).toBe('1');
    await expect(second('SELECT 1')).rejects.toThrow(/denied|locked|authentication failed|not permitted/);
  });

  test('a role of that name that is somebody else’s is left alone', async () => {
    await server.sql(
      server.main,
      server.engine === 'postgresql'
        ? "CREATE ROLE wso2_2 LOGIN PASSWORD 'theirs'"
        : "CREATE DATABASE theirs; CREATE USER wso2_2 IDENTIFIED BY 'theirs'; GRANT SELECT ON theirs.* TO wso2_2",
    );
    const both = await secretsVolume(server, {
      ...{ DATABASE_ADMIN_PASSWORD: 'admin-Password_1', DATABASE_PASSWORD: PASSWORD },
      DATABASE_PASSWORD_2: AWKWARD_PASSWORD,
    });
    const { exitCode, output } = await runJob(server, tree, both, SECOND_LOGIN);
    expect([exitCode, output]).toEqual([1, expect.stringContaining("wso2_2 that is not this environment's")]);
  });
});

describe("with the product's own identity scripts", () => {
  const KEYS = {
    postgresql: `SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 2`,
    mysql: `SELECT k.TABLE_NAME, GROUP_CONCAT(COLUMN_NAME, '>', k.REFERENCED_TABLE_NAME, '.', REFERENCED_COLUMN_NAME
        ORDER BY ORDINAL_POSITION), UPDATE_RULE, DELETE_RULE
      FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)
      WHERE CONSTRAINT_SCHEMA = DATABASE() AND k.TABLE_NAME = r.TABLE_NAME
      GROUP BY k.TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE ORDER BY 1, 2, 3, 4`,
  };
  const COLUMNS = `SELECT lower(table_name), lower(column_name), data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = @ ORDER BY 1, 2`;
  const OWN = 'active_active_schema';
  const APPLICATION = `
    INSERT INTO SP_APP (TENANT_ID, APP_NAME, USER_STORE, USERNAME, AUTH_TYPE, UUID) VALUES (1, 'app', 'PRIMARY', 'admin', 'default', 'app');
    INSERT INTO API_RESOURCE (ID, NAME, IDENTIFIER, TYPE, REQUIRES_AUTHORIZATION) VALUES ('api', 'api', 'api', 'BUSINESS', TRUE);
    INSERT INTO SCOPE (ID, API_ID, NAME, DISPLAY_NAME) VALUES ('scope', 'api', 'read', 'read');`;
  const AUTHORIZED = `
    INSERT INTO AUTHORIZED_API VALUES ('app', 'api', 'RBAC');
    INSERT INTO AUTHORIZED_SCOPE VALUES ('app', 'api', 'scope');`;

  async function serverWithProduct(server: Server) {
    const secrets = await secretsVolume(server, {
      DATABASE_ADMIN_PASSWORD: 'admin-Password_1',
      DATABASE_PASSWORD: PASSWORD,
    });
    const dialect = server === postgresql ? POSTGRESQL : MYSQL;
    const script = readFileSync(join(await identityFeature(), 'dbscripts', dialect.file), 'utf8');
    const tree = { ...scriptTree(dialect), [`dbscripts/identity/${dialect.file}`]: script };
    await startServer(server, secrets);
    await server.sql(server.main, server.emptyDatabase('product'));
    await server.sql('product', script);
    return { tree, secrets };
  }

  /** What one database has and the other has not. */
  async function differences(server: Server, statement: string): Promise<string[]> {
    const of = async (database: string) =>
      lines(await server.sql(database, statement.replace('@', server === mysql ? 'DATABASE()' : "'public'"))).filter(
        (line) => !line.startsWith(OWN) && !line.startsWith('cm_purpose'),
      );
    const [product, job] = await Promise.all(['product', 'fs_identitydb'].map(of));
    expect(product?.length).toBeGreaterThan(50);
    return [
      ...(product as string[]).filter((line) => !job?.includes(line)).map((line) => `- ${line}`),
      ...(job as string[]).filter((line) => !product?.includes(line)).map((line) => `+ ${line}`),
    ];
  }

  /** Runs the job on a new server. @returns how to run it again */
  async function asTheProductMeans(server: Server): Promise<() => Promise<Outcome>> {
    const { tree, secrets } = await serverWithProduct(server);
    const job = () => runJob(server, tree, secrets);
    expect(await job()).toMatchObject({ exitCode: 0 });
    expect(await differences(server, KEYS[server.engine])).toEqual([]);
    const metadata = (length: number) =>
      server === mysql
        ? `sp_metadata\tvalue\tvarchar\t${length}\tNO\tNULL`
        : `sp_metadata\tvalue\tcharacter varying\t${length}\tNO\t`;
    expect(await differences(server, COLUMNS)).toEqual([`- ${metadata(255)}`, `+ ${metadata(4096)}`]);

    const scopes = () => server.sqlAsRuntime('fs_identitydb', 'SELECT count(*) FROM AUTHORIZED_SCOPE');
    await server.sqlAsRuntime('fs_identitydb', `${APPLICATION}${AUTHORIZED}DELETE FROM AUTHORIZED_API;`);
    expect(await scopes()).toBe('0');
    await server.sqlAsRuntime('fs_identitydb', `${AUTHORIZED}DELETE FROM SP_APP;`);
    expect(await scopes()).toBe('0');
    return job;
  }

  test('MariaDB has the product’s foreign keys and columns, but for the longer metadata', () =>
    asTheProductMeans(mysql));

  test('so has PostgreSQL, and a database of the first release gets the key back that its fix removed, once', async () => {
    const job = await asTheProductMeans(postgresql);
    // As the first release left it: of the keys with APP_ID, only its own.
    await postgresql.sql(
      'fs_identitydb',
      `ALTER TABLE AUTHORIZED_SCOPE DROP CONSTRAINT authorized_scope_app_id_fkey, DROP CONSTRAINT authorized_scope_app_id_api_id_fkey,
         ADD CONSTRAINT fk_app_id FOREIGN KEY (APP_ID) REFERENCES SP_APP (UUID) ON DELETE CASCADE;
       DELETE FROM API_RESOURCE; ${APPLICATION}${AUTHORIZED} DELETE FROM AUTHORIZED_API;
       INSERT INTO SCOPE (ID, API_ID, NAME, DISPLAY_NAME) VALUES ('other', 'api', 'write', 'write');
       INSERT INTO API_RESOURCE (ID, NAME, IDENTIFIER, TYPE, REQUIRES_AUTHORIZATION) VALUES ('b', 'b', 'b', 'BUSINESS', TRUE);
       INSERT INTO AUTHORIZED_API VALUES ('app', 'b', 'RBAC'); INSERT INTO AUTHORIZED_SCOPE VALUES ('app', 'b', 'other');`,
    );
    const repaired = await job();
    expect([repaired.exitCode, repaired.output]).toEqual([
      0,
      expect.stringContaining(
        'fs_identitydb: the key of AUTHORIZED_SCOPE that our first release removed is back; 1 scopes',
      ),
    ]);
    expect(await differences(postgresql, KEYS.postgresql)).toEqual([]);
    expect(await postgresql.sql('fs_identitydb', 'SELECT SCOPE_ID FROM AUTHORIZED_SCOPE')).toMatch(/^other\s*$/);
    expect((await job()).output).not.toContain('AUTHORIZED_SCOPE');
  });
});

test('MySQL is given no database whose character set breaks the indexes', async () => {
  const secrets = await secretsVolume(mysql, {
    DATABASE_ADMIN_PASSWORD: 'admin-Password_1',
    DATABASE_PASSWORD: PASSWORD,
  });
  await startServer(mysql, secrets);
  await mysql.sql('mysql', 'CREATE DATABASE fs_identitydb CHARACTER SET utf8mb4');
  const { exitCode, output } = await runJob(mysql, scriptTree(MYSQL), secrets);
  expect([exitCode, output]).toEqual([1, expect.stringContaining('has the character set utf8mb4')]);
  expect(await mysql.tables('fs_identitydb')).toEqual([]);
});

test('MariaDB lets nobody in without a password', async () => {
  const secrets = await secretsVolume(mysql, {
    DATABASE_ADMIN_PASSWORD: 'admin-Password_1',
    DATABASE_PASSWORD: PASSWORD,
  });
  await startServer(mysql, secrets);
  const open = "SELECT User, Host FROM mysql.user WHERE authentication_string = '' AND User <> 'mariadb.sys'";
  expect(await mysql.sql('mysql', open)).toBe('');
});

/** The server as the environment runs it. */
async function startServer(
  server: Server,
  secrets: string,
  { name, address }: { name: string; address: string } = { name: server.engine, address: server.address },
): Promise<void> {
  const { container } = derived(server).database;
  if (container === undefined) throw new Error('the topology has no database container');
  await docker(
    'run',
    '--detach',
    ...LABEL,
    '--name',
    `${PREFIX}-${name}`,
    '--network',
    PREFIX,
    '--ip',
    address,
    '--user',
    container.owner,
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    ...Object.entries(container.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    '--volume',
    `${secrets}:/run/database-secrets:ro`,
    server.image,
    ...container.command,
  );
  const [, ...probe] = container.health.command.map((part) => (part === container.address ? address : part));
  await eventually(`${server.engine} answers`, 120, () =>
    docker('exec', `${PREFIX}-${name}`, ...probe).then(
      () => true,
      () => false,
    ),
  );
}

async function secretsVolume(server: Server, values: Readonly<Record<string, string>>): Promise<string> {
  const name = `${PREFIX}-secrets-${jobs++}`;
  await docker('volume', 'create', ...LABEL, name);
  for (const [file, value] of Object.entries(values)) {
    const write = `umask 077; cat >/secrets/${file}; chown 999:999 /secrets /secrets/${file}`;
    const args = [
      'run',
      '--rm',
      '--interactive',
      ...LABEL,
      '--network',
      'none',
      '--user',
      '0',
      '--volume',
      `${name}:/secrets`,
    ];
    await run('docker', [...args, '--entrypoint', 'sh', server.image, '-c', write], { input: value });
  }
  return name;
}

function derived(server: Server) {
  return topology(
    `[identity_server]\ndistribution = "wso2is-7.1.0-financial-services"\nimage = "bank/identity-server"\n[database]\nengine = "${server.engine}"\n[load_balancer]\nhostname = "is.bank.example"\n`,
  );
}

/** Starts the job as Terraform does: same script, files, user and limits. @returns the container */
async function startJob(
  server: Server,
  tree: ScriptTree,
  secrets: string,
  overrides: Record<string, string> = {},
): Promise<string> {
  const job = derived(server).jobs.schema?.run as JobTopology;
  const environment = { ...job.environment, DATABASE_HOST: server.address, ...overrides };
  const name = `${PREFIX}-job-${jobs++}`;
  const staging = join(folder, name);
  const files = { '/job.sh': job.script, ...job.files };
  for (const [path, text] of Object.entries(files)) write(join(staging, 'root'), path, text);
  for (const [path, text] of Object.entries(tree)) write(join(staging, 'scripts'), path, text);
  await docker(
    'create',
    ...LABEL,
    '--name',
    name,
    '--network',
    PREFIX,
    '--user',
    '999:999',
    '--cap-drop',
    'ALL',
    ...Object.entries(environment).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    '--volume',
    `${secrets}:/database-secrets:ro`,
    '--entrypoint',
    '/bin/sh',
    server.image,
    '/job.sh',
  );
  for (const path of new Set(Object.keys(files).map((file) => file.split('/')[1] as string))) {
    await docker('cp', join(staging, 'root', path), `${name}:/${path}`);
  }
  await docker('cp', join(staging, 'scripts'), `${name}:/schema-scripts`);
  await docker('start', name);
  return name;
}

async function runJob(...args: Parameters<typeof startJob>): Promise<Outcome> {
  const job = await startJob(...args);
  const exitCode = Number(await docker('wait', job));
  const { stdout, stderr } = await run('docker', ['logs', job]);
  return { exitCode, output: `${stdout}${stderr}`.trim() };
}

function write(root: string, path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, text);
  chmodSync(file, 0o644);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
