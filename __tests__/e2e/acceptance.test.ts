import { writeFileSync } from 'node:fs';
import { selfSigned } from '../../acceptance/self-signed';
import { placeOf } from '../support/places';
import { StandInEnvironment } from '../support/stand-in-environment';
import { docker } from '../support/workspace';

// The acceptance suite against its stand-in behind the real load balancer: a healthy pair, some defects, and what users meet. All
// defects are in "make acceptance-proof". An environment of its own, as no other server has what the suite asks for.
const pair = new StandInEnvironment('e2e-acceptance');

/** What a real pair of the sandbox cannot show, and what is not asked for. */
const SKIPPED = ['M1', 'X1', 'X2', 'F1', 'F2', 'F3', 'R1', 'R2'];

/** What make makes of exit code 1. */
const FAILED = 2;

beforeAll(async () => {
  await pair.configure();
  await pair.up();
}, 600_000);
afterAll(() => pair.workspace.dispose(), 120_000);

test('on a healthy pair every promise that applies holds, nothing stays behind, and the password is nowhere', async () => {
  const before = await pair.count();
  const { exitCode, stderr } = await pair.acceptance();
  expect(pair.results()).toEqual(
    Object.fromEntries(
      Object.keys(pair.results()).map((id) => [
        id,
        expect.objectContaining({ outcome: SKIPPED.includes(id) ? 'skipped' : 'held' }),
      ]),
    ),
  );
  expect(pair.ids('held').length).toBeGreaterThan(40);
  expect(exitCode).toBe(0);
  expect(await pair.count()).toBe(before);
  const password = await pair.password();
  for (const text of [stderr, ...pair.reports()]) expect(text).not.toContain(password);
});

test('defects break what names them and nothing else', async () => {
  await pair.switchDefects('stale:user', 'local:par', 'weak-cookies', 'bcl-lost', 'user-store-missing');
  const { exitCode } = await pair.acceptance({ CHECKS: 'P2,K1,T3,T7,S2,S6,N5,C2,U1' });
  await pair.switchDefects();
  expect(pair.ids('broken')).toEqual(['N5', 'T7', 'S6', 'C2', 'U1']);
  expect(pair.ids('held')).toEqual(['P2', 'K1', 'T3', 'S2', 'Z1']);
  expect(exitCode).toBe(FAILED);
});

describe('what users meet is a clear line, and what can be checked is checked', () => {
  test('a wrong password', async () => {
    const { exitCode, stderr } = await pair.acceptance({ ADMIN_PASSWORD: 'Wrong-Password-9', CHECKS: 'P2,N1,C5' });
    expect(stderr).toContain('name or password of the administrator admin is not accepted');
    expect(stderr).not.toContain('Wrong-Password-9');
    expect([pair.ids('held'), pair.ids('unclear'), exitCode]).toEqual([['P2', 'N1'], ['C5', 'Z1'], FAILED]);
  });

  test('a certificate of another authority', async () => {
    const ca = pair.workspace.path('other-ca.pem');
    writeFileSync(ca, selfSigned('another.test').certificate);
    const { exitCode, stderr } = await pair.acceptance({ CA: ca, CHECKS: 'P2' });
    expect(stderr).toMatch(/the certificate is not trusted \(\w+\): say with CA=<file> who has issued it/);
    expect([pair.ids('unclear'), exitCode]).toEqual([['P2', 'Z1'], FAILED]);
  });

  test('an address at which nobody answers for the name', async () => {
    // That of an environment that does not run at the same time.
    const { bindAddress: ADDRESS } = placeOf('acceptance-proof');
    const { exitCode, stderr } = await pair.acceptance({ ADDRESS, CHECKS: 'P2' });
    expect(stderr).toContain(`${ADDRESS}:443 refuses the connection`);
    expect(exitCode).toBe(FAILED);
  });

  test('a node that is missing, and then both: the load balancer answers with a page of its own', async () => {
    const [first = '', second = ''] = pair.containers;
    const CHECKS = 'P3,N1,N7,N8,C5';
    await docker('stop', '--time', '60', first);
    const { exitCode, stderr } = await pair.acceptance({ CHECKS });
    expect(stderr).toContain('node-1 was asked for, but node-2 answered: node-1 takes no traffic');
    expect([pair.ids('held'), exitCode]).toEqual([['P3', 'N7', 'N8'], FAILED]);

    await docker('stop', '--time', '60', second);
    const unread = await pair.acceptance({ CHECKS });
    expect(unread.stderr).toMatch(/password can be read from no node \(\S+-node-1: .*; \S+-node-2: .*ADMIN_PASSWORD/);
    const without = await pair.acceptance({ ADMIN_PASSWORD: 'is-not-asked-for', CHECKS });
    expect(without.stderr).toMatch(
      /openid-configuration on node-[12] was answered with 50\d instead of 200 \(an HTML page\)/,
    );
    expect([pair.ids('held'), without.exitCode]).toEqual([['N7', 'N8'], FAILED]);
  });
});
