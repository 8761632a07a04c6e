import { readFileSync } from 'node:fs';
import { DRAIN_SECONDS } from '../../topology/node';
import { Client } from '../support/client';
import { type LoadReport, underLoad } from '../support/load';
import { type Answer, type Ask, NginxAlone } from '../support/nginx-alone';
import { docker, eventually, inspect } from '../support/workspace';

// The load balancer with its generated configuration in front of nodes that record: limits of clients, and nodes that come and go.
const edge = new NginxAlone('e2e-edge');
const { network } = edge.place;
const [FIRST, SECOND] = [40, 41];
/** Where the load of these tests comes from. */
const HERE = `${network}.1/32`;
const AT_ONCE = 12;
const LIMIT = 3;
/** Requests that were on their way to a node when it was drained have arrived by then, or it would stop too soon; in milliseconds. */
const ON_THE_WAY_MS = DRAIN_SECONDS * 1000;

/** Requests whose lines are many times what a pipe holds, and how long they may take. */
const UNREAD = 3000;
const UNREAD_MS = 60_000;

let first: Ask;
let second: Ask;

jest.setTimeout(300_000);

beforeAll(async () => {
  await edge.start(limits(SECOND));
  [first, second] = await Promise.all([edge.startClient(FIRST), edge.startClient(SECOND)]);
}, 600_000);

afterAll(() => edge.remove());

test('a client address within a listed network has the limits of that network, one outside the others; a reload changes who is which', async () => {
  const { report } = await load(async () => {
    await expectLimited(first, second);
    await edge.install(limits(FIRST));
    await expectLimited(second, first);
    await edge.install(limits(SECOND));
    await expectLimited(first, second);
  });
  expect(report.failed).toEqual([]);
  expect(report.sent).toBeGreaterThan(50);
});

test('a third node gets requests once it is there, none after it has said that it stops, and nobody notices that it goes', async () => {
  const { report, result: drainedAt } = await load(async () => {
    await edge.startNode(3);
    await edge.install(limits(SECOND), 3);
    await served(3);
    const drained = await edge.drainNode(3);
    expect(await edge.markers()).toEqual([]);
    await new Promise((done) => setTimeout(done, ON_THE_WAY_MS + 2000));
    await edge.install(limits(SECOND), 2);
    await eventually(
      'both nodes are known to serve',
      10,
      async () => String(await edge.markers()) === '2-nodes-in-rotation',
    );
    await new Promise((done) => setTimeout(done, ON_THE_WAY_MS + 2000));
    return drained;
  });
  const { received } = await edge.record(3);
  expect(received.length).toBeGreaterThan(5);
  expect(received.filter(({ at }) => at > drainedAt + ON_THE_WAY_MS)).toEqual([]);
  expect(report.failed).toEqual([]);
});

test('one that comes back under its name is not taken for the one that stopped, and one that is not there yet costs no request', async () => {
  await edge.stopNode(3);
  const { report } = await load(async () => {
    await edge.install(limits(SECOND), 3);
    await eventually(
      'it is known that the third node is not there',
      15,
      async () => (await edge.markers()).length === 0,
    );
    await edge.startNode(3);
    await served(3);
    await eventually('all are known to serve', 10, async () => String(await edge.markers()) === '3-nodes-in-rotation');
    // As soon as it is drained, with the configuration of two nodes and back: it may serve again at once.
    await edge.drainNode(3);
    await edge.install(limits(SECOND), 2);
    await eventually(
      'both nodes are known to serve',
      10,
      async () => String(await edge.markers()) === '2-nodes-in-rotation',
    );
    const before = (await edge.record(3)).received.length;
    await edge.install(limits(SECOND), 3);
    await eventually(
      'the third node serves again',
      15,
      async () => (await edge.record(3)).received.length > before + 5,
    );
  });
  expect(report.failed).toEqual([]);
});

test('a request that one node alone can take waits for it, arrives as it was sent, and has the limits of every other', async () => {
  await edge.install(limits(SECOND), 2);
  await edge.drainNode(2);
  await edge.stopNode(2);
  const target = '/page/a%20b%C3%A4;v=1?id=%C3%A4';
  const body = 'x'.repeat(100_000);
  const client = new Client({ ...edge.client, keepAlive: false });
  const node = edge.nodeContainer(1);
  // It accepts nothing meanwhile: longer than another node would be waited for, and not so long that it counts as gone.
  await docker('pause', node);
  const answered = client.post(target, body);
  await new Promise((done) => setTimeout(done, 2500));
  await docker('unpause', node);
  const { status, milliseconds } = await answered;
  expect(status).toBe(200);
  expect(milliseconds).toBeGreaterThan(2000);
  const { received } = await edge.record(1);
  expect(received.filter(({ length }) => length === body.length).map((each) => each.target)).toEqual([
    '/page/a%20b%C3%A4;v=1',
  ]);
  await expectLimited(first, second);
});

test('a request waits where no node accepts a connection for some seconds, and is sent once', async () => {
  await edge.install(limits(SECOND), 2);
  await edge.startNode(2);
  await eventually('both are known to serve', 15, async () => String(await edge.markers()) === '2-nodes-in-rotation');
  const body = 'y'.repeat(100_000);
  const client = new Client({ ...edge.client, keepAlive: false });
  const nodes = [1, 2].map((number) => edge.nodeContainer(number));
  // Longer than both tries to connect together.
  await docker('pause', ...nodes);
  const answered = client.post('/page/slow?id=1', body);
  await new Promise((done) => setTimeout(done, 4000));
  await docker('unpause', ...nodes);
  const { status, milliseconds } = await answered;
  expect(status).toBe(200);
  expect(milliseconds).toBeGreaterThan(3500);
  const records = await Promise.all([1, 2].map((number) => edge.record(number)));
  expect(records.flatMap(({ received }) => received).filter(({ target }) => target === '/page/slow')).toHaveLength(1);
});

test('where nobody takes what it prints, it serves all the same; nothing of it is missing afterwards, nor what came last before it stops', async () => {
  await edge.install(limits(SECOND), 2);
  // What the engine reads from, of this container alone.
  const { Pid } = (await inspect(edge.container)).State;
  const shim = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8'))?.[1]);
  const before = await logged('/page/unread');
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((done) => {
    late = setTimeout(done, UNREAD_MS, `not served within ${UNREAD_MS} ms`);
  });
  process.kill(shim, 'SIGSTOP');
  try {
    expect(await Promise.race([second('/page/unread', UNREAD, 20).then(counts), tooLate])).toEqual({ 200: UNREAD });
  } finally {
    process.kill(shim, 'SIGCONT');
    clearTimeout(late);
  }
  await eventually('all of them are in the log', 30, async () => (await logged('/page/unread')) === before + UNREAD);
  expect(counts(await second('/page/last', 50))).toEqual({ 200: 50 });
  await docker('stop', edge.container);
  expect(await logged('/page/last')).toBe(50);
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', edge.container)).toBe('0');
});

/** Limits that these tests reach, and higher ones for one client and for the load. */
function limits(favoured: number): string {
  const client = `${network}.${favoured}/32`;
  return `client_limit = { requests = ${LIMIT}, networks = [{ network = "${HERE}", requests = 100 }, { network = "${client}", requests = 50 }] }
rate_limit = { requests_per_second = 1, networks = [{ network = "${client}", requests_per_second = 100 }] }`;
}

async function expectLimited(limited: Ask, free: Ask): Promise<void> {
  const slow = await limited('/slow/page', AT_ONCE);
  expect(counts(slow)).toEqual({ 200: LIMIT, 429: AT_ONCE - LIMIT });
  expect(counts(await free('/slow/page', AT_ONCE))).toEqual({ 200: AT_ONCE });
  // So few at a time that only the rate limits them.
  const guesses = await limited('/services/login', AT_ONCE, LIMIT);
  expect(Object.keys(counts(guesses))).toEqual(['200', '429']);
  expect(counts(guesses)[200]).toBeGreaterThan(4);
  expect(counts(await free('/services/login', AT_ONCE))).toEqual({ 200: AT_ONCE });
  expect(
    new Set([...slow, ...guesses].filter(({ status }) => status === 429).map(({ retryAfter }) => retryAfter)),
  ).toEqual(new Set(['1']));
}

/** How many requests of a path the access log has. */
async function logged(path: string): Promise<number> {
  return (await edge.accessLog()).filter((each) => each.path === path).length;
}

function counts(answers: readonly Answer[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { status } of answers) all[status] = (all[status] ?? 0) + 1;
  return all;
}

function served(number: number): Promise<void> {
  return eventually(`node ${number} gets requests`, 15, async () => (await edge.record(number)).received.length > 5);
}

function load<T>(work: () => Promise<T>): Promise<{ report: LoadReport; result: T }> {
  const requests = (['GET', 'POST'] as const).map((method) => ({ method, path: (id: string) => `/page/${id}` }));
  return underLoad({ ...edge.client, requests, clients: 6, pause: 20, name: 'beside' }, work);
}
