import { allChecks } from '../../acceptance/checks';
import { ALL_DEFECTS, BALANCER_DEFECTS } from '../stand-in/defects';
import { StandInEnvironment } from '../support/stand-in-environment';

// make acceptance-proof: what the acceptance suite is worth, on a real engine with the real load balancer. One environment, made once;
// the tests run in order.
const pair = new StandInEnvironment('acceptance-proof');
const CHECKS = allChecks();

/** Defects of a server that has them from its start: its keys and its administrator. */
const FROM_THE_START = ['keys-differ', 'kid-differs', 'enc-key-differs', 'administrator-twice'];
/** Of these the real load balancer is none, the entry point drains, the accelerator is not there, or a node would know no administrator. */
const NOT_HERE = [
  ...BALANCER_DEFECTS,
  'drop-on-stop',
  'early-ready',
  'portal-port',
  'local:consent',
  'own-database',
  'trusts-forwarded',
];
const SWITCHED = ALL_DEFECTS.filter((defect) => ![...FROM_THE_START, ...NOT_HERE].includes(defect));

const provenBy = (defect: string) =>
  CHECKS.filter((check) => check.provenBy.includes(defect) && !check.needs.includes('failover')).map(({ id }) => id);

beforeAll(async () => {
  await pair.configure();
  await pair.up();
}, 600_000);
afterAll(() => pair.workspace.dispose(), 120_000);

test.each([1, 2, 3])(
  'every promise that applies holds within three minutes, and nothing is left behind, time %d',
  async () => {
    const before = await pair.count();
    const startedAt = Date.now();
    const { exitCode, stderr } = await pair.acceptance();
    expect((Date.now() - startedAt) / 1000).toBeLessThan(180);
    expect(pair.ids('skipped')).toEqual(['M1', 'X1', 'X2', 'F1', 'F2', 'F3', 'R1', 'R2']);
    expect([...pair.ids('broken'), ...pair.ids('unclear')]).toEqual([]);
    expect(exitCode).toBe(0);
    expect(await pair.count()).toBe(before);
    const password = await pair.password();
    for (const text of [stderr, ...pair.reports()]) expect(text).not.toContain(password);
  },
  240_000,
);

test('stop, kill, freeze and roll under a load of log-ins', async () => {
  await pair.acceptance({ FAILOVER: '1', CHECKS: 'F1,F2,F3,R1,R2' });
  const notHeld = Object.entries(pair.results()).filter(([, { outcome }]) => outcome !== 'held');
  expect(notHeld).toEqual([]);
}, 900_000);

test.each(SWITCHED)(
  'the defect %s breaks what names it',
  async (defect) => {
    const ids = provenBy(defect);
    await pair.switchDefects(defect);
    // What is to be left behind must have been made.
    await pair.acceptance({ CHECKS: [...ids, 'A1'].join(',') });
    await pair.switchDefects();
    const results = pair.results();
    expect(ids.map((id) => [id, results[id]?.outcome])).toEqual(ids.map((id) => [id, 'broken']));
    // What could not be removed while the defect was there.
    await pair.acceptance({ CHECKS: 'P2' });
  },
  240_000,
);

test.each(FROM_THE_START)(
  'nodes that are started with the defect %s break what names it',
  async (defect) => {
    await pair.configure([defect]);
    await pair.up();
    const ids = provenBy(defect);
    await pair.acceptance({ CHECKS: ids.join(',') });
    const results = pair.results();
    expect(ids.map((id) => [id, results[id]?.outcome])).toEqual(ids.map((id) => [id, 'broken']));
  },
  600_000,
);
