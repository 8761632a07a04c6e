import { askedElsewhere, between, patienceSeconds } from '../../cli/kubernetes/served';
import type { Published } from '../../cli/published/published';
import { publishedAnswer } from './published-answer';

// The end of `make up` and `make apply` on Kubernetes: whether a client is served where the environment is published.
const SERVED = publishedAnswer();
const REFUSED: Published = { ...SERVED, served: false, reason: 'no node is ready (503)' };
const NOWHERE: Published = { ...REFUSED, addresses: [], reason: 'the cluster has given the Service no address' };
const INSIDE: Published = {
  ...SERVED,
  addresses: ['10.232.0.7:443'],
  askedFrom: 'the cluster',
  notes: ['from this machine: nothing accepts connections at 10.0.0.1:443'],
};

test.each<[string, Parameters<typeof patienceSeconds>, number]>([
  ['a client who is served from here is enough', ['node-port', SERVED], 0],
  ['one who is not is asked for again', ['node-port', REFUSED], 20],
  ['one who is served in the cluster may be on the way to those outside', ['load-balancer', INSIDE], 20],
  ['behind an ingress nothing of ours is on the way', ['cluster-ip', INSIDE], 0],
  ['a cloud takes its time for an address', ['load-balancer', NOWHERE], 180],
  ['machines have theirs', ['node-port', NOWHERE], 20],
])('%s', (_, given, seconds) => {
  expect(patienceSeconds(...given)).toBe(seconds);
});

test('it is said where this machine could not ask', () => {
  expect(askedElsewhere(SERVED)).toBeUndefined();
  expect(askedElsewhere(INSIDE)).toBe(
    [
      'A client of https://is.bank.test is served inside the cluster, at 10.232.0.7:443. Where it is published, this machine could not ask:',
      '  from this machine: nothing accepts connections at 10.0.0.1:443',
    ].join('\n'),
  );
});

test('it is said what stands between that is not of the environment', () => {
  const balancer = { hostname: 'is.bank.test', httpsPort: 443, containerName: 'bank-load-balancer' };
  expect(between('node-port', REFUSED, balancer)).toEqual([]);
  expect(between('cluster-ip', REFUSED, balancer)).toEqual([
    'Your ingress stands between: it must pass TLS for is.bank.test through to port 443 of the Service bank-load-balancer.',
  ]);
  expect(between('cluster-ip', { ...INSIDE, served: false }, balancer)).toEqual([
    'It was asked from inside the cluster (from this machine: nothing accepts connections at 10.0.0.1:443).',
  ]);
});
