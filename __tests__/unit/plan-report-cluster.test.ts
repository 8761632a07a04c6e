import { withObjects } from '../../review/plan/kubernetes-object';
import { changedFields } from '../../review/plan/object-differences';
import type { ResourceChange } from '../../review/plan/plan-json';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport, type ReportInput } from '../../review/report/report';
import { renderTerminal } from '../../review/report/terminal';
import { clusterPlans, onCluster } from '../support/kubernetes-plans';
import type { Json } from '../support/synth';

const BEFORE = onCluster();
const withServer = (line: string) => onCluster((toml) => toml.replace('memory_mb = 1280', `memory_mb = 1280\n${line}`));
const withBalancer = (line: string) => onCluster((toml) => toml.replace('https_port', `${line}\nhttps_port`));
const reportOf = (input: ReportInput) => buildReport(input);
const TOML = '/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml';

/** The plans with something of them replaced. */
function spoilt(input: ReportInput, spoil: (changes: Json[], stack: string) => void): ReportInput {
  const copy = structuredClone({ ...input, topology: undefined, stacks: [...input.stacks] }) as Json;
  for (const { name, plan } of copy.stacks) spoil(plan.resource_changes, name);
  return { ...copy, topology: input.topology };
}

describe('the first creation', () => {
  const report = reportOf(clusterPlans(BEFORE));

  test('endangers nothing, and breaks no rule', () => {
    expect(report.dangers).toEqual([]);
    expect(report.findings).toEqual([]);
    expect(report.availability.text).toMatch(/^first creation: nothing serves yet/);
    expect(report.counts).toMatchObject({ update: 0, replace: 0, destroy: 0 });
  });

  test('says in which place something stands in the way', () => {
    const foreseen = [{ severity: 'error', key: 'platform.namespace', message: 'there is none' }] as const;
    const text = renderMarkdown(buildReport({ ...clusterPlans(BEFORE), foreseen }));
    expect(text).toContain('**In the cluster, before the apply**');
    expect(text).not.toContain('Docker host');
  });
});

test('nothing to do is nothing to change', () => {
  const report = reportOf(clusterPlans(BEFORE, BEFORE));
  expect(report.changes).toEqual([]);
  expect(report.availability).toEqual({ level: 'unaffected', text: 'nothing changes' });
});

describe('another configuration of the nodes', () => {
  const after = withServer('deployment_toml = { transport = { https = { properties = { maxThreads = 300 } } } }');
  const report = reportOf(clusterPlans(after, BEFORE));

  test('rolls, since a Deployment that is changed replaces its pod', () => {
    expect(report.availability).toEqual({
      level: 'rolling',
      text: 'rolling, no interruption expected: bank-node-1, then bank-node-2, each taken out of rotation before it stops and healthy before the next one is touched',
    });
    expect(report.counts).toMatchObject({ update: 4, replace: 0, newPods: 2 });
    expect(renderMarkdown(report)).toContain('## Plan of `bank`: 4 to change (2 servers with new pods)');
    expect(renderTerminal(report, false)).toContain('(new pods)  its files');
  });

  test('is shown once for both, by the path that the file has in the pod', () => {
    expect(report.files).toMatchObject([{ file: TOML, containers: [expect.anything(), expect.anything()] }]);
    expect(report.files[0]?.diff).toContain('+maxThreads = 300');
    expect(report.changes.map(({ kind, newPods, reason }) => [kind, newPods, reason])).toEqual([
      ['ConfigMap', undefined, 'deployment.toml'],
      ['Deployment', true, 'its files'],
      ['ConfigMap', undefined, 'deployment.toml'],
      ['Deployment', true, 'its files'],
    ]);
  });
});

test('another image says which, replaces the pods of both nodes, and runs the jobs again that use it', () => {
  const report = reportOf(clusterPlans(withServer('image = "registry.bank.example/is:2"'), BEFORE));
  const node = report.changes.find(({ kind }) => kind === 'Deployment');
  expect(node).toMatchObject({ action: 'update', newPods: true, reason: 'pod.containers.identity-server.image' });
  expect(node?.attributes[0]?.after).toBe('"registry.bank.example/is:2"');
  expect(report.counts.replacedJobs).toBe(4);
  expect(report.changes.find(({ job }) => job)).toMatchObject({ name: 'bank-secrets-job', action: 'replace' });
  // A job and its files are called after what they do; what they were called says nothing.
  expect(report.changes.flatMap(({ attributes }) => attributes).map(({ attribute }) => attribute)).not.toContain(
    'metadata.name',
  );
});

test('another configuration of the load balancers replaces them one after the other', () => {
  const report = reportOf(clusterPlans(withBalancer('affinity = "none"'), BEFORE));
  expect(report.availability.level).toBe('rolling');
  expect(report.availability.text).toMatch(/^the load balancers are replaced one after the other/);
});

test('other ports are an interruption for who uses those before', () => {
  const report = reportOf(
    clusterPlans(
      onCluster((toml) => toml.replace('30443', '30444')),
      BEFORE,
    ),
  );
  expect(report.availability).toEqual({
    level: 'interruption',
    text: 'interruption: for clients of the ports before: the Service that they reach gets others',
  });
});

test('another memory of the database interrupts until its new pod is ready', () => {
  const after = onCluster((toml) => `${toml}\n[database]\nmemory_mb = 2048\n`);
  const { text } = reportOf(clusterPlans(after, BEFORE)).availability;
  expect(text).toMatch(/^interruption: the database is replaced;/);
});

test('another public name is told with who notices it', () => {
  const after = onCluster((toml) => toml.replace('is.bank.example', 'login.bank.example'));
  expect(reportOf(clusterPlans(after, BEFORE)).availability.text).toContain('for clients of is.bank.example:');
});

test('to destroy it tells what is lost with every Secret and claim, and that the service ends', () => {
  const report = reportOf(clusterPlans(undefined, BEFORE));
  expect(report.availability.level).toBe('end');
  expect(report.dangers.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'bank-certificate-authority',
      'bank-identity-server-secrets',
      'bank-database-secrets',
      'bank-keystores',
      'bank-database-data',
      'bank-shared-files',
    ]),
  );
});

describe('what was changed with kubectl', () => {
  const drifted = (spoil: (change: Json) => void) =>
    spoilt(clusterPlans(BEFORE, BEFORE), (changes, stack) => {
      const entry = changes.find(({ change }) => stack === 'bank-node-1' && change.after.kind === 'Deployment');
      if (entry) spoil(entry);
    });

  test('is put back, and its pods may be replaced by it', () => {
    const report = reportOf(
      drifted(({ change }) => {
        Object.assign(change, { actions: ['update'], before: { ...change.before, changed_in_cluster: true } });
      }),
    );
    expect(report.changes).toMatchObject([{ action: 'update', newPods: true, name: 'bank-node-1' }]);
    expect(report.availability.level).toBe('rolling');
  });

  test('is found by the fingerprints, of which neither is shown', () => {
    const entry: ResourceChange = {
      address: 'kubectl_manifest.service',
      type: 'kubectl_manifest',
      change: {
        actions: ['update'],
        before: { kind: 'Service', name: 'bank-node-1', yaml_incluster: 'aaaaaa', live_manifest_incluster: 'aaaaaa' },
        after: { kind: 'Service', name: 'bank-node-1', yaml_incluster: 'aaaaaa', live_manifest_incluster: 'bbbbbb' },
        before_sensitive: { yaml_incluster: true },
        after_sensitive: { yaml_incluster: true },
      },
    };
    const [stack] = clusterPlans(BEFORE, BEFORE).stacks;
    const plan = withObjects({ format_version: '1.2', resource_changes: [], resource_drift: [entry] });
    const report = buildReport({ topology: BEFORE, stacks: [{ ...(stack as Json), plan }] });
    expect(report.drift).toMatchObject([{ name: 'bank-node-1', found: 'changed in the cluster' }]);
    const changed = new Map([[entry.address, ['spec.replicas: 1 → 0']]]);
    const detailed = buildReport({ topology: BEFORE, stacks: [{ ...(stack as Json), plan, changedFields: changed }] });
    expect(detailed.drift).toMatchObject([{ found: 'changed in the cluster; spec.replicas: 1 → 0' }]);
    expect(JSON.stringify(report)).not.toMatch(/aaaaaa|bbbbbb/);
  });

  test('is told by its fields: those that were declared and what was put into lists of ours, without values that may be secrets', () => {
    const declared = {
      kind: 'Deployment',
      metadata: { name: 'bank-node-1', labels: { a: 'b' } },
      spec: {
        replicas: 1,
        template: {
          spec: {
            containers: [
              {
                name: 'one',
                image: 'is:1',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '' },
                ],
                ports: [{ containerPort: 9446 }],
                resources: { limits: { memory: '1024Mi' } },
              },
            ],
          },
        },
      },
    };
    const live = structuredClone(declared) as Json;
    Object.assign(live.metadata, { uid: 'x', labels: { a: 'b', added: 'by others' } });
    live.status = { replicas: 1 };
    live.spec.strategy = { type: 'RollingUpdate' };
    const [container] = live.spec.template.spec.containers;
    container.imagePullPolicy = 'Always';
    // As the API server spells it.
    container.env[1] = { name: 'B' };
    container.resources.limits.memory = '1Gi';
    container.ports[0].protocol = 'TCP';
    expect(changedFields(declared, live)).toEqual([]);
    live.spec.template.spec.containers.push({ name: 'injected', image: 'proxy' });
    container.env.push({ name: 'BY_HAND', value: 'secret-of-somebody' });
    expect(changedFields(declared, live)).toEqual([
      'pod.containers.injected: added',
      'pod.containers.one.env.BY_HAND: added',
    ]);
    live.spec.template.spec.containers.pop();
    Object.assign(container, { image: 'is:2', env: [{ name: 'A', value: 'secret-of-somebody' }, { name: 'B' }] });
    live.spec.replicas = 0;
    expect(changedFields(declared, live)).toEqual([
      'spec.replicas: 1 → 0',
      'pod.containers.one.image: "is:1" → "is:2"',
      'pod.containers.one.env.A.value',
    ]);
    delete container.ports;
    expect(changedFields(declared, live)).toContain('pod.containers.one.ports: [{"containerPort":9446}] → null');
  });

  test('a Secret that is gone takes with it what nobody can make again', () => {
    const [stack] = clusterPlans(BEFORE, BEFORE).stacks as Json[];
    const entry = stack.plan.resource_changes.find(({ change }: Json) => change.after.name === 'bank-keystores');
    const authority = stack.plan.resource_changes.find(
      ({ change }: Json) => change.after.name === 'bank-certificate-authority',
    );
    for (const { change } of [entry, authority]) Object.assign(change, { actions: ['create'], before: null });
    stack.plan.resource_drift = [entry, authority].map((gone) => ({
      ...gone,
      change: { actions: ['delete'], before: gone.change.after, after: null },
    }));
    const report = buildReport({ topology: BEFORE, stacks: [stack] });
    expect(report.dangers).toMatchObject([
      {
        name: 'bank-certificate-authority',
        action: 'create',
        consequence: expect.stringContaining('an empty one takes its place'),
      },
    ]);
    expect(report.drift.map(({ name, found }) => [name, found])).toContainEqual(['bank-keystores', 'it is gone']);
  });
});

describe('secrets', () => {
  const CANARY = 'canary-7f3a1c';

  test('in a Secret are in no report, nor where else the same text stands', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bank-keystores' },
      stringData: { password: CANARY },
    };
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: `b = ${CANARY}\nc\n` } };
    const resource = (object: Json): Json => ({
      address: `kubectl_manifest.${object.kind}`,
      type: 'kubectl_manifest',
      change: {
        actions: ['update'],
        before: { kind: object.kind, name: object.metadata.name, yaml_body: JSON.stringify({ ...object, data: {} }) },
        after: { kind: object.kind, name: object.metadata.name, yaml_body: JSON.stringify(object) },
        before_sensitive: { yaml_body: true },
        after_sensitive: { yaml_body: true },
      },
    });
    const [stack] = clusterPlans(BEFORE, BEFORE).stacks as Json[];
    const plan = withObjects({ format_version: '1.2', resource_changes: [resource(secret), resource(config)] });
    const report = buildReport({ topology: BEFORE, stacks: [{ ...stack, plan, text: `x ${CANARY}` }] });
    expect(report.changes).toHaveLength(2);
    expect(JSON.stringify(report)).not.toContain(CANARY);
    // What no Secret holds is shown.
    expect(report.files).toMatchObject([{ file: 'a', diff: expect.stringContaining('b = (sensitive)') }]);
    expect(report.findings.map(({ rule }) => rule)).toContain('default-credential');
  });
});
