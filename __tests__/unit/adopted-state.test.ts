import { containerAttributes, type FoundContainer, fileAttributes, stateWith } from '../../cli/adopted-state';
import type { Attributes, PlannedResource } from '../../review/plan/plan-json';

// What a lost state is made from again: the plan for what only Terraform knows, the engine for everything that the provider does not
// read back. The end-to-end test shows that nothing is left to change; these show that a difference stays one.
const IMAGE = { Env: ['PATH=/bin', 'LANG=C'], Labels: { maker: 'image' } };
const CONTAINER: FoundContainer = {
  Id: 'id',
  Image: 'sha256:image',
  Config: { Env: ['HEAP=384', 'LANG=C', 'PATH=/bin'], Labels: { maker: 'image', component: 'node' } },
  HostConfig: { Binds: ['keystores:/keystores:ro', 'data:/data'], CapAdd: null, CapDrop: ['ALL'], NanoCpus: 2e9 },
  NetworkSettings: { Networks: { bank: { IPAMConfig: { IPv4Address: '10.0.0.2' } } } },
};
const KEYSTORES = { volume_name: 'keystores', container_path: '/keystores', read_only: true, selinux_relabel: '' };
const DATA = { volume_name: 'data', container_path: '/data', read_only: null, selinux_relabel: '' };
const PLANNED: Attributes = {
  name: 'bank-node-1',
  must_run: true,
  wait: true,
  cpus: '2.0',
  env: ['HEAP=384'],
  labels: [{ label: 'component', value: 'node' }],
  volumes: [DATA, KEYSTORES],
  networks_advanced: [{ name: 'bank', aliases: [], ipv4_address: '10.0.0.2' }],
  capabilities: [{ drop: ['ALL'] }],
  upload: [
    { file: '/conf.toml', content: 'a = 1\n', source_hash: '' },
    { file: '/driver.jar', content: null, source: 'assets/driver', source_hash: 'planned' },
  ],
};
const FILES = new Map([
  ['/conf.toml', Buffer.from('a = 1\n')],
  ['/driver.jar', Buffer.from('jar')],
]);

function adopted(changes: Partial<FoundContainer> = {}, files = FILES): Attributes {
  return containerAttributes(PLANNED, { ...CONTAINER, ...changes }, IMAGE, files, 'logs');
}

test('a container that is as it was planned has the planned attributes, and its ids', () => {
  expect(adopted()).toEqual({
    ...PLANNED,
    id: 'id',
    image: 'sha256:image',
    volumes: [KEYSTORES, DATA],
    upload: [
      { file: '/conf.toml', content: 'a = 1\n', source_hash: '' },
      expect.objectContaining({ file: '/driver.jar', source: 'assets/driver' }),
    ],
  });
});

test.each<[string, Partial<FoundContainer>, keyof typeof PLANNED & string, unknown]>([
  ['a variable', { Config: { ...CONTAINER.Config, Env: ['HEAP=400', 'PATH=/bin'] } }, 'env', ['HEAP=400']],
  ['a label', { Config: { ...CONTAINER.Config, Labels: {} } }, 'labels', []],
  [
    'a volume that may be written',
    { HostConfig: { ...CONTAINER.HostConfig, Binds: ['keystores:/keystores', 'data:/data'] } },
    'volumes',
    [{ volume_name: 'keystores', container_path: '/keystores', read_only: false }, DATA],
  ],
  [
    'an address',
    { NetworkSettings: { Networks: { bank: { IPAMConfig: { IPv4Address: '10.0.0.9' } } } } },
    'networks_advanced',
    [{ name: 'bank', aliases: [], ipv4_address: '10.0.0.9' }],
  ],
  ['no limit of processors', { HostConfig: { ...CONTAINER.HostConfig, NanoCpus: 0 } }, 'cpus', null],
  ['all capabilities', { HostConfig: { ...CONTAINER.HostConfig, CapDrop: null } }, 'capabilities', []],
])(
  'where the engine has %s other than planned, the state says what the engine has',
  (_, found, attribute, expected) => {
    expect(adopted(found)[attribute]).toEqual(expected);
  },
);

test('a file that differs in the container stays a difference, one that is gone is missing', () => {
  const { upload } = adopted({}, new Map([['/conf.toml', Buffer.from('a = 2\n')]]));
  expect(upload).toEqual([{ file: '/conf.toml', content: 'a = 2\n', source_hash: '' }]);
  const [, driver] = adopted().upload as readonly Attributes[];
  expect(driver?.source_hash).toBe('0163f1eea7894350060624d315234d40c508ab251ba121714e234503045faadd');
});

test('a local file is known by its content', () => {
  expect(fileAttributes({ filename: 'hosts' }, Buffer.from('abc'))).toMatchObject({
    filename: 'hosts',
    content: 'abc',
    id: 'a9993e364706816aba3e25717850c26c9cd0d89d',
    content_md5: '900150983cd24fb0d6963f7d28e17f72',
    content_base64sha256: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
  });
});

describe('the state with them', () => {
  const resource: PlannedResource = {
    address: 'docker_container.node',
    type: 'docker_container',
    name: 'node',
    provider_name: 'registry.terraform.io/kreuzwerker/docker',
    schema_version: 2,
    values: {},
  };
  const attributes = { id: 'id' };

  test('where there was none, it begins', () => {
    expect(stateWith(undefined, [{ resource, attributes }], '1.11.4')).toEqual({
      version: 4,
      terraform_version: '1.11.4',
      serial: 1,
      lineage: expect.stringMatching(/^[0-9a-f-]{36}$/),
      outputs: {},
      resources: [
        {
          mode: 'managed',
          type: 'docker_container',
          name: 'node',
          provider: 'provider["registry.terraform.io/kreuzwerker/docker"]',
          instances: [{ schema_version: 2, attributes, sensitive_attributes: [] }],
        },
      ],
      check_results: null,
    });
  });

  test('where there was one, it goes on: what it knew stays, what it did not is added', () => {
    const before = stateWith(undefined, [{ resource: { ...resource, name: 'other' }, attributes }], '1.9.0');
    const after = stateWith({ ...before, serial: 7 }, [{ resource, attributes }], '1.11.4');
    expect(after).toMatchObject({ serial: 8, lineage: before.lineage, terraform_version: '1.9.0' });
    expect(after.resources.map(({ name }) => name)).toEqual(['other', 'node']);
    expect(stateWith(after, [{ resource, attributes }], '1.11.4').resources).toHaveLength(2);
  });
});
