import { RULE_IDS, type RuleId } from '../../catalogue/policy-rule-ids';
import type { PlannedStack } from '../../review/plan/planned-stack';
import { checkPolicy } from '../../review/policy/policy';
import { RULES } from '../../review/policy/rules';
import type { Topology } from '../../topology/topology';
import { clusterPlans, onCluster } from '../support/kubernetes-plans';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { type Json, shipped, synthesizeToFiles } from '../support/synth';

type Platform = 'docker' | 'kubernetes';

const CREATED = {
  docker: reportInput(readPlanFixture('first-create')),
  kubernetes: clusterPlans(onCluster()),
};

/** A copy of plans that a case may spoil; those of Docker are real. */
function plans(platform: Platform = 'docker'): { topology: Json; stacks: PlannedStack[] } {
  const { topology, stacks } = CREATED[platform];
  return structuredClone({ topology, stacks: [...stacks] });
}

type Plans = ReturnType<typeof plans>;
type Spoil = (input: Plans) => void;

function rulesBroken(spoil: Spoil, platform: Platform = 'docker'): string[] {
  const input = plans(platform);
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

/** The planned values of what makes an object of the cluster. */
function manifest({ stacks }: Plans, kind: string, name: string): Json {
  const found = stacks
    .flatMap(({ plan }) => plan.resource_changes ?? [])
    .map(({ change }) => change.after as Json)
    .find((after) => after?.kind === kind && after.name.replace(/-[0-9a-f]{10}$/, '') === `bank-${name}`);
  if (!found) throw new Error(`the plans have no ${kind} bank-${name}`);
  return found;
}

const podOf = (input: Plans, name = 'node-1', kind = 'Deployment') =>
  manifest(input, kind, name).object.spec.template.spec;
const containerOf = (...of: Parameters<typeof podOf>) => podOf(...of).containers[0];
const secretsJobOf = (input: Plans) => manifest(input, 'Job', 'secrets-job');

/** The objects of the cluster without those of a kind, or one of them. */
function remove(input: Plans, kind: string, name?: string): void {
  for (const { plan } of input.stacks) {
    const changes = plan.resource_changes as Json[];
    const stays = ({ change: { after } }: Json) =>
      after.kind !== kind || (name !== undefined && after.name !== `bank-${name}`);
    changes.splice(0, changes.length, ...changes.filter(stays));
  }
}

/** A protected environment in a cluster, but for the one thing that a case is about. */
function protectOnCluster(input: Plans): void {
  input.topology.protected = true;
  input.topology.policySuppressions = [{ rule: 'secrets-at-rest', reason: 'the platform team says: KMS' }];
  for (const stack of input.topology.stacks) stack.backend = { type: 's3', settings: {} };
  secretsJobOf(input).env.push('REQUIRED_SECRETS=ADMIN_PASSWORD');
  remove(input, 'PersistentVolumeClaim', 'database-data');
  for (const stack of input.stacks as Json[]) {
    for (const { address, change } of stack.plan.resource_changes) {
      const pod = change.after.object.spec?.template?.spec;
      for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
        container.image = `registry/image@sha256:${'0'.repeat(64)}`;
      }
      const [type, id] = address.split('.');
      stack.configuration.resource ??= {};
      stack.configuration.resource[type] ??= {};
      stack.configuration.resource[type][id] = { lifecycle: { prevent_destroy: true } };
    }
  }
}

function inProtectedCluster(spoil: Spoil): Spoil {
  return (input) => {
    protectOnCluster(input);
    spoil(input);
  };
}

function destroyObject(input: Plans, kind: string, name: string, actions: string[]): void {
  const after = manifest(input, kind, name);
  for (const { plan } of input.stacks) {
    for (const entry of plan.resource_changes ?? []) {
      if (entry.change.after === after) Object.assign(entry.change, { actions, before: after });
    }
  }
}

type Case = readonly [string, Spoil, 'kubernetes'?];

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
    [
      'Secret destroyed',
      inProtectedCluster((input) => destroyObject(input, 'Secret', 'identity-server-secrets', ['delete'])),
      'kubernetes',
    ],
    [
      'claim replaced',
      inProtectedCluster((input) =>
        destroyObject(input, 'PersistentVolumeClaim', 'shared-files', ['delete', 'create']),
      ),
      'kubernetes',
    ],
    [
      'database of a cluster destroyed',
      inProtectedCluster((input) => destroyObject(input, 'StatefulSet', 'database', ['delete'])),
      'kubernetes',
    ],
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
    [
      'Secret',
      inProtectedCluster((input) => {
        for (const { configuration } of input.stacks as Json[]) configuration.resource = {};
      }),
      'kubernetes',
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
    ['latest in a pod', (input) => (containerOf(input).image = 'wso2is'), 'kubernetes'],
    [
      'tag of an init container in a protected environment',
      inProtectedCluster((input) => (podOf(input, 'load-balancer').initContainers[0].image = 'nginx:1.30.4')),
      'kubernetes',
    ],
  ],
  'secrets-supplied': [
    [
      'generated',
      inProtected((input) => {
        job(input).env = job(input).env.filter((entry: string) => !entry.startsWith('REQUIRED_SECRETS='));
      }),
    ],
    ['generated in a cluster', inProtectedCluster((input) => secretsJobOf(input).env.pop()), 'kubernetes'],
  ],
  'nodes-in-one-stack': [
    [
      'node 2 beside node 1',
      ({ stacks }) => {
        const [one, two] = stacks.filter(({ name }) => /-node-\d$/.test(name)).map(({ plan }) => plan as Json);
        one.resource_changes.push(...two.resource_changes.splice(0));
      },
    ],
    [
      'pod of node 2 beside that of node 1',
      ({ stacks }) => {
        const [one, two] = stacks.filter(({ name }) => /-node-\d$/.test(name)).map(({ plan }) => plan as Json);
        one.resource_changes.push(...two.resource_changes.splice(0));
      },
      'kubernetes',
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
    ['pod of node 2 gone', (input) => remove(input, 'Deployment', 'node-2'), 'kubernetes'],
  ],
  'published-without-tls': [
    ['database', (input) => database(input).ports.push({ ip: '0.0.0.0', internal: 5432, external: 5432 })],
    ['no address', (input) => node(input).ports.push({ ip: '', internal: 9446, external: 9446 })],
    [
      'status of the load balancer',
      (input) => balancer(input).ports.push({ ip: '10.0.0.1', internal: 9080, external: 9080 }),
    ],
    [
      'Service of a node',
      (input) => (manifest(input, 'Service', 'node-1').object.spec.type = 'LoadBalancer'),
      'kubernetes',
    ],
    [
      'control port of the load balancers',
      (input) => manifest(input, 'Service', 'load-balancer').object.spec.ports.push({ name: 'control', port: 9080 }),
      'kubernetes',
    ],
  ],
  'administration-paths': [
    ['on all addresses', ({ topology }) => (topology.loadBalancer.bindAddress = '0.0.0.0')],
    [
      'one of them',
      ({ topology }) => Object.assign(topology.loadBalancer, { bindAddress: '10.1.2.3', deniedPaths: ['/carbon'] }),
    ],
    ['in a cluster', ({ topology }) => (topology.loadBalancer.deniedPaths = []), 'kubernetes'],
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
    [
      'ConfigMap',
      (input) => (manifest(input, 'ConfigMap', 'node-1-files').upload[0].content += '\npassword = "admin"\n'),
      'kubernetes',
    ],
    [
      'variable of a pod',
      (input) => manifest(input, 'Deployment', 'node-1').env.push('DATABASE_PASSWORD=wso2carbon'),
      'kubernetes',
    ],
    [
      'value in a Secret',
      (input) => (manifest(input, 'Secret', 'keystores').object.stringData = { password: '(sensitive)' }),
      'kubernetes',
    ],
  ],
  privileged: [
    ['privileged', (input) => (database(input).privileged = true)],
    ['default capabilities', (input) => (node(input).capabilities = [])],
    ['capability', (input) => (balancer(input).capabilities[0].add = ['CAP_NET_ADMIN'])],
    ['capability of a job', (input) => job(input).capabilities[0].add.push('CAP_SYS_ADMIN')],
    ['set-uid', (input) => (node(input).security_opts = [])],
    ['privileged pod', (input) => (containerOf(input).securityContext.privileged = true), 'kubernetes'],
    [
      'capabilities of a pod',
      (input) => delete containerOf(input, 'load-balancer').securityContext.capabilities,
      'kubernetes',
    ],
    [
      'capability of an init container',
      (input) =>
        (podOf(input, 'load-balancer').initContainers[0].securityContext.capabilities.add = ['NET_BIND_SERVICE']),
      'kubernetes',
    ],
    [
      'set-uid in a pod',
      (input) => (containerOf(input, 'secrets-job', 'Job').securityContext.allowPrivilegeEscalation = true),
      'kubernetes',
    ],
    ['system calls of a pod', (input) => delete podOf(input).securityContext.seccompProfile, 'kubernetes'],
  ],
  'root-user': [
    ['root', (input) => (database(input).user = 'root')],
    ['0:0', (input) => (node(input).user = '0:0')],
    ['default of the image', (input) => (balancer(input).user = null)],
    ['pod of user 0', (input) => (containerOf(input).securityContext.runAsUser = 0), 'kubernetes'],
    [
      'pod with the default of its image',
      (input) => {
        for (const each of [podOf(input), containerOf(input)]) {
          delete each.securityContext.runAsUser;
          delete each.securityContext.runAsNonRoot;
        }
      },
      'kubernetes',
    ],
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
    ['network of the machine', (input) => (podOf(input).hostNetwork = true), 'kubernetes'],
    [
      'folder of the machine',
      (input) => podOf(input).volumes.push({ name: 'x', hostPath: { path: '/var/run' } }),
      'kubernetes',
    ],
    ['port of the machine', (input) => (containerOf(input).ports[0].hostPort = 9443), 'kubernetes'],
  ],
  'health-check': [
    ['none', (input) => (node(input).healthcheck = [])],
    ['switched off', (input) => (database(input).healthcheck[0].test = ['NONE'])],
    ['not waited for', (input) => (balancer(input).wait = false)],
    [
      'database that nothing waits for',
      (input) => {
        database(input).wait = false;
        resource(input, 'docker_container.schema').name = 'another-job';
      },
    ],
    ['no readiness', (input) => delete containerOf(input).readinessProbe, 'kubernetes'],
    ['no start-up', (input) => delete containerOf(input, 'database', 'StatefulSet').startupProbe, 'kubernetes'],
    [
      'rollout not waited for',
      (input) => (manifest(input, 'Deployment', 'node-2').wait_for_rollout = false),
      'kubernetes',
    ],
  ],
  restart: [
    ['never', (input) => (node(input).restart = 'no')],
    ['only after a failure', (input) => (balancer(input).restart = 'on-failure')],
  ],
  'memory-limit': [
    ['none', (input) => (node(input).memory = null)],
    ['none of a pod', (input) => delete containerOf(input).resources.limits, 'kubernetes'],
    [
      'none kept for a job',
      (input) => delete containerOf(input, 'secrets-job', 'Job').resources.requests.memory,
      'kubernetes',
    ],
  ],
  'log-limit': [
    ['no options', (input) => (node(input).log_opts = null)],
    ['no number of files', (input) => (job(input).log_opts = { 'max-size': '10m' })],
  ],
  'signing-key-step': [
    ['a key that signs before it is published', (input) => rotate(input, '1', '2 1')],
    ['a key that goes while it signs', (input) => rotate(input, '1 2', '2')],
    [
      'a key of a pod that signs before it is published',
      (input) => {
        const after = manifest(input, 'Deployment', 'node-1');
        const withKeys = (keys: string) => ({ ...after, env: [`SIGNING_KEYS=${keys}`] });
        for (const { plan } of input.stacks) {
          for (const { change } of plan.resource_changes ?? []) {
            if (change.after === after) Object.assign(change, { before: withKeys('1'), after: withKeys('2 1') });
          }
        }
      },
      'kubernetes',
    ],
  ],
  'one-machine': [
    ['a node', (input) => delete podOf(input).topologySpreadConstraints, 'kubernetes'],
    [
      'load balancers that are only asked to',
      (input) => (podOf(input, 'load-balancer').topologySpreadConstraints[0].whenUnsatisfiable = 'ScheduleAnyway'),
      'kubernetes',
    ],
    ['zones alone', (input) => podOf(input, 'load-balancer').topologySpreadConstraints.splice(0, 1), 'kubernetes'],
    [
      'a node that is kept apart from itself alone',
      (input) => {
        const { object } = manifest(input, 'Deployment', 'node-1');
        const [{ labelSelector }] = object.spec.template.spec.topologySpreadConstraints;
        labelSelector.matchLabels = object.spec.selector.matchLabels;
      },
      'kubernetes',
    ],
  ],
  'disruption-budget': [
    ['none', (input) => remove(input, 'PodDisruptionBudget'), 'kubernetes'],
    ['none of the load balancers', (input) => remove(input, 'PodDisruptionBudget', 'load-balancer'), 'kubernetes'],
    [
      'one that allows all',
      (input) => (manifest(input, 'PodDisruptionBudget', 'nodes').object.spec.minAvailable = 0),
      'kubernetes',
    ],
  ],
  'network-policy': [
    ['none', (input) => remove(input, 'NetworkPolicy'), 'kubernetes'],
    [
      'labels that none selects',
      (input) => (secretsJobOf(input).object.spec.template.metadata.labels = { app: 'other' }),
      'kubernetes',
    ],
  ],
  'api-token': [
    ['of a node', (input) => (podOf(input).automountServiceAccountToken = true), 'kubernetes'],
    ['by default', (input) => delete podOf(input, 'secrets-job', 'Job').automountServiceAccountToken, 'kubernetes'],
    [
      'projected',
      (input) =>
        podOf(input, 'load-balancer').volumes.push({
          name: 'token',
          projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
        }),
      'kubernetes',
    ],
  ],
  'secrets-at-rest': [
    ['not asked', inProtectedCluster(({ topology }) => (topology.policySuppressions = [])), 'kubernetes'],
  ],
  'claim-copy': [
    [
      "a database's data",
      inProtectedCluster((input) => {
        manifest(input, 'PersistentVolumeClaim', 'shared-files').object.metadata.name = 'bank-database-data';
      }),
      'kubernetes',
    ],
  ],
};

test('plans as the project makes them keep the policy', () => {
  expect(rulesBroken(() => undefined)).toEqual([]);
});

test('so do plans of a protected environment with remote state, digests and supplied secrets', () => {
  expect(rulesBroken(protect)).toEqual([]);
});

test('and those of an environment in a cluster, where somebody has asked about Secrets at rest if it is protected', () => {
  expect(rulesBroken(() => undefined, 'kubernetes')).toEqual([]);
  expect(rulesBroken(protectOnCluster, 'kubernetes')).toEqual([]);
});

test('the sample for production in a cluster breaks nothing but what has to be asked', () => {
  const [production] = shipped('kubernetes').filter((each) => each.protected) as [Topology];
  const { stacks } = clusterPlans(production);
  const generated = synthesizeToFiles([production]).stacks;
  const configured = stacks.map((stack, index) => ({ ...stack, configuration: generated[index]?.json }));
  const { findings } = checkPolicy({ topology: production, stacks: configured });
  expect(findings.map(({ rule }) => rule)).toEqual(['secrets-at-rest']);
});

describe.each(RULE_IDS)('%s', (id) => {
  const cases = BROKEN[id].map(([title, spoil, platform]) => ({ title, spoil, platform }));
  test.each(cases)('is found: $title', ({ spoil, platform }) => {
    expect(rulesBroken(spoil, platform)).toEqual([id]);
  });

  test('says why and what to do', () => {
    const rule = RULES[id];
    expect(rule.reason.length).toBeGreaterThan(20);
    expect(rule.fix.length).toBeGreaterThan(15);
  });

  test('can be accepted with a reason, which is shown', () => {
    const [, spoil, platform] = BROKEN[id][0];
    const input = plans(platform);
    spoil(input);
    input.topology.policySuppressions.push({ rule: id, reason: 'a test environment of the audit' });
    const { findings, suppressed } = checkPolicy(input);
    expect(findings).toEqual([]);
    const accepted = { rule: id, acceptedBecause: 'a test environment of the audit' };
    expect(suppressed).toContainEqual(expect.objectContaining(accepted));
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
