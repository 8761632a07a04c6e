import { RULE_IDS, type RuleId } from '../../catalogue/policy-rule-ids';
import type { PlannedStack } from '../../review/plan/planned-stack';
import { checkPolicy } from '../../review/policy/policy';
import { RULES } from '../../review/policy/rules';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import type { Json } from '../support/synth';

const CREATED = reportInput(readPlanFixture('first-create'));

/** A copy of real plans that a case may spoil. */
function plans(): { topology: Json; stacks: PlannedStack[] } {
  return structuredClone({ topology: CREATED.topology, stacks: [...CREATED.stacks] });
}

type Plans = ReturnType<typeof plans>;
type Spoil = (input: Plans) => void;

function rulesBroken(spoil: Spoil): string[] {
  const input = plans();
  spoil(input);
  return checkPolicy(input).findings.map(({ rule }) => rule);
}

/** The planned values of a resource. */
function resource({ stacks }: Plans, address: string): Json {
  const found = stacks.flatMap(({ plan }) => plan.resource_changes ?? []).find((change) => change.address === address);
  if (!found) throw new Error(`the plans have no ${address}`);
  return found.change.after;
}

const database = (input: Plans) => resource(input, 'docker_container.database');
const node = (input: Plans) => resource(input, 'docker_container.identity-server');
const balancer = (input: Plans) => resource(input, 'docker_container.load-balancer');
const job = (input: Plans) => resource(input, 'docker_container.keystore-secrets-job');

/** Protected as the policy wants it: everything but the one thing that a case is about. */
function protect(input: Plans): void {
  input.topology.protected = true;
  for (const stack of input.topology.stacks) stack.backend = { type: 's3', settings: {} };
  job(input).env.push('REQUIRED_SECRETS=ADMIN_PASSWORD');
  for (const { plan, configuration } of input.stacks) {
    for (const { type, change } of plan.resource_changes ?? []) {
      if (type === 'docker_image') (change.after as Json).name = `registry/image@sha256:${'0'.repeat(64)}`;
    }
    for (const named of Object.values(configuration.resource ?? {})) {
      for (const each of Object.values<Json>(named)) each.lifecycle = { ...each.lifecycle, prevent_destroy: true };
    }
  }
}

function inProtected(spoil: Spoil): Spoil {
  return (input) => {
    protect(input);
    spoil(input);
  };
}

function destroy(input: Plans, address: string, actions: string[]): void {
  for (const { plan } of input.stacks) {
    for (const entry of plan.resource_changes ?? []) {
      if (entry.address === address) Object.assign(entry.change, { actions, before: entry.change.after });
    }
  }
}

/** As if every node ran with these keys, and got those. */
function rotate(input: Plans, before: string, after: string): void {
  for (const { plan } of input.stacks) {
    for (const { address, change } of plan.resource_changes ?? []) {
      if (!address.endsWith('.identity-server')) continue;
      const planned = change.after as Json;
      const env = (keys: string) => [
        ...planned.env.filter((entry: string) => !/^SIGNING_KEYS=/.test(entry)),
        `SIGNING_KEYS=${keys}`,
      ];
      Object.assign(change, { before: { ...planned, env: env(before) }, after: { ...planned, env: env(after) } });
    }
  }
}

type Case = readonly [string, Spoil];

/** At least one case a rule: the compiler refuses a rule without. */
const BROKEN: Readonly<Record<RuleId, readonly [Case, ...Case[]]>> = {
  'schema-version': [
    ['one database', (input) => Object.assign(input, { schemas: [{ where: 'wso2_user', version: '4.9' }] })],
  ],
  'stateful-destroy': [
    ['volume replaced', inProtected((input) => destroy(input, 'docker_volume.database-data', ['delete', 'create']))],
    ['database destroyed', inProtected((input) => destroy(input, 'docker_container.database', ['delete']))],
    ['keystores destroyed', inProtected((input) => destroy(input, 'docker_volume.keystore-keystores', ['delete']))],
    ['network replaced', inProtected((input) => destroy(input, 'docker_network.network', ['create', 'delete']))],
  ],
  'prevent-destroy': [
    [
      'data volume',
      (input) => {
        protect(input);
        const [foundation] = input.stacks;
        const volume = foundation?.configuration.resource?.docker_volume?.['database-data'] as Json;
        volume.lifecycle.prevent_destroy = false;
      },
    ],
  ],
  'local-state': [
    [
      'one stack',
      inProtected((input) => Object.assign(input.topology.stacks[1], { backend: { type: 'local', settings: {} } })),
    ],
  ],
  'image-pinned': [
    ['latest', (input) => (resource(input, 'docker_image.database-image').name = 'postgres:latest')],
    [
      'no tag',
      (input) => (resource(input, 'docker_image.database-image').name = 'registry.bank.example:5000/postgres'),
    ],
    [
      'tag in a protected environment',
      inProtected((input) => Object.assign(resource(input, 'docker_image.database-image'), { name: 'postgres:17.2' })),
    ],
  ],
  'secrets-supplied': [
    [
      'generated',
      inProtected((input) => {
        job(input).env = job(input).env.filter((entry: string) => !entry.startsWith('REQUIRED_SECRETS='));
      }),
    ],
  ],
  'nodes-in-one-stack': [
    [
      'node 2 beside node 1',
      ({ stacks }) => {
        const [one, two] = stacks.filter(({ name }) => /-node-\d$/.test(name)).map(({ plan }) => plan as Json);
        one.resource_changes.push(...two.resource_changes.splice(0));
      },
    ],
  ],
  'node-count': [
    [
      'node 2 destroyed',
      ({ stacks }) => {
        const changes = (stacks.find(({ name }) => name === 'bank-node-2') as Json).plan.resource_changes;
        for (const { change } of changes) Object.assign(change, { actions: ['delete'], after: null });
      },
    ],
  ],
  'published-without-tls': [
    ['database', (input) => database(input).ports.push({ ip: '0.0.0.0', internal: 5432, external: 5432 })],
    ['no address', (input) => node(input).ports.push({ ip: '', internal: 9446, external: 9446 })],
    [
      'status of the load balancer',
      (input) => balancer(input).ports.push({ ip: '10.0.0.1', internal: 9080, external: 9080 }),
    ],
  ],
  'administration-paths': [
    ['on all addresses', ({ topology }) => (topology.loadBalancer.bindAddress = '0.0.0.0')],
    [
      'one of them',
      ({ topology }) => Object.assign(topology.loadBalancer, { bindAddress: '10.1.2.3', deniedPaths: ['/carbon'] }),
    ],
  ],
  'engine-tls': [
    ['port 2375', ({ topology }) => (topology.engineHost = 'tcp://docker.bank.example:2375')],
    ['no port', ({ topology }) => (topology.engineHost = 'tcp://docker.bank.example')],
    [
      'a name that begins like this machine',
      ({ topology }) => (topology.engineHost = 'tcp://localhost.bank.example:2375'),
    ],
    ['a name that begins like an address', ({ topology }) => (topology.engineHost = 'tcp://127.bank.example:2375')],
    ['an address with a path', ({ topology }) => (topology.engineHost = 'tcp://docker.bank.example:2375/')],
    ['an address with a user', ({ topology }) => (topology.engineHost = 'tcp://localhost@docker.bank.example:2375')],
  ],
  'database-tls': [
    [
      'an existing server that is not checked',
      inProtected(({ topology }) => {
        delete topology.database.container;
        topology.database.tls = 'required';
      }),
    ],
  ],
  'revocation-list': [
    [
      'a list that has ended is installed',
      (input) =>
        resource(input, 'docker_container.load-balancer-configuration-job').upload.push({
          file: '/candidate/client-crl.pem',
          content: '# CN=Issuing CA: 3 revoked, as of 2024-01-01T00:00:00Z, until 2024-02-01T00:00:00Z\n',
        }),
    ],
  ],
  'default-credential': [
    ['variable', (input) => node(input).env.push('DATABASE_PASSWORD=wso2carbon')],
    ['URL', (input) => node(input).env.push('URL=https://someone:hunter2@db.bank.example/')],
    ['TOML', (input) => (node(input).upload[0].content += '\n[super_admin]\npassword = "admin"\n')],
    ['private key', (input) => (node(input).upload[0].content += '\n-----BEGIN RSA PRIVATE KEY-----\n')],
  ],
  privileged: [
    ['privileged', (input) => (database(input).privileged = true)],
    ['default capabilities', (input) => (node(input).capabilities = [])],
    ['capability', (input) => (balancer(input).capabilities[0].add = ['CAP_NET_ADMIN'])],
    ['capability of a job', (input) => job(input).capabilities[0].add.push('CAP_SYS_ADMIN')],
    ['set-uid', (input) => (node(input).security_opts = [])],
  ],
  'root-user': [
    ['root', (input) => (database(input).user = 'root')],
    ['0:0', (input) => (node(input).user = '0:0')],
    ['default of the image', (input) => (balancer(input).user = null)],
  ],
  'host-access': [
    [
      'socket',
      (input) => node(input).volumes.push({ host_path: '/var/run/docker.sock', container_path: '/docker.sock' }),
    ],
    ['bind mount', (input) => node(input).mounts.push({ type: 'bind', source: '/etc', target: '/etc' })],
    ['device', (input) => job(input).devices.push({ host_path: '/dev/sda' })],
    ['network', (input) => (balancer(input).network_mode = 'host')],
    ['processes', (input) => (node(input).pid_mode = 'host')],
  ],
  'health-check': [
    ['none', (input) => (node(input).healthcheck = [])],
    ['switched off', (input) => (database(input).healthcheck[0].test = ['NONE'])],
    ['not waited for', (input) => (balancer(input).wait = false)],
  ],
  restart: [
    ['never', (input) => (node(input).restart = 'no')],
    ['only after a failure', (input) => (balancer(input).restart = 'on-failure')],
  ],
  'memory-limit': [['none', (input) => (node(input).memory = null)]],
  'log-limit': [
    ['no options', (input) => (node(input).log_opts = null)],
    ['no number of files', (input) => (job(input).log_opts = { 'max-size': '10m' })],
  ],
  'signing-key-step': [
    ['a key that signs before it is published', (input) => rotate(input, '1', '2 1')],
    ['a key that goes while it signs', (input) => rotate(input, '1 2', '2')],
  ],
};

test('plans as the project makes them keep the policy', () => {
  expect(rulesBroken(() => undefined)).toEqual([]);
});

test('so do plans of a protected environment with remote state, digests and supplied secrets', () => {
  expect(rulesBroken(protect)).toEqual([]);
});

describe.each(RULE_IDS)('%s', (id) => {
  test.each(BROKEN[id])('is found: %s', (_, spoil) => {
    expect(rulesBroken(spoil)).toEqual([id]);
  });

  test('says why and what to do', () => {
    const rule = RULES[id];
    expect(rule.reason.length).toBeGreaterThan(20);
    expect(rule.fix.length).toBeGreaterThan(15);
  });

  test('can be accepted with a reason, which is shown', () => {
    const input = plans();
    BROKEN[id][0][1](input);
    input.topology.policySuppressions = [{ rule: id, reason: 'a test environment of the audit' }];
    const { findings, suppressed } = checkPolicy(input);
    expect(findings).toEqual([]);
    expect(suppressed).toMatchObject([{ rule: id, acceptedBecause: 'a test environment of the audit' }]);
  });
});

test('a rotation goes on while a node is stopped, of which the state says that it need not run', () => {
  const stopped = (input: Plans) => {
    rotate(input, '2 1', '2');
    for (const { plan } of input.stacks) {
      for (const { change } of plan.resource_changes ?? []) {
        if (change.before) Object.assign(change, { before: { ...change.before, must_run: false } });
      }
    }
  };
  expect(rulesBroken(stopped)).toEqual([]);
});

test('a secret by reference is no default credential', () => {
  expect(rulesBroken((input) => (node(input).upload[0].content += '\npassword = "$env{ADMIN_PASSWORD}"\n'))).toEqual(
    [],
  );
});

test('destroying an environment that is not protected breaks nothing', () => {
  const { topology, stacks } = reportInput(readPlanFixture('destroy'));
  expect(checkPolicy({ topology, stacks }).findings).toEqual([]);
});
