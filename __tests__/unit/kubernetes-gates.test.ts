import { Refusals } from '../../cli/kubernetes/cluster-lost';
import { requireAnotherInRotation, waitUntilAllInRotation } from '../../cli/kubernetes/gates';
import { CommandError } from '../../cli/setup/process';
import { onCluster } from '../support/kubernetes-plans';

// Who may be replaced, by the word of load balancers that may be silent, in a cluster that may be as well.

const whole = onCluster();
/** Nobody is given time to start, and two seconds to get back. */
const topology = { ...whole, nodes: whole.nodes.map((node) => ({ ...node, startTimeoutSeconds: -28 })) };
const GONE = new CommandError(['kubectl', 'get'], 1, 'exit code 1', [
  'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
]);
const REFUSED = new CommandError(['kubectl', 'get'], 1, 'exit code 1', [
  'Error from server (Forbidden): pods is forbidden: User "ci" cannot list resource "pods" in API group ""',
]);

/** Numbers of the nodes that a load balancer says are in rotation; none where it says nothing. */
type Says = readonly number[] | undefined;

/** A cluster that is asked again and again; what is last stays. @param looks what its load balancers say, or what the cluster itself fails with */
function place(...looks: (readonly Says[] | CommandError | undefined)[]) {
  let look: readonly Says[] | CommandError | undefined;
  let count = 0;
  const pod = (index: number) => ({
    metadata: { name: `balancer-${index}` },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const cluster = {
    list: async () => {
      look = looks[Math.min(count++, looks.length - 1)];
      if (look === undefined) throw GONE;
      if (look instanceof CommandError) throw look;
      return look.map((_, index) => pod(index));
    },
    inPods: {
      exec: async (name: string) => {
        const says = look instanceof CommandError ? undefined : look?.[Number(name.split('-')[1])];
        if (says === undefined) throw GONE;
        const rotation = (number: number) => (says.includes(number) ? 'in' : 'out');
        return JSON.stringify({
          nodes: [1, 2].map((number) => ({ name: `node-${number}`, rotation: rotation(number) })),
        });
      },
    },
  };
  return { topology, cluster, looks: () => count } as unknown as Parameters<typeof requireAnotherInRotation>[0] & {
    looks: () => number;
  };
}

const told = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
beforeEach(() => told.mockClear());
afterAll(() => told.mockRestore());

test('a node is replaced where each load balancer has another one, or does not use it', async () => {
  for (const says of [
    [
      [1, 2],
      [1, 2],
    ],
    [[2], [1, 2]],
    [[2], [2]],
    [[], []],
    [],
  ]) {
    const asked = place(says);
    await requireAnotherInRotation(asked, 'bank-node-1');
    expect(asked.looks()).toBe(1);
  }
});

test('a node that is the only one at a load balancer is waited for, and then left alone', async () => {
  const better = place([[1], [2]], [[1, 2], [2]]);
  await requireAnotherInRotation(better, 'bank-node-1');
  expect(better.looks()).toBe(2);
  await expect(requireAnotherInRotation(place([[1], [2]]), 'bank-node-1')).rejects.toThrow(
    'bank-node-1 is the only node that serves: going on would be an outage. Nothing more was changed.',
  );
});

test('a load balancer that says nothing is waited for: nobody knows what it would do without the node', async () => {
  const better = place(
    [undefined, [1, 2]],
    [
      [1, 2],
      [1, 2],
    ],
  );
  await requireAnotherInRotation(better, 'bank-node-1');
  expect(better.looks()).toBe(2);
  await expect(requireAnotherInRotation(place([undefined, [1, 2]]), 'bank-node-1')).rejects.toThrow(
    'balancer-0 does not say who takes traffic: replacing bank-node-1 may be an outage. Nothing more was changed.',
  );
});

test('when all is done, every load balancer that says something must have every node, and silence of all is no yes', async () => {
  await waitUntilAllInRotation(place([undefined, [1, 2]]));
  await expect(waitUntilAllInRotation(place([[1, 2], [1]]))).rejects.toThrow(
    'everything is as configured, but not every node takes traffic:\n  bank-node-2 at balancer-1: out\n"make status',
  );
  for (const says of [[], [undefined]]) {
    await expect(waitUntilAllInRotation(place(says))).rejects.toThrow(
      'everything is as configured, but no load balancer says who takes traffic.\n"make status',
    );
  }
}, 20_000);

test('a cluster that does not answer is waited for, and told once', async () => {
  const back = place(undefined, undefined, [
    [1, 2],
    [1, 2],
  ]);
  await requireAnotherInRotation(back, 'bank-node-1');
  expect(back.looks()).toBe(3);
  const lines = told.mock.calls.map(([text]) => String(text));
  expect(lines.filter((line) => line.includes('the cluster does not answer: The connection'))).toHaveLength(1);
  await waitUntilAllInRotation(
    place(undefined, [
      [1, 2],
      [1, 2],
    ]),
  );
  await expect(requireAnotherInRotation(place(undefined), 'bank-node-1')).rejects.toThrow(
    /^the cluster does not answer: The connection .*\. Nothing more was changed\./,
  );
});

test('a cluster that refuses as it starts is asked again; one that goes on refusing is not', async () => {
  const starting = place(undefined, REFUSED, [
    [1, 2],
    [1, 2],
  ]);
  await requireAnotherInRotation(starting, 'bank-node-1');
  expect(starting.looks()).toBe(3);
  const lines = told.mock.calls.map(([text]) => String(text));
  expect(lines.filter((line) => line.includes('the cluster refuses to tell, for now: pods is forbidden'))).toHaveLength(
    1,
  );
  const refusals = new Refusals();
  expect([0, 19_999, 20_000].map((at) => refusals.last(REFUSED, at))).toEqual([false, false, true]);
  // Silence between, or an answer, is a start that begins anew.
  expect([refusals.last(GONE, 21_000), refusals.last(REFUSED, 30_000)]).toEqual([false, false]);
  refusals.ended();
  expect([refusals.last(REFUSED, 60_000), refusals.last(REFUSED, 80_000)]).toEqual([false, true]);
});
