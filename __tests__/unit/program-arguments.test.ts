import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { configurationDirectory } from '../support/synth';

// Values of a configuration become arguments of docker, ssh, openssl, psql, mysql, curl, Maven and Terraform: none is taken for an option
// or for a word of a shell.

/** A configuration with one value of one's own. */
function toml(table: string, line: string): string {
  const needed: Record<string, string> = {
    identity_server: 'distribution = "wso2is-7.1.0"',
    load_balancer: 'hostname = "is.bank.example"',
  };
  const kept = line.startsWith('hostname') ? '' : (needed[table] ?? '');
  const beside = table === 'database' ? 'max_connections = 400' : '';
  const tables = { ...needed, [table]: `${kept}\n${beside}\n${line}` };
  return Object.entries(tables)
    .map(([name, content]) => `[${name}]\n${content}\n`)
    .join('');
}

function problems(text: string, name = 'bank'): string {
  try {
    loadEnvironments(configurationDirectory({ [`${name}.toml`]: text }));
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('engine.host', () => {
  test.each([
    'unix:///var/run/docker.sock',
    'unix:///home/me/.colima/default/docker.sock',
    'ssh://docker.bank.example',
    'ssh://deploy@docker.bank.example',
    'ssh://deploy_1@build_host:2222',
    'ssh://deploy@[fd00::1]:2222',
    'ssh://deploy@docker.bank.example/run/user/1000/docker.sock',
    'tcp://127.0.0.1:2375',
    'tcp://[fd00::1]:2376',
  ])('%s is an address', (host) => {
    expect(problems(toml('engine', `host = "${host}"`))).toBe('');
  });

  test.each([
    // Of these the docker client made "ssh -l -oProxyCommand=… -- host" or "ssh … -- -oProxyCommand=…"; older ones without the "--".
    'ssh://-oProxyCommand=id',
    'ssh://-oProxyCommand=touch$IFS/tmp/x',
    'ssh://deploy@-oProxyCommand=id',
    'ssh://-oProxyCommand=id@docker.bank.example',
    'ssh://-F/tmp/x@docker.bank.example',
    // And of these a line for the other host's shell: "docker --host unix:///$(id) system dial-stdio".
    'ssh://docker.bank.example/$(id)',
    'ssh://docker.bank.example/`id`',
    'ssh://docker.bank.example/x;id',
    'ssh://docker.bank.example;id',
    'ssh://a:password@docker.bank.example',
    'ssh://docker.bank.example?x=y',
    'ssh://docker.bank.example#x',
    'ssh://%2DoProxyCommand=id',
    // Terraform reads this as an expression.
    `ssh://${'$'}{file("/etc/passwd")}`,
    `unix:///${'$'}{file("/etc/passwd")}`,
    'unix:///x$(id)',
    'unix://relative',
    'tcp://-x:2376',
    'http://docker.bank.example',
  ])('%s is refused, with what is allowed', (host) => {
    expect(problems(toml('engine', `host = '${host}'`))).toMatch(
      /engine\.host: .*must be an address such as .*"ssh:\/\/user@host".* do not begin with "-"/,
    );
  });
});

describe('a value that begins like an option', () => {
  /** What each key takes, so that it is the value that is refused. */
  const TAKEN: Readonly<Record<string, string>> = {
    'identity_server.image': 'registry.bank.example/iam:7.1.0',
    'identity_server.build.driver': 'org.postgresql:postgresql:42.7.8',
    'identity_server.schema_version': '7.1.0',
    'database.image': 'postgres:17.5',
    'database.names.wso2_identity': 'identity-1',
    'database.username': 'iam',
    'database.host': 'db.bank.example',
    'load_balancer.image': 'nginx:1.30.4',
    'load_balancer.hostname': 'x.bank.example',
    'load_balancer.bind_address': '127.0.0.2',
    'network.subnet': '172.30.11.0/24',
  };

  test.each(Object.entries(TAKEN))('%s takes "%s"', (path, value) => {
    const [, table = '', key] = /^(.+)\.(\w+)$/.exec(path) ?? [];
    expect(problems(toml(table, `${key} = '${value}'`))).toBe('');
  });

  test.each([
    // docker run … IMAGE, docker build --build-arg
    ['identity_server', 'image', '--privileged'],
    ['identity_server', 'image', '-v=/:/host'],
    ['database', 'image', '--privileged'],
    ['load_balancer', 'image', '--privileged'],
    // mvn -Dartifact=…
    ['identity_server.build', 'driver', '-Dexec=x:y'],
    ['identity_server.build', 'driver', 'org.x:y:1 -Dexec=x'],
    // psql -d, mysql, the names of the rotation's roles
    ['database.names', 'wso2_identity', '-f/etc/passwd'],
    ['database.names', 'wso2_identity', 'postgresql://evil.example/x'],
    ['database.names', 'wso2_identity', 'host=evil.example'],
    ['database', 'username', '-x'],
    ['database', 'host', '-x'],
    ['database', 'host', '--defaults-file=/tmp/x'],
    // openssl -checkhost, curl --resolve
    ['load_balancer', 'hostname', '-x.bank.example'],
    ['load_balancer', 'bind_address', '-x'],
    ['identity_server', 'schema_version', '-x'],
    ['network', 'subnet', '--x'],
  ])('is no value of %s.%s: %s', (table, key, value) => {
    expect(TAKEN[`${table}.${key}`]).toBeDefined();
    expect(problems(toml(table, `${key} = '${value}'`))).toContain(` ${table}.${key}: `);
  });

  test('is no file of authorities, which git reads from a pull request', () => {
    for (const value of ['--upload-pack=x.pem', '-x.pem']) {
      const text = toml('load_balancer.client_certificates', `ca_file = '${value}'\ncrl_file = '${value}'`);
      const lines = problems(text).split('\n');
      for (const key of ['ca_file', 'crl_file']) {
        const named = lines.find((line) => line.includes(` load_balancer.client_certificates.${key}: `));
        expect(named).toContain('must be the path of a .pem file in the folder of this file or below it');
      }
    }
  });

  test('is no server of several, and nothing beside its name', () => {
    const hosts = (...names: string[]) => problems(toml('database', `hosts = ${JSON.stringify(names)}`));
    expect(hosts('db-1.bank.example', 'db-2.bank.example:5433')).toBe('');
    for (const name of ['-x', '--host=evil.example', 'db-2.bank.example:-1', 'db-2.bank.example?x=y', 'a,b']) {
      expect(hosts('db-1.bank.example', name)).toContain('must be a host name, an IPv4 address');
    }
  });

  test('is no host that the nodes must resolve, and no environment', () => {
    expect(problems(toml('identity_server.hosts', "-x = '192.0.2.1'"))).toContain('must be a host name in lower case');
    expect(problems(toml('database', 'port = 5432'), '-x')).toContain('found "-x"');
    expect(problems(toml('database', 'port = 5432'))).toBe('');
  });
});
