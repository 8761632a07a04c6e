import Fastify, { type FastifyInstance } from 'fastify';
import { allChecks, selectChecks } from '../../acceptance/checks';
import { type Result, runChecks } from '../../acceptance/run';
import { type StandInPair, standInPair } from '../stand-in/pair';

const SLOWED = /the load balancer slows this address down \(429\).*rate_limit\.networks/;
let pair: StandInPair;
let taken: string[];
beforeEach(async () => {
  pair = await standInPair();
  taken = [];
});
afterEach(() => pair.close());

/** Puts before each node what answers with 429 where this says so, as the load balancer does. */
function slowDown(isTooMuch: (url: string) => boolean): void {
  for (const node of pair.nodes.values()) {
    const inject = node.inject.bind(node) as (options: { url: string }) => unknown;
    const tooMany: FastifyInstance = Fastify();
    tooMany.get('/', (_, reply) => reply.status(429).header('retry-after', '0').send('<html></html>'));
    const replaced = (options: { url: string }) => (isTooMuch(options.url) ? tooMany.inject('/') : inject(options));
    Object.assign(node, { inject: replaced });
  }
}

async function run(id: string): Promise<Result | undefined> {
  const { operator } = pair;
  const stop = async (node: string) => {
    taken.push(node);
    await operator.stop(node);
  };
  // Long enough for the limit to be met before a node is to be taken away, also where other tests have the processors.
  const load = { clients: 4, calmSeconds: 3, operator: { ...operator, stop } };
  const options = { prefix: 'aa-slowed-', emailUsernames: false, boundSeconds: 5, ...load };
  const results = await runChecks(pair.target, selectChecks(allChecks(), id), options);
  return results.find((result) => result.id === id);
}

test.each(['F1', 'R1'])('%s under a load that meets a rate limit is unclear, and takes no node away', async (id) => {
  let requests = 0;
  slowDown((url) => url.startsWith('/oauth2/token') && ++requests > 8);
  expect(await run(id)).toMatchObject({ outcome: 'unclear', detail: expect.stringMatching(SLOWED) });
  expect(taken).toEqual([]);
});

test('a check that meets a 429 asks once more, and holds', async () => {
  let requests = 0;
  slowDown((url) => url.startsWith('/oauth2/') && ++requests % 2 === 1);
  expect(await run('T6')).toMatchObject({ outcome: 'held' });
  expect(requests).toBeGreaterThan(4);
});

test('a check that is slowed down twice in a row is unclear', async () => {
  slowDown((url) => url.startsWith('/oauth2/introspect'));
  expect(await run('T6')).toMatchObject({ outcome: 'unclear', detail: expect.stringMatching(SLOWED) });
});
