import { manifestFile, manifestsOf } from '../../constructs/kubernetes/manifests';
import type { Topology } from '../../topology/topology';
import { type Json, SMALLEST, shipped, topology } from '../support/synth';

const PLATFORM = '[platform]\nkind = "kubernetes"\ncontext = "bank"\n';
const CLUSTERED = `${PLATFORM}
[identity_server]
distribution = "wso2is-7.1.0"
image = "registry.bank.example/identity-server:7.1.0"
nodes = 3
cpus = 1.5
[load_balancer]
hostname = "is.bank.example"
`;
const server = (line: string) => `${PLATFORM}${SMALLEST.replace('[load_balancer]', `${line}\n[load_balancer]`)}`;

const SANDBOX = shipped('kubernetes').find(({ environment }) => environment === 'kubernetes-sandbox') as Topology;

const EVERY: [string, Topology][] = [
  ...shipped('kubernetes').map((each): [string, Topology] => [each.environment, each]),
  ['smallest', topology(`${PLATFORM}${SMALLEST}`)],
  ['clustered', topology(CLUSTERED)],
  ['MariaDB', topology(`${PLATFORM}${SMALLEST}[database]\nengine = "mariadb"\n`)],
  ['host names', topology(server('hosts = { "ldap.bank.example" = "10.1.2.3" }'))],
];

const objectsOf = (each: Topology): Json[] =>
  manifestsOf(each).flatMap(({ manifests }) => manifests.map(({ object }) => object));
const kind = (each: Topology, wanted: string): Json[] => objectsOf(each).filter((object) => object.kind === wanted);
const named = (each: Topology, wanted: string, name: string): Json =>
  kind(each, wanted).find(({ metadata }) => metadata.name === name);

/** Every pod of an environment, with the title of what makes it. */
const podsOf = (each: Topology): { title: string; labels: Json; pod: Json }[] =>
  objectsOf(each)
    .filter(({ spec }) => spec?.template)
    .map(({ kind: of, metadata, spec: { template } }) => ({
      title: `${of} ${metadata.name}`,
      labels: template.metadata.labels,
      pod: template.spec,
    }));
const PODS = EVERY.flatMap(([title, each]) =>
  podsOf(each).map((pod) => [`${title}: ${pod.title}`, pod.pod, pod.labels] as const),
);
const containersOf = (pod: Json): Json[] => [...(pod.initContainers ?? []), ...pod.containers];

test('the sandbox', () => {
  const shortened = (value: Json): Json => {
    if (typeof value === 'string') {
      const lines = value.split('\n').length;
      return lines > 2
        ? `(${lines > 20 ? 'more than 20' : lines} lines)`
        : value.replace(/-[0-9a-f]{10}$/, '-(digest)');
    }
    if (Array.isArray(value)) return value.map(shortened);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === 'wso2-is-active-active.files' ? '(digest)' : shortened(inner as Json),
      ]),
    );
  };
  expect(objectsOf(SANDBOX).map(shortened)).toMatchSnapshot();
});

test.each(EVERY)('%s is the same bytes each time', (_, each) => {
  const write = () => manifestsOf(each).map(manifestFile);
  expect(write()).toEqual(write());
});

test.each(EVERY)('%s has a layer for each stack, in its order, and names nothing twice', (_, each) => {
  expect(manifestsOf(each).map(({ stack }) => stack.name)).toEqual(each.stacks.map(({ name }) => name));
  const names = objectsOf(each).map(({ kind: of, metadata }) => `${of} ${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
  const ids = manifestsOf(each).flatMap(({ stack, manifests }) => manifests.map(({ id }) => `${stack.name} ${id}`));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { metadata } of objectsOf(each)) {
    expect(metadata.namespace).toMatch(/^[a-z]/);
    expect(metadata.labels['wso2-is-active-active.environment']).toBe(each.environment);
    expect(metadata.name.length).toBeLessThanOrEqual(63);
    expect(metadata.name.startsWith(each.environment)).toBe(true);
  }
});

test.each(EVERY)('%s holds no secret: Secrets are there, and empty', (_, each) => {
  const secrets = kind(each, 'Secret');
  expect(secrets.length).toBeGreaterThanOrEqual(5);
  for (const secret of secrets) expect([secret.data, secret.stringData]).toEqual([undefined, undefined]);
});

describe.each(PODS)('%s', (_, pod) => {
  test('is restricted as pod security asks for', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    for (const { securityContext } of containersOf(pod)) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        privileged: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(securityContext.capabilities.add).toBeUndefined();
      expect(securityContext.runAsUser).toBeGreaterThan(0);
    }
    expect([pod.hostNetwork, pod.hostPID, pod.hostIPC]).toEqual([undefined, undefined, undefined]);
    const allowed = ['name', 'configMap', 'emptyDir', 'persistentVolumeClaim', 'projected'];
    for (const volume of pod.volumes) expect(allowed).toEqual(expect.arrayContaining(Object.keys(volume)));
  });

  test('writes nothing but volumes, unless it is the product', () => {
    for (const { name, securityContext } of containersOf(pod)) {
      expect([name, securityContext.readOnlyRootFilesystem]).toEqual([name, name !== 'identity-server']);
    }
  });

  test('has a limit of memory, and asks for what it needs', () => {
    for (const { resources } of containersOf(pod)) {
      expect(resources.limits.memory).toMatch(/^\d+Mi$/);
      expect(resources.requests).toEqual({
        memory: expect.stringMatching(/^\d+Mi$/),
        cpu: expect.stringMatching(/^\d+m$/),
      });
    }
  });

  test('has no token but where a job fills Secrets, and there for an hour', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    const tokens = pod.volumes.flatMap(({ projected }: Json) =>
      (projected?.sources ?? []).flatMap(({ serviceAccountToken }: Json) => serviceAccountToken ?? []),
    );
    const fills = containersOf(pod).some(({ env }) =>
      env?.some(({ name }: Json) => name === 'SECRETS' && pod.serviceAccountName),
    );
    expect(tokens).toEqual(fills ? [{ path: 'token', expirationSeconds: 3600 }] : []);
  });

  test('leaves a machine that is gone within half a minute', () => {
    const own = pod.tolerations.filter(({ effect }: Json) => effect === 'NoExecute');
    expect(own.map(({ key, tolerationSeconds }: Json) => [key, tolerationSeconds])).toEqual([
      ['node.kubernetes.io/not-ready', 30],
      ['node.kubernetes.io/unreachable', 30],
    ]);
  });

  test('mounts only volumes that it has, each at a path of its own', () => {
    const volumes = pod.volumes.map(({ name }: Json) => name);
    expect(new Set(volumes).size).toBe(volumes.length);
    for (const { volumeMounts } of containersOf(pod)) {
      const paths = (volumeMounts ?? []).map(({ mountPath }: Json) => mountPath);
      expect(new Set(paths).size).toBe(paths.length);
      for (const { name } of volumeMounts ?? []) expect(volumes).toContain(name);
    }
  });
});

test.each(EVERY)('%s: a server is started, ready and stopped each in its own way', (_, each) => {
  for (const { title, pod } of podsOf(each).filter((found) => !found.title.startsWith('Job '))) {
    const [container] = pod.containers;
    expect([title, container.startupProbe.exec.command[0]]).toEqual([title, expect.stringMatching(/^[^C]|^C[^M]/)]);
    expect(container.readinessProbe).toBeDefined();
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
    expect(pod.topologySpreadConstraints.map(({ topologyKey }: Json) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
  }
});

test.each(EVERY)('%s: a node is a Deployment of one that stops before the next one starts', (_, each) => {
  for (const node of each.nodes) {
    const { spec } = named(each, 'Deployment', node.containerName);
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(node.stopSeconds);
    // Two that are about to stop are never both behind the name that load balancers ask.
    expect(named(each, 'Service', node.containerName).spec).toMatchObject({ clusterIP: 'None' });
    expect(named(each, 'Service', node.containerName).spec.publishNotReadyAddresses).toBeUndefined();
  }
  const [budget] = kind(each, 'PodDisruptionBudget').filter(({ metadata }) => metadata.name.endsWith('-nodes'));
  expect(budget.spec.minAvailable).toBe(each.nodes.length - 1);
});

test.each(EVERY)('%s: two load balancers, of which a new one serves before an old one stops', (_, each) => {
  const { spec } = named(each, 'Deployment', each.loadBalancer.containerName);
  expect(spec).toMatchObject({
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  expect(named(each, 'Service', `${each.loadBalancer.containerName}-control`).spec).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
  });
});

test.each(EVERY)('%s: whoever is chosen by a label is there, and every pod is behind the policies', (_, each) => {
  const labels = podsOf(each).map((found) => found.labels);
  const chosen = (selector: Json) =>
    labels.filter((all) => Object.entries(selector).every(([key, value]) => all[key] === value));
  for (const { spec } of kind(each, 'Service')) expect(chosen(spec.selector).length).toBe(1);
  const policies = kind(each, 'NetworkPolicy');
  const [nothing] = policies.filter(({ metadata }) => metadata.name.endsWith('-nothing'));
  expect(nothing.spec.ingress).toBeUndefined();
  expect(chosen(nothing.spec.podSelector.matchLabels)).toEqual(labels);
  for (const { spec } of policies) {
    expect(chosen(spec.podSelector.matchLabels).length).toBeGreaterThan(0);
    for (const { from = [] } of spec.ingress ?? []) {
      for (const { podSelector } of from) expect(chosen(podSelector.matchLabels).length).toBeGreaterThan(0);
    }
  }
});

test('only load balancers reach a node, and the control port is for nodes alone', () => {
  const rules = (each: Topology, to: string) =>
    kind(each, 'NetworkPolicy')
      .filter(({ metadata }) => metadata.name.endsWith(`-to-${to}`))
      .flatMap(({ spec }) => spec.ingress)
      .map(({ from, ports }: Json) => [
        from?.[0].podSelector.matchLabels['wso2-is-active-active.role'] ?? 'everybody',
        ports[0].port,
      ]);
  const clustered = topology(CLUSTERED);
  expect(rules(clustered, 'node')).toEqual([
    ['load-balancer', 9446],
    ['node', 4000],
  ]);
  expect(rules(clustered, 'load-balancer')).toEqual([
    ['everybody', 443],
    ['everybody', 80],
    ['node', 9080],
  ]);
  expect(rules(clustered, 'database')).toEqual([
    ['node', 5432],
    ['job', 5432],
  ]);
});

test('the jobs’ account reads and fills the Secrets of the environment, and does nothing else', () => {
  const [role] = kind(SANDBOX, 'Role');
  expect(role.rules).toEqual([
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: kind(SANDBOX, 'Secret').map(({ metadata }) => metadata.name),
      verbs: ['get', 'patch'],
    },
  ]);
});

test('members of a cluster know each other by names, and themselves by the pod’s address', () => {
  const clustered = topology(CLUSTERED, 'bank');
  const [node] = clustered.nodes as [Topology['nodes'][number]];
  const toml = Object.entries(node.files).find(([path]) => path.endsWith('/deployment.toml'))?.[1];
  expect(toml).toContain('local_member_host = "$env{POD_IP}"');
  expect(toml).toContain('"bank-node-2-member.bank.svc.cluster.local:4000"');
  expect(named(clustered, 'Service', 'bank-node-2-member').spec.publishNotReadyAddresses).toBe(true);
  // It is no secret, and no job looks for it.
  expect(clustered.jobs.secrets.environment.REFERENCED_SECRETS).not.toContain('POD_IP');
});

test('a job whose script or input changes is another Job, and one that does not is the same', () => {
  const jobs = (toml: string) => kind(topology(toml, 'bank'), 'Job').map(({ metadata }) => metadata.name);
  const [secrets, keystores, schema] = jobs(`${PLATFORM}${SMALLEST}`);
  expect(jobs(server('keystore_revision = 2'))).toEqual([secrets, expect.not.stringMatching(`^${keystores}$`), schema]);
});

test('where storage is shared, nodes share their files; else each has its own', () => {
  const shared = topology(`${PLATFORM}shared_storage_class = "files"\n${SMALLEST}`, 'bank');
  const volume = (each: Topology) =>
    named(each, 'Deployment', 'bank-node-1').spec.template.spec.volumes.find(
      ({ name }: Json) => name === 'shared-files',
    );
  expect(volume(shared).persistentVolumeClaim).toEqual({ claimName: 'bank-shared-files' });
  expect(named(shared, 'PersistentVolumeClaim', 'bank-shared-files').spec).toMatchObject({
    accessModes: ['ReadWriteMany'],
    storageClassName: 'files',
  });
  expect(volume(topology(`${PLATFORM}${SMALLEST}`, 'bank')).emptyDir).toEqual({});
});

test.each([
  ['load-balancer', '', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }],
  ['cluster-ip', '', { type: 'ClusterIP' }],
  ['node-port', 'http_port = 30080\nhttps_port = 30443\n', { type: 'NodePort', externalTrafficPolicy: 'Local' }],
])('published as %s', (publish, ports, expected) => {
  const each = topology(`${PLATFORM}publish = "${publish}"\n${SMALLEST}${ports}`, 'bank');
  const { spec } = named(each, 'Service', 'bank-load-balancer');
  expect(spec).toMatchObject(expected);
  expect(spec.ports.map(({ nodePort }: Json) => nodePort)).toEqual(
    publish === 'node-port' ? [30443, 30080] : [undefined, undefined],
  );
});

test('behind an ingress, whose address all clients have, one address may take what all may, and nobody is slowed down by address', () => {
  const limits = (publish: string, ports = '') => {
    const each = topology(`${PLATFORM}publish = "${publish}"\n${SMALLEST}${ports}`, 'bank');
    const files = JSON.stringify(named(each, 'ConfigMap', 'bank-load-balancer-files'));
    const [, all] = /limit_conn requests (\d+);/.exec(files) ?? [];
    const [, one] = /limit_conn client_\d+ (\d+);/.exec(files) ?? [];
    return { all: Number(all), one: Number(one) };
  };
  const behind = limits('cluster-ip');
  expect(behind.one).toBe(behind.all);
  const before = limits('load-balancer');
  expect(before.one).toBe(Math.ceil(before.all / 2));
  expect(() => topology(`${PLATFORM}publish = "cluster-ip"\n${SMALLEST}[load_balancer.rate_limit]\n`, 'bank')).toThrow(
    'counts by the address of a client',
  );
});
