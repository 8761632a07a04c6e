import { currentJobs, hasFailed, type Job } from '../../cli/kubernetes/jobs';
import { type Pod, podFacts } from '../../cli/kubernetes/pods';
import { publicPlaces } from '../../cli/kubernetes/published';
import { rotationOf } from '../../cli/kubernetes/rotation';
import type { RoutingStatus } from '../../cli/rotation';
import { isWell, NO_STATUS } from '../../cli/status/components';
import { reasonOf, shortageIn } from '../../cli/status/reasons';
import { statusText } from '../../cli/status/table';
import { SMALLEST, topology } from '../support/synth';

const WORDS = { thing: 'pod', starter: 'Kubernetes', client: 'kubectl --context bank -n identity' } as const;
const STARTED = '2026-11-30T08:00:00Z';
const READY = [{ type: 'Ready', status: 'True' }];

type Status = Partial<Pod['status']>;

const CONTAINER = { name: 'server', ready: true, started: true, restartCount: 0, lastState: {} };

function pod(status: Status): Pod {
  return {
    kind: 'Pod',
    metadata: { name: 'bank-node-1-5c9', uid: 'uid-1', creationTimestamp: STARTED },
    spec: { nodeName: 'machine-1' },
    status: { phase: 'Running', ...status },
  };
}

function state(state: object, more: object = {}): NonNullable<Status['containerStatuses']> {
  return [{ ...CONTAINER, ready: false, started: false, state, ...more }];
}

const running = { running: { startedAt: STARTED } };
const event = (reason: string, message: string, uid = 'uid-1') => ({ involvedObject: { uid }, reason, message });
const told = (status: Status, events: Parameters<typeof podFacts>[1] = [], log = '') =>
  reasonOf('bank-node-1-5c9', podFacts(pod(status), events), {
    log,
    environment: 'bank',
    words: WORDS,
    memoryMb: 1280,
  });

describe('a pod', () => {
  test('that is ready is healthy, whatever a probe said earlier', () => {
    const events = [event('Unhealthy', 'Startup probe failed: connection refused')];
    const facts = podFacts(pod({ conditions: READY, containerStatuses: [{ ...CONTAINER, state: running }] }), events);
    expect(facts).toMatchObject({ running: true, health: 'healthy', startedAt: STARTED });
    expect(facts.blocked).toBeUndefined();
    expect(reasonOf('x', facts, { log: '', environment: 'bank', words: WORDS, memoryMb: 1 })).toBeNull();
  });

  test('that starts says what its probe says', () => {
    const events = [
      event('Unhealthy', 'Readiness probe failed: of another pod', 'uid-2'),
      event('Unhealthy', 'Startup probe failed: the database at db:5432 does not accept connections\n'),
    ];
    expect(told({ containerStatuses: state(running) }, events)).toBe(
      'Startup probe failed: the database at db:5432 does not accept connections',
    );
  });

  test('that has started and is not ready is unhealthy', () => {
    expect(podFacts(pod({ containerStatuses: state(running, { started: true }) }), []).health).toBe('unhealthy');
  });

  test('whose machine is gone says so: the API server still has the last that it heard of its container', () => {
    const status = {
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [{ ...CONTAINER, state: running }],
    };
    expect(podFacts(pod(status), []).health).toBe('unhealthy');
    expect(told(status)).toContain('its machine does not answer');
  });

  test.each([
    ['ended', { exitCode: 1 }, 'it ended with exit code 1'],
    ['was killed for its memory', { exitCode: 137, reason: 'OOMKilled' }, 'more than its 1280 MiB of memory'],
  ])('that %s is started again by Kubernetes, and its log has more', (_, terminated, words) => {
    const waiting = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } };
    const reason = told({ containerStatuses: state(waiting, { lastState: { terminated } }) });
    expect(reason).toContain(words);
    expect(reason).toContain(
      '"kubectl --context bank -n identity logs --tail 50 bank-node-1-5c9" says more; Kubernetes starts it again',
    );
  });

  test('whose image nobody has says which', () => {
    const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "bank/is:7.1"' } };
    expect(told({ phase: 'Pending', containerStatuses: state(waiting) })).toContain(
      'Kubernetes could not start it: ImagePullBackOff: Back-off pulling image "bank/is:7.1"',
    );
  });

  test.each<[string, Status, Parameters<typeof podFacts>[1], string]>([
    [
      'that no machine takes',
      {
        conditions: [
          { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: 3 Insufficient memory.' },
        ],
      },
      [],
      'no machine takes it: 0/3 nodes are available: 3 Insufficient memory.',
    ],
    [
      'whose secrets no job has made',
      {},
      [event('FailedMount', 'MountVolume.SetUp failed: references non-existent secret key: checksums')],
      'it waits for secrets that a job makes',
    ],
    [
      'whose claim cannot be had',
      {},
      [event('FailedMount', 'claim "x" not found')],
      'it cannot be started: claim "x" not found',
    ],
    [
      'whose configuration is refused',
      { initContainerStatuses: [{ ...CONTAINER, name: 'configuration', state: { terminated: { exitCode: 1 } } }] },
      [],
      'its step "configuration" ended with exit code 1',
    ],
    ['that was just made', {}, [], 'it is starting'],
  ])('%s says so', (_, status, events, words) => {
    const waiting = { waiting: { reason: 'ContainerCreating' } };
    expect(podFacts(pod({ phase: 'Pending', containerStatuses: state(waiting), ...status }), events).blocked).toBe(
      words,
    );
  });

  test('whose disk is full is told where to look, which is not the Docker host', () => {
    const line = 'could not extend file: No space left on device';
    expect(shortageIn(line, WORDS)).toContain('"df -h" in the pod and on its machine');
    expect(shortageIn(line)).toContain('the Docker host');
  });
});

describe('in rotation', () => {
  const says = (rotation: string, reason?: string): RoutingStatus => ({
    nodes: [{ name: 'node-1', rotation, reason }],
  });

  test.each<[string, [string, RoutingStatus | undefined][], string, string | null]>([
    [
      'in, where both load balancers send it requests',
      [
        ['a', says('in')],
        ['b', says('in')],
      ],
      'in',
      null,
    ],
    [
      'out, where both say the same',
      [
        ['a', says('out', 'health request: 503')],
        ['b', says('out', 'health request: 503')],
      ],
      'out',
      'the load balancers send it nothing: health request: 503',
    ],
    [
      'as many as there are, where one does not',
      [
        ['a', says('in')],
        ['b', says('out', 'connection refused')],
      ],
      'at 1 of 2',
      'b sends it nothing: connection refused',
    ],
    [
      'not known of one that does not answer',
      [
        ['a', says('in')],
        ['b', undefined],
      ],
      'at 1 of 2',
      null,
    ],
    ['not known without a load balancer', [], 'unknown', null],
  ])('is a node %s', (_, said, rotation, reason) => {
    expect(rotationOf('node-1', new Map(said))).toEqual({
      rotation,
      reason,
      balancers: Object.fromEntries(said.map(([name, each]) => [name, each?.nodes[0]?.rotation ?? 'unknown'])),
    });
  });

  test('at one of two load balancers is not well; a pod that is about to stop need not be', () => {
    const row = { ...NO_STATUS, component: 'node-1', container: 'x', state: 'running', health: 'healthy' };
    expect(isWell({ ...row, rotation: 'in' })).toBe(true);
    expect(isWell({ ...row, rotation: 'at 1 of 2' })).toBe(false);
    expect(isWell({ ...row, state: 'stopping', health: 'none' })).toBe(true);
  });
});

test('the table has the machine and the pod of each component', () => {
  const row = { ...NO_STATUS, component: 'load-balancer', container: 'bank-load-balancer-7d', machine: 'machine-2' };
  const published = {
    url: 'https://is.bank.test',
    served: true,
    addresses: ['10.0.0.1:443'],
    askedFrom: 'the cluster',
    reason: null,
    unreachable: false,
    certificate: null,
    notes: [],
  } as const;
  const components = [{ ...row, state: 'running', health: 'healthy' }];
  expect(statusText({ components, published, nodes: 2 })).toBe(
    [
      'COMPONENT      STATE    HEALTH   IN ROTATION  CLUSTER  RESTARTS  SINCE  CERTIFICATE  MACHINE    POD',
      'load-balancer  running  healthy  -            -        0         -      -            machine-2  bank-load-balancer-7d',
      'PUBLISHED  https://is.bank.test at 10.0.0.1:443, asked from the cluster: answers',
    ].join('\n'),
  );
});

describe('a client finds an environment', () => {
  const service = (...ingress: { ip?: string; hostname?: string }[]) => ({ status: { loadBalancer: { ingress } } });

  test('at every machine with one of its load balancers, where it is published by a port of the machines', () => {
    expect(publicPlaces('node-port', service(), ['10.0.0.2', '10.0.0.1', '10.0.0.2'], [])).toEqual({
      addresses: ['10.0.0.1', '10.0.0.2'],
    });
  });

  test("at what the cluster's load balancer was given, an address or a name", () => {
    const given = service({ ip: '192.0.2.7' }, { hostname: 'elb.example' });
    expect(publicPlaces('load-balancer', given, ['10.0.0.2'], [])).toEqual({ addresses: ['192.0.2.7', 'elb.example'] });
    expect(publicPlaces('load-balancer', service(), ['10.0.0.2'], []).missing).toMatch('given the Service no address');
  });

  test('where its name leads, behind an ingress', () => {
    expect(publicPlaces('cluster-ip', service(), ['10.0.0.2'], ['192.0.2.1'])).toEqual({ addresses: ['192.0.2.1'] });
  });

  test('nowhere without its Service', () => {
    expect(publicPlaces('cluster-ip', undefined, [], ['192.0.2.1']).missing).toMatch('is missing');
  });
});

test('of several Jobs of one name the newest counts, and it has failed unless a later try succeeded', () => {
  const job = (name: string, creationTimestamp: string, status: Job['status']): Job => ({
    kind: 'Job',
    metadata: { name, uid: name, creationTimestamp },
    status,
  });
  const derived = topology(SMALLEST, 'bank');
  const old = job('bank-secrets-job-0123456789', '2026-11-30T07:00:00Z', { failed: 5 });
  const now = job('bank-secrets-job-abcdef0123', '2026-11-30T08:00:00Z', { failed: 1, succeeded: 1 });
  const other = job('bank-keystores-job-abcdef0123', '2026-11-30T08:00:00Z', { failed: 1 });
  const found = currentJobs(derived, [old, other, now, job('bank-other-abcdef0123', STARTED, { failed: 1 })]);
  expect(found.map(({ metadata }) => metadata.name)).toEqual([now.metadata.name, other.metadata.name]);
  expect(found.map(hasFailed)).toEqual([false, true]);
});
