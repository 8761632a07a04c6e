import { PROTECTED } from '../support/protected';
import { SHAPES } from '../support/shapes';
import {
  type Json,
  SMALLEST,
  type SynthesizedStack,
  shippedTopologies,
  synthesizeToFiles,
  topology,
} from '../support/synth';

const EVERY = [...Object.entries(SHAPES), ...shippedTopologies().map((each) => [each.environment, each] as const)].map(
  ([name, each]) => [name, each, synthesizeToFiles([each])] as const,
);

describe.each(EVERY)('%s', (_, derived, { manifest, stacks }) => {
  test('each stack depends on the one before, so that one node is healthy before the next is touched', () => {
    expect(Object.keys(manifest.stacks).sort()).toEqual(derived.stacks.map(({ name }) => name).sort());
    derived.stacks.forEach(({ name }, index) => {
      const before = derived.stacks[index - 1]?.name;
      expect([name, manifest.stacks[name].dependencies]).toEqual([name, before === undefined ? [] : [before]]);
    });
  });

  test('synthesis has no warning', () => {
    for (const stack of Object.values<Json>(manifest.stacks)) expect(stack.annotations).toEqual([]);
  });

  test('the providers are the ones that were tried, not those that the bindings pin', () => {
    for (const { json, resources, name } of stacks) {
      const providers = json.terraform.required_providers;
      expect(providers.docker).toEqual({ source: 'kreuzwerker/docker', version: '~> 4.6' });
      const usesLocal = resources.some(({ type }) => type.startsWith('local_'));
      expect([name, providers.local]).toEqual([
        name,
        usesLocal ? { source: 'hashicorp/local', version: '~> 2.6' } : undefined,
      ]);
      expect(Object.keys(providers).sort()).toEqual(usesLocal ? ['docker', 'local'] : ['docker']);
    }
  });

  test('every stack has a state of its own, and a local one lies at a relative path', () => {
    const backends = stacks.map(({ json }) => json.terraform.backend);
    expect(new Set(backends.map((backend) => JSON.stringify(backend))).size).toBe(stacks.length);
    for (const [index, { local }] of backends.entries()) {
      if (local)
        expect(local).toEqual({ path: `../../../state/${derived.environment}/${stacks[index]?.name}.tfstate` });
    }
  });

  test('stacks share names and never states', () => {
    for (const { json } of stacks) {
      expect(json.data?.terraform_remote_state).toBeUndefined();
      expect(json.output).toBeUndefined();
      expect(json.variable).toBeUndefined();
    }
  });

  test('only the foundation holds data', () => {
    for (const { name, resources } of stacks) {
      const volumes = resources.filter(({ type }) => type === 'docker_volume').map(({ config }) => config.name);
      if (name.endsWith('-foundation')) expect(volumes.length).toBeGreaterThan(3);
      // The load balancer's configuration is generated again by every apply.
      else expect(volumes.filter((volume) => !volume.endsWith('-load-balancer-configuration'))).toEqual([]);
    }
  });
});

describe('a protected environment', () => {
  const volumes = ({ resources }: SynthesizedStack) => resources.filter(({ type }) => type === 'docker_volume');
  const foundationOf = (extra: string, rest = '') =>
    synthesizeToFiles([topology(`${extra}${SMALLEST}${rest}`)]).stacks[0] as SynthesizedStack;
  const STATEFUL = /-(database-data|database-secrets|identity-server-secrets|certificate-authority|keystores)$/;

  test('refuses to destroy its database and everything that cannot be made again', () => {
    const foundation = foundationOf(PROTECTED);
    const stateful = volumes(foundation).filter(({ config }) => STATEFUL.test(config.name));
    expect(stateful).toHaveLength(5);
    const database = foundation.resources.find(({ address }) => address === 'docker_container.database');
    for (const { address, config } of [...stateful, database as Json]) {
      expect([address, config.lifecycle?.prevent_destroy]).toEqual([address, true]);
    }
  });

  test('keeps the data of a database container also when its nodes use another server', () => {
    const external = foundationOf(PROTECTED, '[database]\nhost = "db.bank.example"\nmax_connections = 1000\n');
    const data = external.resources.find(({ address }) => address === 'docker_volume.database-data');
    expect(data?.config.lifecycle?.prevent_destroy).toBe(true);
  });

  test('is marked on the engine when all else of the foundation is there; no other has the mark', () => {
    const foundation = foundationOf(PROTECTED);
    const mark = foundation.resources.find(({ address }) => address === 'docker_volume.protection');
    expect(mark?.config.name).toBe(`${topology(SMALLEST).environment}-protection`);
    expect(mark?.config.lifecycle).toBeUndefined();
    expect(mark?.config.depends_on.sort()).toEqual([
      'docker_container.database',
      'docker_container.keystore-keystores-job',
      'docker_container.schema',
      'docker_container.shared-files-job',
    ]);
    expect(foundationOf('').resources.map(({ address }) => address)).not.toContain('docker_volume.protection');
  });

  test('is the exception: others are made to be torn down', () => {
    for (const { config } of foundationOf('').resources) expect(config.lifecycle?.prevent_destroy ?? false).toBe(false);
  });
});

test.each([
  ['unset, so that DOCKER_HOST or the local socket decides', '', undefined],
  ['ssh', '[engine]\nhost = "ssh://deploy@docker.bank.example"\n', 'ssh://deploy@docker.bank.example'],
  ['tcp', '[engine]\nhost = "tcp://docker.bank.example:2376"\n', 'tcp://docker.bank.example:2376'],
])('the engine is the same in every stack: %s', (_, engine, host) => {
  for (const { json } of synthesizeToFiles([topology(`${engine}${SMALLEST}`)]).stacks) {
    expect(json.provider.docker).toEqual([host === undefined ? {} : { host }]);
  }
});

test('files on the laptop are the CA certificate and the hosts lines, below build/, and nothing is read from it', () => {
  const files = synthesizeToFiles([topology()]).stacks.flatMap(({ resources }) =>
    resources.filter(({ type }) => type === 'local_file').map(({ config }) => config.filename),
  );
  expect(files.sort()).toEqual(['../../../build/sandbox/ca.crt', '../../../build/sandbox/hosts']);
});
