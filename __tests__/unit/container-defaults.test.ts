import {
  cpuLimit,
  dockerEnvironment,
  hardened,
  literal,
  serverContainer,
  uploads,
} from '../../constructs/container-defaults';
import type { ServerTopology } from '../../topology/container';

describe('text for Terraform', () => {
  test.each([
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: shell, JavaScript and TOML
    ['$env{ADMIN_PASSWORD}', '$env{ADMIN_PASSWORD}'],
    ['echo ${name}', 'echo $${name}'],
    ['%{http_code}', '%%{http_code}'],
    ['$(command) $name 100% {}', '$(command) $name 100% {}'],
    ['${a}${b}%{c}', '$${a}$${b}%%{c}'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
    ['', ''],
  ])('%j becomes %j', (text, escaped) => {
    expect(literal(text)).toBe(escaped);
  });

  test('environment variables and uploaded files are literal', () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: see above
    expect(dockerEnvironment({ A: '${x}', B: 'y' })).toEqual(['A=$${x}', 'B=y']);
    expect(uploads({ '/a.sh': '${x}' })).toEqual([{ file: '/a.sh', content: '$${x}', permissions: '0644' }]);
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
  });
});

test('a container drops every capability and gets back only those it names', () => {
  expect(hardened({}).capabilities).toEqual({ drop: ['ALL'] });
  expect(hardened({}, ['CAP_CHOWN']).capabilities).toEqual({ drop: ['ALL'], add: ['CAP_CHOWN'] });
});

const SERVER: ServerTopology = {
  containerName: 'server',
  image: 'image',
  address: '172.30.10.2',
  owner: '1:1',
  memoryMb: 512,
  health: { command: ['CMD', 'true'], intervalSeconds: 3, timeoutSeconds: 59, retries: 3, startPeriodSeconds: 300 },
  startTimeoutSeconds: 60,
  stopSignal: 'SIGTERM',
  stopSeconds: 30,
  mounts: [],
};

test('a memory limit leaves no room for swap', () => {
  expect(serverContainer(SERVER, { name: 'network' }, {})).toMatchObject({ memory: 512, memorySwap: 512 });
});

test('durations are spelt as the engine gives them back, or every plan would change them', () => {
  expect(serverContainer(SERVER, { name: 'network' }, {}).healthcheck).toMatchObject({
    interval: '2.7s',
    timeout: '59s',
    startPeriod: '5m0s',
  });
});

describe('a limit of processors', () => {
  /** How the provider (4.6, nanoInt64ToDecimalString) writes what the engine says, in billionths. */
  function readBack(nanoCpus: number): string {
    const text = (nanoCpus / 1e9).toFixed(9);
    return text.split('0').length - 1 === 9 ? (nanoCpus / 1e9).toFixed(1) : text.replace(/0+$/, '');
  }

  test('reads back as it was written, whatever it is', () => {
    const limits = Array.from({ length: 2556 }, (_, index) => (index + 5) / 10);
    const spellings = limits.map((cpus) => cpuLimit(cpus).cpus as string);
    expect(spellings.map(Number)).toEqual(limits);
    expect(spellings.map((text) => readBack(Math.round(Number(text) * 1e9)))).toEqual(spellings);
    expect([1.5, 2, 10, 100].map((cpus) => cpuLimit(cpus).cpus)).toEqual(['1.5', '2.0', '10.', '100.']);
  });

  test('is absent where there is none', () => {
    expect(cpuLimit(undefined)).toEqual({});
  });
});
