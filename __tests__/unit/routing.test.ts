import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/synth';

/** What nginx.conf calls. */
interface Routing {
  route(r: FakeRequest): string;
  drain(r: FakeRequest): void;
  status(r: FakeRequest): void;
  [probe: `probe${number}`]: () => Promise<void>;
}

interface FakeRequest {
  method: string;
  uri: string;
  variables: Record<string, string | undefined>;
  headersOut: Record<string, string>;
  answer?: { status: number; body?: string };
  return(status: number, body?: string): void;
}

/** A status, a failure, no answer before njs ends the handler, or no connection. */
type Answer = number | Error | 'silence' | 'no connection';

const SOURCE = readFileSync(join(PROJECT, 'runtime/load-balancer/routing.js'), 'utf8');
const NODES = ['node-1', 'node-2', 'node-3'];

/** The script with a stand-in for the two things that njs gives it: `ngx` and the topology module. */
function load(
  options: { affinity?: boolean; nodes?: string[]; written?: (dictionary: Map<string, string>) => void } = {},
) {
  const dictionary = new Map<string, string>();
  const answers: Record<string, Answer> = {};
  const log: string[] = [];
  const ngx = {
    WARN: 4,
    log: (_level: number, message: string) => log.push(message),
    shared: {
      nodes: {
        get: (key: string) => dictionary.get(key),
        set: (key: string, value: unknown) => {
          if (typeof value !== 'string') throw new TypeError('string value expected');
          dictionary.set(key, value);
        },
        delete: (key: string) => dictionary.delete(key),
        keys: () => [...dictionary.keys()],
      },
    },
    fetch: async (url: string) => {
      const answer = answers[url.replace('http://127.0.0.1:9080/probe/', '')] ?? 200;
      if (answer instanceof Error) throw answer;
      if (answer === 'silence') return new Promise(() => undefined);
      const connected = answer !== 'no connection';
      return {
        status: connected ? answer : 504,
        headers: { get: (name: string) => (name === 'X-Connect-Time' && !connected ? '-' : '0.002') },
      };
    },
  };
  const topology = {
    revision: 'abc',
    affinity: options.affinity ?? true,
    controlPort: 9080,
    allInRotation: '/tmp/all-in-rotation',
    ofOtherNumbers: ['/tmp/one-less', '/tmp/one-more'],
    nodes: options.nodes ?? NODES,
  };
  const files = new Set<string>();
  const unlinked: string[] = [];
  const fs = {
    writeFileSync: (path: string) => {
      files.add(path);
      options.written?.(dictionary);
    },
    unlinkSync: (path: string) => {
      unlinked.push(path);
      if (!files.delete(path)) throw new Error(`ENOENT: ${path}`);
    },
  };
  const body = SOURCE.replace(/^import \w+ from '[\w.]+';$/gm, '').replace('export default', 'return');
  const routing = new Function('ngx', 'topology', 'fs', body)(ngx, topology, fs) as Routing;
  const allInRotation = () => files.has(topology.allInRotation);
  const probe = async (node: number, answer: Answer, times = 1) => {
    answers[`node-${node}`] = answer;
    for (let time = 0; time < times; time++) {
      const probed = routing[`probe${node}`]?.();
      if (answer !== 'silence') await probed;
    }
  };
  return { routing, probe, dictionary, log, allInRotation, topology, files, unlinked };
}

function request(variables: Record<string, string | undefined> = {}, uri = '/'): FakeRequest {
  return {
    method: 'GET',
    uri,
    variables: { request_id: '00000000aabbccddeeff001122334455', ...variables },
    headersOut: {},
    return(status, body) {
      this.answer = { status, body };
    },
  };
}

function idOf(number: number): string {
  return number.toString(16).padStart(8, '0').padEnd(32, '0');
}

function statusOf(routing: Routing): { name: string; rotation: string; since: string | null; reason: string | null }[] {
  const r = request();
  routing.status(r);
  expect(r.answer?.status).toBe(200);
  expect(r.headersOut['Content-Type']).toBe('application/json');
  return JSON.parse(r.answer?.body as string).nodes;
}

const rotations = (routing: Routing) => statusOf(routing).map(({ rotation }) => rotation);

function targets(routing: Routing, count = 300): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let number = 0; number < count; number++) {
    const name = routing.route(request({ request_id: idOf(number) }));
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

afterEach(() => {
  jest.useRealTimers();
});

describe('before the first probe', () => {
  test('every node gets requests, because passive failover covers a wrong guess', () => {
    expect(targets(load().routing)).toEqual({ 'node-1': 100, 'node-2': 100, 'node-3': 100 });
  });

  test('the status says unknown', () => {
    expect(rotations(load().routing)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('a node falls out of rotation', () => {
  test.each([404, 500, 502, 503, 301])('at once when its health request is answered with %d', async (status) => {
    const { routing, probe } = load();
    await probe(1, 200);
    await probe(1, status);
    expect(rotations(routing)[0]).toBe('out');
    expect(targets(routing)).toEqual({ 'node-2': 150, 'node-3': 150 });
    expect(statusOf(routing)[0]?.reason).toContain(String(status));
  });

  test.each<[string, Answer]>([
    ['is not answered in time', 504],
    ['fails', new Error('connection reset')],
  ])('only after two health requests in a row when one %s, which may be a busy machine', async (_, answer) => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    await probe(1, answer);
    expect(rotations(routing)[0]).toBe('in');
    await probe(1, 200);
    await probe(1, answer);
    expect(rotations(routing)[0]).toBe('in');
    await probe(1, answer);
    expect(rotations(routing)[0]).toBe('out');
  });

  test('when its health requests hang, although njs ends the handler that waits for them', async () => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    await probe(1, 'silence', 2);
    expect(rotations(routing)[0]).toBe('in');
    await probe(1, 'silence');
    expect(rotations(routing)[0]).toBe('out');
    expect(statusOf(routing)[0]?.reason).toContain('not answered in time');
    // The answer that ends the silence comes on top of one that is still missing.
    await probe(1, 200, 3);
    expect(rotations(routing)[0]).toBe('in');
  });

  test('and where there is no other, it serves again after its first success', async () => {
    const { routing, probe } = load({ nodes: ['node-1', 'node-2'] });
    await probe(1, 502);
    await probe(2, 502);
    await probe(2, 200);
    expect(rotations(routing)).toEqual(['out', 'out']);
    expect(targets(routing)).toEqual({ 'node-2': 300 });
  });

  test('and the log says so once, with the reason', async () => {
    const { probe, log } = load();
    await probe(2, 503, 5);
    expect(log).toEqual(['node-2 is out of rotation: health request is answered with 503']);
  });

  test('without touching the others', async () => {
    const { routing, probe } = load();
    await probe(1, 200);
    await probe(2, 503);
    await probe(3, 200);
    expect(rotations(routing)).toEqual(['in', 'out', 'in']);
  });
});

describe('where no node is in rotation', () => {
  const pair = () => load({ nodes: ['node-1', 'node-2'] });

  test.each<[string, Answer]>([
    ['answer their health request with 503, a directory both of them need being down,', 503],
    ['leave it unanswered, their database being frozen,', 504],
    ['hold it, which njs does not wait for,', 'silence'],
  ])('nodes that %s serve all the same, for as long as it lasts', async (_, answer) => {
    const { routing, probe } = pair();
    for (const node of [1, 2]) {
      await probe(node, 200, 2);
      await probe(node, answer, 600);
    }
    expect(rotations(routing)).toEqual(['out', 'out']);
    expect(targets(routing)).toEqual({ 'node-1': 150, 'node-2': 150 });
  });

  test('one that answers comes before one that is silent, and that before one that is gone', async () => {
    const { routing, probe } = pair();
    for (const node of [1, 2]) await probe(node, 200, 2);
    await probe(1, 504, 600);
    await probe(2, 503, 600);
    expect(targets(routing)).toEqual({ 'node-2': 300 });
    await probe(2, 502);
    expect(targets(routing)).toEqual({ 'node-1': 300 });
  });

  test('one to which no connection comes about is tried for five probes and is gone then, until it answers again', async () => {
    const { routing, probe } = pair();
    for (const node of [1, 2]) await probe(node, 200, 2);
    await probe(2, 502);
    await probe(1, 'no connection', 4);
    expect(targets(routing)).toEqual({ 'node-1': 300 });
    await probe(1, 'no connection');
    expect(targets(routing)).toEqual({ '': 300 });
    await probe(1, 504);
    expect(targets(routing)).toEqual({ 'node-1': 300 });
  });

  test.each([404, 302, 500, 503])(
    'one that answers %d has not started yet when its connections were refused before',
    async (status) => {
      const { routing, probe } = pair();
      for (const node of [1, 2]) {
        await probe(node, 200, 2);
        await probe(node, 502);
        await probe(node, status, 3);
      }
      expect(targets(routing)).toEqual({ '': 300 });
      await probe(2, 200);
      await probe(2, status);
      expect(targets(routing)).toEqual({ 'node-2': 300 });
    },
  );

  test('a load balancer that has just started tells a server with a problem from one that is starting', async () => {
    const { routing, probe } = pair();
    await probe(1, 404, 3);
    await probe(2, 503, 3);
    expect(targets(routing)).toEqual({ 'node-2': 300 });
  });

  test('one that was drained and has stopped gets nothing, although its address is merely silent', async () => {
    const { routing, probe } = pair();
    for (const node of [1, 2]) await probe(node, 200, 2);
    routing.drain({ ...request({}, '/drain/node-1'), method: 'POST' });
    await probe(1, 'no connection', 5);
    await probe(2, 503);
    expect(targets(routing)).toEqual({ 'node-2': 300 });
    await probe(2, 502);
    expect(targets(routing)).toEqual({ '': 300 });
  });
});

describe('a node comes back into rotation', () => {
  test('after two successes in a row', async () => {
    const { routing, probe } = load();
    await probe(1, 503);
    await probe(1, 200);
    expect(rotations(routing)[0]).toBe('out');
    await probe(1, 503);
    await probe(1, 200);
    expect(rotations(routing)[0]).toBe('out');
    await probe(1, 200);
    expect(rotations(routing)[0]).toBe('in');
    expect(targets(routing)['node-1']).toBe(100);
  });

  test('a first success is enough when nothing was known, so that a start is not held up', async () => {
    const { routing, probe } = load();
    await probe(1, 200);
    expect(rotations(routing)[0]).toBe('in');
  });
});

describe('draining', () => {
  const drain = (routing: Routing, node: number) => {
    const r = { ...request({}, `/drain/node-${node}`), method: 'POST' };
    routing.drain(r);
    expect(r.answer).toEqual({ status: 204, body: undefined });
  };

  test('a draining node gets nothing new, even from a browser that has its cookie and while its probes succeed', async () => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    drain(routing, 1);
    await probe(1, 200, 3);
    expect(rotations(routing)[0]).toBe('draining');
    expect(targets(routing)['node-1']).toBeUndefined();
    expect(routing.route(request({ cookie_ISROUTE: 'node-1' }))).not.toBe('node-1');
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('is not done by %s', async (method) => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    const r = { ...request({}, '/drain/node-1'), method };
    routing.drain(r);
    expect(r.answer).toEqual({ status: 405, body: undefined });
    expect(r.headersOut).toEqual({ Allow: 'POST' });
    expect(rotations(routing)[0]).toBe('in');
  });

  test('ends when the node has stopped: after that the probes decide', async () => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    drain(routing, 1);
    await probe(1, 502);
    expect(rotations(routing)[0]).toBe('out');
    await probe(1, 200, 2);
    expect(rotations(routing)[0]).toBe('in');
  });

  test('a single silence does not end it', async () => {
    const { routing, probe } = load();
    await probe(1, 200, 2);
    drain(routing, 1);
    await probe(1, 504);
    await probe(1, 200);
    expect(rotations(routing)[0]).toBe('draining');
  });

  test('expires after three minutes when the node never stops', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const { routing, probe } = load();
    await probe(1, 200, 2);
    drain(routing, 1);
    jest.setSystemTime(1_000_000 + 179_999);
    expect(rotations(routing)[0]).toBe('draining');
    jest.setSystemTime(1_000_000 + 180_000);
    expect(rotations(routing)[0]).toBe('in');
    expect(targets(routing)['node-1']).toBe(100);
  });
});

describe('affinity', () => {
  test('a browser stays on the node that its cookie names', () => {
    const { routing } = load();
    for (let number = 0; number < 50; number++) {
      expect(routing.route(request({ request_id: idOf(number), cookie_ISROUTE: 'node-2' }))).toBe('node-2');
    }
  });

  test('moves to another node when its own is out', async () => {
    const { routing, probe } = load();
    await probe(2, 503);
    const route = routing.route(request({ cookie_ISROUTE: 'node-2' }));
    expect(['node-1', 'node-3']).toContain(route);
  });

  test.each(['node-9', '', 'NODE-1', 'node-1, node-2', '10.0.0.1:9446', '__proto__'])(
    'a forged cookie %p chooses nothing',
    (cookie) => {
      const { routing } = load();
      expect(NODES).toContain(routing.route(request({ cookie_ISROUTE: cookie })));
    },
  );

  test('switched off, every request is spread', () => {
    const { routing } = load({ affinity: false });
    const counts: Record<string, number> = {};
    for (let number = 0; number < 300; number++) {
      const name = routing.route(request({ request_id: idOf(number), cookie_ISROUTE: 'node-1' }));
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual({ 'node-1': 100, 'node-2': 100, 'node-3': 100 });
  });
});

test('a request that one node alone can take is marked, so that it waits for it', async () => {
  const { routing, probe } = load({ nodes: ['node-1', 'node-2'] });
  const chosen = () => {
    const r = request();
    return [routing.route(r), r.variables.only_node];
  };
  expect(chosen()).toEqual([expect.any(String), undefined]);
  await probe(1, 502);
  expect(chosen()).toEqual(['node-2', 'yes']);
  await probe(2, 503);
  expect(chosen()).toEqual(['node-2', 'yes']);
  await probe(1, 200, 2);
  expect(chosen()).toEqual(['node-1', 'yes']);
  await probe(2, 200, 2);
  expect(chosen()).toEqual([expect.any(String), undefined]);
});

test('with no node that could serve nothing is chosen, which nginx.conf answers with 503', async () => {
  const { routing, probe } = load({ nodes: ['node-1', 'node-2'] });
  await probe(1, 502);
  await probe(2, 502);
  expect(routing.route(request({ cookie_ISROUTE: 'node-1' }))).toBe('');
  await probe(2, 200, 2);
  expect(routing.route(request())).toBe('node-2');
});

describe('the file that lets nginx.conf choose without a script', () => {
  test('is there while all nodes are in rotation', async () => {
    const { probe, allInRotation } = load();
    expect(allInRotation()).toBe(false);
    for (const node of [1, 2, 3]) await probe(node, 200);
    expect(allInRotation()).toBe(true);
    await probe(2, 503);
    expect(allInRotation()).toBe(false);
    await probe(1, 200, 3);
    expect(allInRotation()).toBe(false);
    await probe(2, 200, 2);
    expect(allInRotation()).toBe(true);
  });

  test('goes in the moment in which a node says that it will stop', async () => {
    const { routing, probe, allInRotation } = load();
    await probe(1, 200);
    expect(allInRotation()).toBe(true);
    routing.drain({ ...request({}, '/drain/node-3'), method: 'POST' });
    expect(allInRotation()).toBe(false);
    await probe(1, 200);
    expect(allInRotation()).toBe(false);
  });

  test('goes when health requests hang, which njs does not wait for', async () => {
    const { probe, allInRotation } = load();
    await probe(1, 200, 2);
    await probe(1, 'silence', 3);
    expect(allInRotation()).toBe(false);
  });

  test('of another number of nodes goes with the first probe after a reload, and is looked for once', async () => {
    const { probe, files, unlinked, topology } = load();
    files.add('/tmp/one-more');
    await probe(1, 200, 3);
    expect([...files]).toEqual(['/tmp/all-in-rotation']);
    expect(unlinked).toEqual(['/tmp/one-less', '/tmp/one-more']);
    topology.revision = 'the way back';
    files.add('/tmp/one-less');
    await probe(1, 200);
    expect([...files]).toEqual(['/tmp/all-in-rotation']);
  });

  test('a node that comes back under its name is not the one that stopped, which nobody forgets while it leaves', async () => {
    const { probe, routing, dictionary, topology } = load({ nodes: ['node-1', 'node-2', 'node-3'] });
    const known = () => [...dictionary.keys()].filter((key) => key.endsWith(':node-3'));
    for (const node of [1, 2, 3]) await probe(node, 200);
    routing.drain({ ...request({}, '/drain/node-3'), method: 'POST' });
    topology.revision = 'two nodes';
    topology.nodes = ['node-1', 'node-2'];
    await probe(1, 200);
    expect(known()).toContain('draining:node-3');
    topology.revision = 'three again';
    topology.nodes = ['node-1', 'node-2', 'node-3'];
    await probe(1, 200);
    expect(known()).toEqual([]);
    expect(dictionary.get('rotation:node-2')).toBe('in');
  });

  test('does not stay when another worker takes a node out while it is written', async () => {
    const { probe, allInRotation } = load({ written: (dictionary) => dictionary.set('rotation:node-2', 'out') });
    await probe(1, 200);
    expect(allInRotation()).toBe(false);
  });
});

test('the largest request id still chooses a node', () => {
  expect(NODES).toContain(load().routing.route(request({ request_id: 'f'.repeat(32) })));
});

test('the status names the revision, and since when and why each node is where it is', async () => {
  jest.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5) });
  const { routing, probe } = load({ nodes: ['node-1', 'node-2'] });
  await probe(1, 200);
  await probe(2, 503);
  jest.setSystemTime(Date.UTC(2026, 0, 2, 3, 5, 0));
  await probe(2, 503);
  const r = request();
  routing.status(r);
  expect(JSON.parse(r.answer?.body as string)).toEqual({
    revision: 'abc',
    nodes: [
      { name: 'node-1', rotation: 'in', since: '2026-01-02T03:04:05.000Z', reason: 'health request succeeds' },
      {
        name: 'node-2',
        rotation: 'out',
        since: '2026-01-02T03:04:05.000Z',
        reason: 'health request is answered with 503',
      },
    ],
  });
});

test('the script keeps to what the njs engine knows: no for…of, and no Math.random, which repeats in every request', () => {
  const code = SOURCE.replace(/^\s*\/\/.*$/gm, '');
  expect(code).not.toMatch(/\bfor\s*\([^)]*\bof\b/);
  expect(code).not.toContain('Math.random');
});
