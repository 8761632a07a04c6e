import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockUnusedLogin } from '../../cli/database-password';
import { loginsOnEngine } from '../../cli/database-rotation';
import type { EnvironmentEngine } from '../../cli/environment-engine';
import type { ScriptOptions } from '../../cli/volume-host';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

// What is left to do of a change of the database's password, by folders of this machine in the place of the volumes.
const root = temporaryDirectory('unused-login-');
const FOLDERS = ['database-secrets', 'identity-server-secrets'];

interface Found {
  readonly revision?: number;
  /** The login of each node's container. */
  readonly logins?: readonly string[];
  /** How the schema job ended. */
  readonly exitCode?: number;
}

/** Runs it, and says what was done at the engine. */
async function done({ revision = 2, logins = ['wso2_2', 'wso2_2'], exitCode = 0 }: Found = {}): Promise<string[]> {
  const derived = topology(`${SMALLEST}[database]\npassword_revision = ${revision}\n`);
  const asked: string[] = [];
  const engine = {
    containers: async () => [
      ...logins.map((login, index) => ({ name: `sandbox-node-${index + 1}`, variables: { DATABASE_LOGIN: login } })),
      { name: derived.jobs.schema?.run.name, exitCode, variables: {} },
    ],
    runOnVolumes: async (_: string, script: string, { environment = {} }: ScriptOptions) => {
      asked.push('look');
      const here = script
        .replace('cd /\n', `cd '${root}'\n`)
        .replace(/(?<!\w)\/(database|identity-server)-secrets/g, (path) => `${root}${path}`);
      const { status, stdout, stderr } = spawnSync('sh', ['-c', here], {
        env: { PATH: process.env.PATH, ...environment },
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    },
    docker: async (...args: string[]) => {
      asked.push(args.join(' '));
      return '';
    },
  };
  await lockUnusedLogin(loginsOnEngine({ topology: derived, engine: engine as unknown as EnvironmentEngine }));
  return asked;
}

const LOCK = 'start --attach sandbox-schema-job';
const password = (folder: string) => join(root, folder, 'DATABASE_PASSWORD');

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  for (const folder of FOLDERS) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder));
    writeFileSync(password(folder), 'from before');
  }
});

test('a login that no node uses any more is locked, by whichever run comes so far, and once', async () => {
  expect(await done()).toEqual(['look', LOCK]);
  expect(FOLDERS.filter((folder) => existsSync(password(folder)))).toEqual([]);
  expect(await done()).toEqual(['look']);
});

test('a job that could not lock it runs again', async () => {
  await done();
  expect(await done({ exitCode: 1 })).toEqual(['look', LOCK]);
});

test('a run that was cut off while it forgot the password is finished', async () => {
  for (const folder of FOLDERS) rmSync(password(folder));
  writeFileSync(join(root, 'database-secrets', 'checksums'), `${'0'.repeat(64)}  ./DATABASE_PASSWORD\n`);
  expect(await done()).toEqual(['look', LOCK]);
  expect(await done()).toEqual(['look']);
});

test('a password that the next revision has been given stays', async () => {
  writeFileSync(join(root, 'database-secrets', 'DATABASE_PASSWORD.revision'), '3');
  expect(await done()).toEqual(['look']);
  expect(FOLDERS.filter((folder) => !existsSync(password(folder)))).toEqual([]);
});

test.each([
  ['one node still works with it', { logins: ['wso2_2', 'wso2'] }],
  ['there was never another one', { revision: 1 }],
] as const)('nobody even looks where %s', async (_, found) => {
  expect(await done(found)).toEqual([]);
});
