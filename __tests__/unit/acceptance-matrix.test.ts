import { type AddressInfo, createServer } from 'node:net';
import { allChecks } from '../../acceptance/checks';
import { newRun, prefixOf } from '../../acceptance/journal';
import { type Result, runChecks } from '../../acceptance/run';
import { ALL_DEFECTS } from '../stand-in/defects';
import { type StandInPair, standInPair } from '../stand-in/pair';

const CHECKS = allChecks();
const PROOFS = CHECKS.flatMap((check) => check.provenBy.map((defect) => [check.id, defect] as const));

/** Short: what a defect leaves stale stays so for minutes, and a message in one process takes none of it. */
const BOUND_SECONDS = 0.3;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function run(pair: StandInPair, ids?: readonly string[], boundSeconds = BOUND_SECONDS): Promise<Result[]> {
  const checks = CHECKS.filter(({ id }) => ids === undefined || ids.includes(id));
  const load = { operator: pair.operator, clients: 4, calmSeconds: 0.2 };
  const asked = { ...load, backChannel: `127.0.0.1:${await freePort()}`, consents: true };
  const options = { prefix: prefixOf(newRun()), emailUsernames: false, boundSeconds, ...asked };
  return runChecks(pair.target, checks, options);
}

// Each waits for what the others do not use: they run side by side.
test.concurrent('all checks hold on a healthy pair, also when they run again, and nothing is left behind', async () => {
  const pair = await standInPair();
  try {
    const kinds = ['user', 'group', 'role', 'application', 'idp', 'token', 'refresh'];
    const count = async () =>
      (await Promise.all(kinds.map((kind) => pair.store.list(kind)))).map(({ length }) => length);
    const before = await count();
    for (let turn = 0; turn < 2; turn++) {
      // The second time without the checks that take nodes away, which last.
      const ids = CHECKS.map(({ id }) => id).filter((id) => turn === 0 || !/^[FR]/.test(id));
      // The bound of real pairs, which a busy machine keeps as well.
      const results = await run(pair, ids, 5);
      expect(results.filter(({ outcome }) => outcome !== 'held')).toEqual([]);
      expect(results).toHaveLength(ids.length);
    }
    expect(await count()).toEqual(before);
  } finally {
    await pair.close();
  }
}, 180_000);

test.concurrent.each(PROOFS)('%s is broken by the defect %s', async (id, defect) => {
  const pair = await standInPair([defect]);
  try {
    // What is to be left behind must have been made.
    const results = await run(pair, id === 'Z1' ? ['A1', 'Z1'] : [id]);

    const result = results.find((each) => each.id === id);
    expect(result).toMatchObject({
      id,
      outcome: 'broken',
      detail: expect.stringMatching(/.{20}/),
      look: expect.anything(),
    });
  } finally {
    await pair.close();
  }
});

test('every check can be broken, every defect breaks one, and every id and promise is there once', () => {
  expect(CHECKS.filter(({ provenBy }) => provenBy.length === 0)).toEqual([]);
  const used = new Set(PROOFS.map(([, defect]) => defect));
  expect(ALL_DEFECTS.filter((defect) => !used.has(defect))).toEqual([]);
  for (const key of ['id', 'promise'] as const)
    expect(new Set(CHECKS.map((check) => check[key])).size).toBe(CHECKS.length);
});
