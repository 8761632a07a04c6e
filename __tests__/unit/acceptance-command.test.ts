import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runProgram } from '../../cli/setup/process';
import { ADMINISTRATOR, HOSTNAME, type StandInPair, standInPair } from '../stand-in/pair';
import { PROTECTED } from '../support/protected';
import { PROJECT, temporaryDirectory } from '../support/synth';

let pair: StandInPair;
const folder = temporaryDirectory('acceptance-');
beforeAll(async () => {
  pair = await standInPair([], { publicPort: true });
  mkdirSync(join(folder, 'config'));
  writeFileSync(join(folder, 'config', 'bank.toml'), toml());
  writeFileSync(join(folder, 'ca.pem'), pair.target.authorities ?? '');
});
afterAll(() => pair.close());

const toml = () => `
[identity_server]
distribution = "sandbox"
[load_balancer]
hostname = "${HOSTNAME}"
https_port = ${pair.target.port}
`;

const COMMAND = ['-f', join(PROJECT, 'Makefile'), '--no-print-directory', 'acceptance', 'ENVIRONMENT=bank'];
const CREDENTIALS = { ADMIN_PASSWORD: ADMINISTRATOR.password, CA: 'ca.pem' };

/** Beside this process, which serves. */
async function acceptance(variables: NodeJS.ProcessEnv): Promise<{ exitCode: number; output: string }> {
  const logFile = join(folder, 'log');
  const exitCode = await runProgram('make', COMMAND, { cwd: folder, env: variables, logFile }).then(
    () => 0,
    () => 1,
  );
  return { exitCode, output: readFileSync(logFile, 'utf8') };
}

const file = (name: string) => join(folder, 'build', 'acceptance', 'bank', name);

test('make acceptance checks a pair, writes three reports and ends with 0; no report and no output has the password', async () => {
  const { exitCode, output } = await acceptance({ ...CREDENTIALS, CHECKS: 'P2,T6,C2' });
  expect(output).toContain('4 held. Every promise that applies here holds.');
  expect(exitCode).toBe(0);
  const reports = ['report.md', 'report.json', 'junit.xml'].map((name) => readFileSync(file(name), 'utf8'));
  expect(JSON.parse(reports[1] ?? '').results).toHaveLength(4);
  for (const text of [...reports, output]) expect(text).not.toContain(ADMINISTRATOR.password);
  expect(existsSync(file('unfinished.json'))).toBe(false);
});

test('a wrong password ends with 1', async () => {
  const { exitCode, output } = await acceptance({ ...CREDENTIALS, ADMIN_PASSWORD: 'wrong', CHECKS: 'C2' });
  expect(output).toContain('name or password of the administrator admin is not accepted');
  expect(exitCode).toBe(1);
});

test('what a run that was cut off has left is removed by the next one', async () => {
  await pair.store.put('user', 'left', { id: 'left', userName: 'aa-dead0000-user', password: '', locked: false });
  writeFileSync(file('unfinished.json'), JSON.stringify({ run: 'dead0000', pid: 2 ** 22 + 1 }));
  const { output } = await acceptance({ ...CREDENTIALS, CHECKS: 'P2' });
  expect(output).toContain('Run dead0000 did not come to its end: what it left is removed first');
  expect(await pair.store.get('user', 'left')).toBeUndefined();
});

test('a dry run lists every check and needs neither engine nor password', () => {
  const { stdout, status } = spawnSync('make', COMMAND, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, DRY_RUN: '1', DOCKER_HOST: 'unix:///nowhere' },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^T6 {2}A revoked token is revoked on every node within 5 s$/m);
});

test('a word that no check has is named', async () => {
  const { output } = await acceptance({ ...CREDENTIALS, CHECKS: 'unheard-of' });
  expect(output).toContain('CHECKS=unheard-of: no check has that id or that word');
});

test('a protected environment is asked about, and without a terminal nothing is sent', async () => {
  writeFileSync(join(folder, 'config', 'bank.toml'), `${PROTECTED}${toml()}`);
  const { exitCode, output } = await acceptance({ ...CREDENTIALS, CHECKS: 'P2' });
  expect(output).toContain('in bank, which is protected; without a terminal to ask, say YES=1');
  expect(exitCode).toBe(1);
});
