import { createServer } from 'node:net';
import Fastify from 'fastify';
import { allChecks, selectChecks } from '../../acceptance/checks';
import { junit } from '../../acceptance/report/junit';
import { markdown } from '../../acceptance/report/markdown';
import { allHold, type Result, type RunOptions, runChecks } from '../../acceptance/run';
import { selfSigned } from '../../acceptance/self-signed';
import type { Target } from '../../acceptance/target';
import { type StandInPair, standInPair } from '../stand-in/pair';

// What users meet: each is a clear line, and whatever does not need what is missing is checked all the same.
const CHECKS = selectChecks(allChecks(), 'P2,N1,N3,N8,A3,C5');
let pair: StandInPair;
beforeAll(async () => {
  pair = await standInPair();
});
afterAll(() => pair.close());

/** Puts something else in the place of what the nodes answer at a path. */
function answerInstead(path: string, status: number, body: object): void {
  const other = Fastify();
  other.all('/', (_, reply) => reply.status(status).send(body));
  for (const node of pair.nodes.values()) {
    const inject = node.inject.bind(node) as (options: { url: string }) => unknown;
    const replaced = (options: { url: string }) => (options.url.startsWith(path) ? other.inject('/') : inject(options));
    Object.assign(node, { inject: replaced });
  }
}

async function runOne(id: string, further: Partial<RunOptions> = {}): Promise<Result | undefined> {
  const options = { prefix: 'aa-obstacle-', emailUsernames: false, boundSeconds: 0.3, ...further };
  return (await runChecks(pair.target, selectChecks(allChecks(), id), options)).find((result) => result.id === id);
}

async function run(changes: Partial<Target>, signal?: AbortSignal, progress?: () => void): Promise<Result[]> {
  const options = { prefix: 'aa-obstacle-', emailUsernames: false, boundSeconds: 0.3, signal, progress };
  return runChecks({ ...pair.target, timeoutSeconds: 1, ...changes }, CHECKS, options);
}

function outcomes(results: readonly Result[]): Record<string, string> {
  return Object.fromEntries(results.map(({ id, outcome }) => [id, outcome]));
}

function detailOf(results: readonly Result[], id: string): string | undefined {
  return results.find((result) => result.id === id)?.detail;
}

test('a wrong password is named once for each check that needs it, and is in no line', async () => {
  const administrator = { username: 'admin', password: 'Wrong-Password-9' };
  const results = await run({ administrator });
  expect(outcomes(results)).toMatchObject({
    P2: 'held',
    N1: 'held',
    N3: 'held',
    N8: 'held',
    C5: 'unclear',
    Z1: 'unclear',
  });
  expect(detailOf(results, 'C5')).toBe('name or password of the administrator admin is not accepted');
  expect(allHold(results)).toBe(false);
  expect(JSON.stringify(results)).not.toContain('Wrong-Password-9');
});

test('a certificate that is not trusted says how to trust it', async () => {
  const results = await run({ authorities: selfSigned('another.test').certificate });
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['unclear']));
  expect(results[0]?.detail).toMatch(/the certificate is not trusted \(\w+\): say with CA=<file> who has issued it/);
});

test('a certificate for another name says so', async () => {
  const results = await run({ origin: 'https://another.test' });
  expect(results[0]?.detail).toMatch(/the certificate is not for another.test/);
});

test('a port where nobody listens says so', async () => {
  const results = await run({ port: 1 });
  expect(results[0]?.detail).toBe('GET /console/: 127.0.0.1:1 refuses the connection');
});

test('silence says how long it was waited', async () => {
  const silent = createServer();
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  try {
    const results = await run({ port: (silent.address() as { port: number }).port, timeoutSeconds: 0.2 });
    expect(results[0]?.detail).toBe('GET /console/: no answer within 0.2 s');
  } finally {
    silent.close();
  }
});

describe('with one node that is not as it should be', () => {
  let healthy: StandInPair['nodes'];
  beforeEach(() => {
    healthy = new Map(pair.nodes);
  });
  afterEach(() => {
    for (const [name, node] of healthy) pair.nodes.set(name, node);
  });

  test('a node that takes no traffic is named, and the rest goes on', async () => {
    pair.nodes.delete('node-2');
    const results = await run({});
    expect(outcomes(results)).toMatchObject({ P2: 'broken', N1: 'unclear', N8: 'held', C5: 'unclear' });
    expect(detailOf(results, 'N1')).toBe('node-2 was asked for, but node-1 answered: node-2 takes no traffic');
    expect(allHold(results)).toBe(false);
  });

  test('a node that is silent is named with the time that was waited, and the rest goes on', async () => {
    const silent = Fastify();
    silent.all('/*', () => new Promise(() => {}));
    pair.nodes.set('node-2', silent);
    const results = await run({ timeoutSeconds: 0.3 });
    expect(outcomes(results)).toMatchObject({ P2: 'unclear', N1: 'unclear', A3: 'unclear', C5: 'unclear' });
    expect(detailOf(results, 'A3')).toBe('GET /scim2/Me on node-2: no answer within 0.3 s');
    expect(results).toHaveLength(CHECKS.length);
  });

  test('HTML where JSON is expected is broken, with the request', async () => {
    const page = Fastify();
    page.all('/*', (_, reply) => reply.type('text/html').send('<html>maintenance</html>'));
    pair.nodes.set('node-2', page);
    const results = await run({});
    expect(outcomes(results)).toMatchObject({ N1: 'broken', N3: 'held', C5: 'broken' });
    const document = 'GET /oauth2/token/.well-known/openid-configuration on node-2';
    expect(detailOf(results, 'N1')).toBe(
      `${document} was answered with an HTML page where JSON was expected (status 200)`,
    );
  });
});

test('on a server without OpenID Connect, the checks that need none of it hold, and the others are skipped with the reason', async () => {
  const carbon = Fastify();
  carbon.setNotFoundHandler((_, reply) => reply.redirect('/carbon/admin/login.jsp'));
  for (const path of ['/console/', '/carbon/admin/login.jsp']) {
    carbon.get(path, (_, reply) => reply.type('text/html').send('<html></html>'));
  }
  const healthy = new Map(pair.nodes);
  for (const name of healthy.keys()) pair.nodes.set(name, carbon);
  try {
    const results = await run({ maybeCarbon: true });
    expect(outcomes(results)).toMatchObject({ P2: 'held', N1: 'skipped', N3: 'held', N8: 'held', C5: 'skipped' });
    // Where it must be there, its absence is no excuse.
    expect(outcomes(await run({ maybeCarbon: false }))).toMatchObject({ N1: 'broken', C5: 'broken' });
  } finally {
    for (const [name, node] of healthy) pair.nodes.set(name, node);
  }
});

test.each([
  ['8080', 'BACK_CHANNEL=8080 is not <address>:<port>'],
  [
    '192.0.2.1:8080',
    'BACK_CHANNEL=192.0.2.1:8080: nobody can listen there (listen EADDRNOTAVAIL: address not available 192.0.2.1:8080)',
  ],
])('back-channel log-out at %s says what is wrong with it', async (backChannel, detail) => {
  expect(await runOne('S6', { backChannel })).toMatchObject({ outcome: 'unclear', detail });
});

test('what needs leave is skipped without it, and says how to give it', async () => {
  expect((await runOne('S6'))?.detail).toMatch(/only with BACK_CHANNEL=<address/);
  expect((await runOne('X1'))?.detail).toMatch(/only with CONSENTS=1/);
  expect((await runOne('R2'))?.detail).toMatch(/only with FAILOVER=1/);
});

test('without the role for consents, or a secondary user store, there is nothing to check', async () => {
  answerInstead('/api/fs/consent', 403, {});
  answerInstead('/api/server/v1/userstores', 200, []);
  expect(await runOne('X1', { consents: true })).toMatchObject({
    outcome: 'skipped',
    detail: 'the administrator has not the role OBInternalApiAccessRole',
  });
  expect(await runOne('U1')).toMatchObject({ outcome: 'skipped', detail: 'there is no secondary user store' });
});

test('without affinity, what needs the choice of a node is skipped, not held', async () => {
  expect(outcomes(await run({ affinity: false }))).toMatchObject({ P2: 'skipped', C5: 'skipped', N8: 'held' });
});

test('an interruption leaves nothing behind and claims nothing', async () => {
  const interruption = new AbortController();
  const results = await run({}, interruption.signal, () => interruption.abort());
  expect(results).toHaveLength(CHECKS.length);
  expect(results.slice(1, -1).map(({ detail }) => detail)).toEqual(
    results.slice(1, -1).map(() => 'the run was interrupted'),
  );
  expect(results.at(-1)).toMatchObject({ id: 'Z1', outcome: 'held' });
  expect(allHold(results)).toBe(false);
});

test('the reports name what was seen and where to look, and JUnit is well formed whatever the text', () => {
  const subject = {
    environment: 'bank',
    origin: 'https://is.bank.test',
    distribution: 'wso2is-7.1.0',
    nodes: ['node-1', 'node-2'],
    run: '1234abcd',
    startedAt: '2026-11-25T01:02:03.456Z',
    seconds: 61.2,
  };
  const results: Result[] = [
    { id: 'P2', promise: 'Held', outcome: 'held', notes: ['seen after 3 ms'], seconds: 1 },
    { id: 'C2', promise: 'Lock', outcome: 'broken', detail: '<a> & "b"\u0000', look: 'CLUSTER', notes: [], seconds: 2 },
    { id: 'X2', promise: 'Portal', outcome: 'skipped', detail: 'no accelerator', notes: [], seconds: 0 },
    { id: 'C3', promise: 'URL', outcome: 'unclear', detail: 'no answer', notes: [], seconds: 0 },
  ];
  expect(markdown(subject, results)).toMatchSnapshot();
  expect(junit(subject, results)).toMatchSnapshot();
});
