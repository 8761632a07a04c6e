import { pendingOf, type Seen, troublesOf, type Workload } from '../../cli/kubernetes/layer-state';
import type { Pod } from '../../cli/kubernetes/pods';
import type { Manifest } from '../../constructs/kubernetes/manifests';

const AT = '2026-11-30T08:00:00Z';
const meta = (name: string, uid = name) => ({ name, uid, creationTimestamp: AT });

const manifest = (kind: string, name: string, replicas?: number): Manifest =>
  ({ id: name, object: { apiVersion: 'v1', kind, metadata: { name }, spec: { replicas } } }) as unknown as Manifest;
const NODE = manifest('Deployment', 'bank-node-1', 1);
const BALANCER = manifest('Deployment', 'bank-load-balancer', 2);
const DATABASE = manifest('StatefulSet', 'bank-database', 1);
const JOB = manifest('Job', 'bank-schema-job-0123456789');

const seen = (part: Partial<Seen>): Seen => ({ workloads: [], pods: [], events: [], ...part });
const workload = ({ object: { kind, metadata } }: Manifest, status: Workload['status'], generation = 1): Workload => ({
  kind,
  metadata: { ...meta(metadata.name), generation },
  spec: {},
  status,
});
const pod = (name: string, status: Partial<Pod['status']>): Pod => ({
  kind: 'Pod',
  metadata: meta(name),
  spec: { nodeName: 'machine-1' },
  status: { phase: 'Running', ...status },
});
const container = (state: object, lastState: object = {}, restartCount = 0) => ({
  name: 'identity-server',
  ready: false,
  restartCount,
  state,
  lastState,
});
const whole = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

describe('what is still to come', () => {
  test('what is not there at all', () => {
    expect(pendingOf([NODE, DATABASE, JOB, manifest('ConfigMap', 'bank-files')], seen({}))).toEqual([
      'bank-node-1',
      'bank-database',
      'bank-schema-job-0123456789',
    ]);
  });

  test.each([
    ['a change that nobody has looked at yet', { ...whole, observedGeneration: 1 }, 2],
    ['a pod of the change before', { ...whole, updatedReplicas: 0 }, 1],
    ['a pod that is not ready for long enough', { ...whole, availableReplicas: 0 }, 1],
    ['a pod that is about to stop', { ...whole, replicas: 2 }, 1],
  ])('%s', (_, status, generation) => {
    expect(pendingOf([NODE], seen({ workloads: [workload(NODE, status, generation)] }))).toEqual(['bank-node-1']);
  });

  test('nothing, where all is as it is to be', () => {
    const workloads = [
      workload(NODE, whole),
      workload(DATABASE, whole),
      workload(JOB, { conditions: [{ type: 'Complete', status: 'True' }] }),
      workload(BALANCER, { ...whole, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
    ];
    expect(pendingOf([NODE, DATABASE, JOB, BALANCER], seen({ workloads }))).toEqual([]);
  });

  test('somebody has scaled it down by hand', () => {
    expect(pendingOf([BALANCER], seen({ workloads: [workload(BALANCER, whole)] }))).toEqual(['bank-load-balancer']);
  });
});

describe('what is in the way', () => {
  const node = (status: Partial<Pod['status']>, events: Seen['events'] = []) =>
    troublesOf([NODE], seen({ workloads: [workload(NODE, {})], pods: [pod('bank-node-1-abc', status)], events }));

  test('a pod that is ready, or about to stop, is none', () => {
    const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
    const crashed = { containerStatuses: [container({}, { terminated: { exitCode: 1 } }, 9)] };
    expect(node({ ...ready, ...crashed })).toEqual([]);
    const stopping = { ...pod('bank-node-1-abc', crashed) };
    const gone = { ...stopping, metadata: { ...stopping.metadata, deletionTimestamp: AT } };
    expect(troublesOf([NODE], seen({ workloads: [workload(NODE, {})], pods: [gone] }))).toEqual([]);
  });

  test('an image that nobody can pull is given up after half a minute', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "bank/is:8"' };
    expect(node({ containerStatuses: [container({ waiting })] })).toEqual([
      {
        subject: 'bank-node-1-abc',
        what: 'ImagePullBackOff: Back-off pulling image "bank/is:8"',
        patienceSeconds: 30,
      },
    ]);
  });

  test('a server that ends again and again has its last words told, and the third time nothing is hoped for', () => {
    const crashed = (restarts: number, exitCode = 1, reason?: string) =>
      node({
        containerStatuses: [
          container(
            { waiting: { reason: 'CrashLoopBackOff' } },
            { terminated: { exitCode, ...(reason && { reason }) } },
            restarts,
          ),
        ],
      })[0];
    expect(crashed(1)).toMatchObject({
      what: 'it has ended 1 time: exit code 1',
      patienceSeconds: Number.POSITIVE_INFINITY,
    });
    expect(crashed(3)).toMatchObject({ patienceSeconds: 0, log: { container: 'identity-server', previous: true } });
    expect(crashed(3, 137, 'OOMKilled')?.what).toBe('it has ended 3 times: it was killed for the memory that it took');
  });

  test('a step before the server that fails is told by its name', () => {
    const step = {
      ...container({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { exitCode: 1 } }, 2),
      name: 'configuration',
    };
    expect(node({ initContainerStatuses: [step] })).toEqual([
      {
        subject: 'bank-node-1-abc',
        what: 'its step "configuration" has ended 3 times, with exit code 1',
        patienceSeconds: 0,
        log: { container: 'configuration', previous: true },
      },
    ]);
  });

  test('a cluster without room is waited for: it may add a machine', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: 3 Insufficient memory.' },
    ];
    expect(node({ phase: 'Pending', conditions })[0]).toMatchObject({
      what: 'no machine takes it: 0/3 nodes are available: 3 Insufficient memory.',
      patienceSeconds: 300,
    });
  });

  test('a pod that a quota or a rule refuses is named with the reason', () => {
    const involvedObject = { name: 'bank-node-1-76f', uid: 'replica-set' };
    const events = [{ involvedObject, reason: 'FailedCreate', message: 'exceeded quota: small' }];
    expect(troublesOf([NODE], seen({ workloads: [workload(NODE, {})], events }))).toEqual([
      { subject: 'bank-node-1', what: 'its pod is refused: exceeded quota: small', patienceSeconds: 30 },
    ]);
  });

  test('a job that fails is told the first time, and given up the second', () => {
    const failed = (name: string, minute: number): Pod => ({
      ...pod(name, {
        phase: 'Failed',
        containerStatuses: [{ ...container({ terminated: { exitCode: 3 } }), name: 'job' }],
      }),
      metadata: { ...meta(name), creationTimestamp: `2026-11-30T08:0${minute}:00Z` },
    });
    const [one, two] = [failed('bank-schema-job-0123456789-x', 1), failed('bank-schema-job-0123456789-a', 2)];
    const troubles = (pods: Pod[], status: Workload['status'] = {}) =>
      troublesOf([JOB], seen({ workloads: [workload(JOB, status)], pods }));
    expect(troubles([one])).toEqual([
      {
        subject: 'bank-schema-job-0123456789-x',
        what: 'bank-schema-job-0123456789 has failed, with exit code 3',
        patienceSeconds: 300,
        log: { container: 'job', previous: false },
      },
    ]);
    expect(troubles([two, one])[0]).toMatchObject({ subject: two.metadata.name, patienceSeconds: 0 });
    expect(troubles([two, one], { conditions: [{ type: 'Complete', status: 'True' }] })).toEqual([]);
  });

  test('pods of another node, of another layer, are not looked at', () => {
    const waiting = { reason: 'ErrImagePull' };
    const other = pod('bank-node-2-abc', { containerStatuses: [container({ waiting })] });
    expect(troublesOf([NODE], seen({ workloads: [workload(NODE, {})], pods: [other] }))).toEqual([]);
  });
});
