import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { configurationDirectory, SMALLEST } from '../support/synth';

/** An environment that shares nothing with one of another number. */
function toml(number: number, extra = ''): string {
  return `${extra}${SMALLEST}bind_address = "127.0.0.${number}"\n[network]\nsubnet = "10.${number}.0.0/24"\n`;
}

function problemsIn(files: Record<string, string>, only?: string): string {
  const directory = configurationDirectory(files);
  try {
    loadEnvironments(directory, { only });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replaceAll(`${directory}/`, '');
    throw error;
  }
  return '';
}

test('every file is an environment, in the order of the names, under the name of the file', () => {
  const directory = configurationDirectory({
    'b.toml': toml(1),
    'a.toml': toml(2),
    'notes.md': '',
    'environment.schema.json': '{}',
  });
  const loaded = loadEnvironments(directory);
  expect(loaded.map(({ name, file }) => [name, file])).toEqual([
    ['a', join(directory, 'a.toml')],
    ['b', join(directory, 'b.toml')],
  ]);
});

test('one environment can be picked, and a broken other one does not stand in its way', () => {
  const directory = configurationDirectory({ 'a.toml': toml(1), 'b.toml': 'broken', 'c.toml': toml(3, 'x = 1\n') });
  expect(loadEnvironments(directory, { only: 'a' }).map(({ name }) => name)).toEqual(['a']);
  expect(problemsIn({ 'a.toml': toml(1), 'b.toml': 'broken' }, 'b')).toContain('b.toml:1');
});

test('a picked environment is still compared with the others', () => {
  const files = { 'a.toml': toml(1), 'b.toml': toml(1), 'c.toml': toml(3) };
  expect(problemsIn(files, 'a')).toContain('overlaps');
  expect(problemsIn(files, 'c')).toBe('');
});

test('a picked environment may collide with others where nothing is created', () => {
  const directory = configurationDirectory({ 'a.toml': toml(1), 'b.toml': toml(1), 'c.toml': 'broken' });
  expect(loadEnvironments(directory, { only: 'a', mayCollide: true }).map(({ name }) => name)).toEqual(['a']);
});

test('what may be left out has a default', () => {
  const [loaded] = loadEnvironments(configurationDirectory({ 'sandbox.toml': SMALLEST }));
  expect(loaded).toMatchObject({
    protected: false,
    identity_server: { nodes: 2, port_offset: 3 },
    load_balancer: { bind_address: '127.0.0.1', http_port: 80, https_port: 443, affinity: 'cookie' },
    state: { backend: 'local' },
  });
});

describe('there is no configuration', () => {
  test.each<[string, string]>([
    ['a missing folder', join(configurationDirectoryLater(), 'missing')],
    ['a file instead of a folder', __filename],
    ['an empty folder', configurationDirectoryLater()],
  ])('in %s', (_, directory) => {
    expect(() => loadEnvironments(directory)).toThrow(/has no \*\.toml file; an environment is one file here/);
  });

  function configurationDirectoryLater(): string {
    return configurationDirectory({});
  }
});

test.each(['1st', 'Sandbox', 'my_env', '-x', 'a'.repeat(31), 'umlaut-ä'])(
  '%p is no name for an environment',
  (name) => {
    expect(problemsIn({ [`${name}.toml`]: SMALLEST })).toMatch(
      `found "${name}", allowed are up to 30 lower-case letters, digits and "-", beginning with a letter`,
    );
  },
);

test('a file that cannot be read is a problem, not a crash', () => {
  const directory = configurationDirectory({});
  mkdirSync(join(directory, 'folder.toml'));
  expect(() => loadEnvironments(directory)).toThrow(/folder\.toml {2}cannot be read \(EISDIR\)/);
});

describe('two environments', () => {
  test('may be neighbours', () => {
    expect(problemsIn({ 'a.toml': toml(1), 'b.toml': toml(2) })).toBe('');
  });

  test.each([
    ['10.1.0.0/24', '10.1.0.0/24'],
    ['10.1.0.0/16', '10.1.7.0/24'],
    ['10.1.7.0/24', '10.1.0.0/16'],
    ['10.1.0.0/25', '10.1.0.64/26'],
  ])('with %s and %s are an error that names both files and the line', (one, other) => {
    const message = problemsIn({
      'a.toml': toml(1).replace('10.1.0.0/24', one),
      'b.toml': toml(2).replace('10.2.0.0/24', other),
    });
    expect(message).toMatch(`b.toml:8  network.subnet: ${other} overlaps ${one} of `);
    expect(message).toContain('of a.toml on the same engine; give one of them another private subnet');
  });

  test.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['0.0.0.0', '127.0.0.1', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.1', '127.0.0.2', false],
  ])('that publish on %s and %s: collision %p', (one, other, collides) => {
    const message = problemsIn({
      'a.toml': toml(1).replace('127.0.0.1', one),
      'b.toml': toml(2).replace('127.0.0.2', other),
    });
    if (!collides) expect(message).toBe('');
    else {
      expect(message).toContain(
        `b.toml:6  load_balancer.bind_address: ${other}:80 and ${other}:443 are also published by a.toml`,
      );
    }
  });

  test.each([
    ['the same address', '127.0.0.1', '127.0.0.1', '"127.0.0.4"', ['127.0.0.2', '127.0.0.3']],
    ['every address', '0.0.0.0', '127.0.0.1', 'http_port = 8082 and https_port = 8445', ['127.0.0.2', '127.0.0.3']],
  ])('that want %s get a suggestion that is free, also of the others', (_, one, other, suggestion, taken) => {
    const ports = (number: number) => `http_port = ${8080 + number}\nhttps_port = ${8443 + number}\n`;
    const files = {
      'a.toml': toml(1).replace('127.0.0.1', one),
      'b.toml': toml(2).replace('127.0.0.2', other).replace('10.2.0.0/24', '10.1.0.0/16'),
      'c.toml': toml(30)
        .replace('127.0.0.30', taken[0] as string)
        .replace('10.30.', '172.30.10.')
        .replace('.0.0/24', '.0/24'),
      'd.toml': toml(40).replace('127.0.0.40', taken[1] as string),
    };
    const apart = one === '0.0.0.0';
    if (apart) {
      for (const [index, name] of (['c.toml', 'd.toml'] as const).entries()) {
        files[name] = files[name].replace('[network]', `${ports(index)}[network]`);
      }
    }
    const message = problemsIn(files);
    expect(message).toContain(`such as ${suggestion}`);
    expect(message).toContain('give one of them another private subnet, such as "172.30.11.0/24"');
    const moved = apart
      ? files['b.toml'].replace('[network]', `${suggestion.replace(' and ', '\n')}\n[network]`)
      : files['b.toml'].replace(`"${other}"`, suggestion);
    expect(problemsIn({ ...files, 'b.toml': moved.replace('10.1.0.0/16', '172.30.11.0/24') })).toBe('');
  });

  test('may publish different ports on one address', () => {
    const ports = 'http_port = 8080\nhttps_port = 8443\n[network]';
    expect(
      problemsIn({
        'a.toml': toml(1),
        'b.toml': toml(2).replace('127.0.0.2', '127.0.0.1').replace('[network]', ports),
      }),
    ).toBe('');
  });

  test('may not cross: the HTTP port of one and the HTTPS port of the other', () => {
    const ports = 'http_port = 443\nhttps_port = 8443\n[network]';
    expect(
      problemsIn({ 'a.toml': toml(1), 'b.toml': toml(1).replace('10.1.', '10.2.').replace('[network]', ports) }),
    ).toContain('127.0.0.1:443 is also published by');
  });

  test('on two engines share nothing', () => {
    const engine = '[engine]\nhost = "ssh://deploy@other.example"\n';
    expect(problemsIn({ 'a.toml': toml(1), 'b.toml': toml(1, engine) })).toBe('');
  });

  test('share the local engine, whether they name its socket or not', () => {
    const engine = '[engine]\nhost = "unix:///var/run/docker.sock"\n';
    expect(problemsIn({ 'a.toml': toml(1), 'b.toml': toml(1, engine) })).toContain('overlaps');
  });

  test('may not have names of which one begins the other: cdktf picks stacks by that beginning', () => {
    const message = problemsIn({ 'test.toml': toml(1), 'test-two.toml': toml(2) });
    expect(message).toContain(
      `test-two.toml  the name begins with "test-", so cdktf destroy 'test-*' would destroy it`,
    );
    expect(message).toContain('together with test.toml; rename one of the files');
    expect(problemsIn({ 'test.toml': toml(1), 'testing.toml': toml(2) })).toBe('');
  });
});

describe('a file that no person wrote', () => {
  const inTable = (line: string) => `${SMALLEST}[identity_server.deployment_toml]\n${line}\n`;

  test.each([
    ['larger than any configuration', `# ${'x'.repeat(256 * 1024)}\n`, 'a.toml  has more than 256 KiB'],
    ['with lists in each other', inTable(`x = ${'['.repeat(100_000)}`), 'excessively nested'],
    ['with tables in each other', inTable(`x = ${'{a='.repeat(60_000)}`), 'excessively nested'],
    ['with a key of many parts', inTable(`${'a.'.repeat(100_000)}a = 1`), 'nested more than 50 deep'],
    [
      'with a list of mistakes without end',
      SMALLEST.replace('[load_balancer]', `node_overrides = [${'{},'.repeat(80_000)}]\n[load_balancer]`),
      'has a table or list of more than 5000 entries',
    ],
  ])('is answered as any mistake: %s', (_, text, message) => {
    expect(problemsIn({ 'a.toml': text })).toContain(message);
  });

  test('is not waited for where it is a pipe', () => {
    const directory = configurationDirectory({});
    execFileSync('mkfifo', [join(directory, 'a.toml')]);
    expect(() => loadEnvironments(directory)).toThrow('a.toml  cannot be read (no file)');
  });

  test('is no file of authorities either', () => {
    const ca = `${SMALLEST}[load_balancer.client_certificates]\nca_file = "ca.pem"\n`;
    expect(problemsIn({ 'a.toml': ca, 'ca.pem': 'x'.repeat(1024 * 1024 + 1) })).toContain('cannot be read (EFBIG)');
  });
});
