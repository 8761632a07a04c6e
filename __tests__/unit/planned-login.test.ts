import { DATABASE_AUTHORITIES_FILE } from '../../catalogue/database-engines';
import { foreseen } from '../../cli/preflight/preflight';
import { foundSchemas, schemasForReport } from '../../cli/schema-version';
import { loadEnvironments } from '../../environment/load';
import type { Environment } from '../../environment/schema';
import type { Topology } from '../../topology/topology';
import { authorityFixture, configurationDirectory, derived, SMALLEST, topology } from '../support/synth';

// A plan may be of a pull request that nobody has read: what is run for it, and who is told a password.
const BEFORE = topology(SMALLEST, 'bank');
const NEWER = 'schema_version = "9.9"';
const wanted = (database: string, server = NEWER) =>
  topology(SMALLEST.replace('[load_balancer]', `${server}\n[database]\n${database}\n[load_balancer]`), 'bank');

/** An engine with what an environment has made, which writes down with which images something was run on it. */
function engineOf(applied: Topology | undefined) {
  const runs: string[] = [];
  const job = applied?.jobs.schema?.run;
  const container = (name: string, variables: Readonly<Record<string, string>>, image: string) => ({
    ...{ name, variables, image, running: false, exitCode: 0 },
  });
  const note = (answer: string) => async (image: string) => {
    runs.push(image);
    return answer;
  };
  const engine = {
    runs,
    containers: async () => (job ? [container(job.name, job.environment, 'applied:1')] : []),
    names: async () => [BEFORE.network.name, BEFORE.volumes.databaseSecrets.name],
    docker: async (command: string) => {
      if (command === 'cp') return `header\0${job?.files?.[DATABASE_AUTHORITIES_FILE] ?? ''}\0\0`;
      return command === 'info' ? '{"OperatingSystem":"Debian","MemTotal":1}' : '';
    },
    inspect: async () => [],
    runOnVolumes: note('wso2_user has the schema of 4.10'),
    runOnHost: note('====\n====\n====\n====\n'),
  };
  // biome-ignore lint/suspicious/noExplicitAny: a stand-in
  return engine as any;
}

describe('the databases', () => {
  let warned: jest.SpyInstance;
  beforeEach(() => {
    warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => warned.mockRestore());

  test('are asked for the version of their schema where the last job has logged in', async () => {
    const engine = engineOf(BEFORE);
    const found = await schemasForReport({ topology: wanted('pool_size = 20'), engine });
    expect({ found, runs: engine.runs }).toEqual({
      found: [{ where: 'wso2_user', version: '4.10' }],
      runs: ['applied:1'],
    });
    expect(warned).not.toHaveBeenCalled();
  });

  const EXTERNAL = 'host = "db.bank.example"\nmax_connections = 400';
  test.each([
    ['another server', BEFORE, 'host = "evil.example"\nmax_connections = 400'],
    ['another port', wanted(EXTERNAL, ''), `${EXTERNAL}\nport = 6432`],
    ['no certificate', wanted(EXTERNAL, ''), `${EXTERNAL}\ntls = "off"`],
    ['another role', wanted(EXTERNAL, ''), `${EXTERNAL}\nadmin_username = "evil"`],
    ['a server, before anything was applied', undefined, 'pool_size = 20'],
  ])('get no password for a plan that names %s', async (_, applied, database) => {
    const engine = engineOf(applied);
    expect(await schemasForReport({ topology: wanted(database), engine })).toEqual([]);
    expect(engine.runs).toEqual([]);
    expect(warned.mock.calls.join()).toContain('no schema job has logged in to this server in this way yet');
  });

  describe('whose authority is in a file', () => {
    const trusting = (authority: 'root' | 'other-root', server = NEWER) => {
      const files = {
        'db.pem': authorityFixture(authority),
        'bank.toml': SMALLEST.replace(
          '[load_balancer]',
          `${server}\n[database]\n${EXTERNAL}\nca_file = "db.pem"\n[load_balancer]`,
        ),
      };
      return derived(loadEnvironments(configurationDirectory(files))[0] as Environment);
    };

    test('are asked by a plan that trusts the same', async () => {
      const engine = engineOf(trusting('root', ''));
      expect(await schemasForReport({ topology: trusting('root'), engine })).toHaveLength(1);
    });

    test('get no password for one that trusts another', async () => {
      const engine = engineOf(trusting('root', ''));
      expect(await schemasForReport({ topology: trusting('other-root'), engine })).toEqual([]);
      expect(engine.runs).toEqual([]);
      expect(warned.mock.calls.join()).toContain('(database.ca_file)');
    });
  });

  test('are asked all the same by an upgrade, which somebody does', async () => {
    const engine = engineOf(BEFORE);
    await foundSchemas({ topology: wanted('host = "new.bank.example"\nmax_connections = 400'), engine }, true);
    expect(engine.runs).toEqual(['applied:1']);
  });
});

test('a plan looks around on the host with an image of which a container is there, not with the one that it names', async () => {
  const engine = engineOf(BEFORE);
  const text = SMALLEST.replace('[load_balancer]', 'image = "evil:1"\n[load_balancer]');
  await foreseen({ topology: topology(text, 'bank'), engine });
  expect(engine.runs).toEqual(['applied:1']);
});
