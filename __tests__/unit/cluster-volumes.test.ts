import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACK_UP, backedUp } from '../../cli/backup-secrets';
import {
  DUMP,
  dumpedFiles,
  helperMounts,
  helperPod,
  LOAD,
  loadedLines,
  withFiles,
} from '../../cli/kubernetes/helper-pod';
import { changedFiles } from '../../cli/kubernetes/secrets';
import type { KubernetesPlatform } from '../../topology/platform';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

const ON_CLUSTER = `[platform]\nkind = "kubernetes"\ncontext = "test"\n${SMALLEST}`;
const derived = topology(ON_CLUSTER, 'bank');
const { volumes } = derived;
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

function shell(script: string, input = '', ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...args], { encoding: 'utf8', input });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('what Secrets hold is in folders for a script, and what the script leaves is read back, whatever bytes it has', () => {
  const root = temporaryDirectory('helper-');
  const row = volumes.identityServerSecrets;
  const path = join(root, row.purpose);
  const binary = Buffer.from([0, 10, 13, 255, 128, 32]);
  const files = new Map([
    ['ADMIN_PASSWORD', Buffer.from('old\n')],
    ['keystore.p12', binary],
    ['.ADMIN_PASSWORD.next', Buffer.from('next')],
    ['gone', Buffer.from('x')],
  ]);
  const mounts = [
    { row, path, readOnly: false },
    { row: volumes.databaseSecrets, path: join(root, 'empty'), readOnly: false },
  ];
  shell(LOAD, loadedLines(mounts, [{ row, object: {}, files }]));
  expect(readdirSync(join(root, 'empty'))).toEqual([]);
  expect(readFileSync(join(path, 'keystore.p12'))).toEqual(binary);
  expect(statSync(join(path, 'ADMIN_PASSWORD')).mode & 0o777).toBe(0o600);

  writeFileSync(join(path, 'ADMIN_PASSWORD'), 'new');
  rmSync(join(path, 'gone'));
  mkdirSync(join(path, 'a folder'));
  const left = dumpedFiles(shell(DUMP, '', path, join(root, 'empty')), path);
  expect(Object.fromEntries(left)).toEqual({
    ADMIN_PASSWORD: Buffer.from('new'),
    'keystore.p12': binary,
    '.ADMIN_PASSWORD.next': Buffer.from('next'),
  });
  const object = { metadata: { resourceVersion: '7' }, data: { gone: 'eA==' } };
  expect(withFiles({ row, object, files }, left)).toEqual({
    metadata: { resourceVersion: '7' },
    data: Object.fromEntries([...left].map(([name, content]) => [name, content.toString('base64')])),
  });
  expect(withFiles({ row, object, files: left }, left)).toBeUndefined();
});

test('files that are not as a job has installed them are named by the list beside them', () => {
  const list = `${sha256('one')}  ./ONE\n${sha256('two')}  TWO\n${sha256('three')}  ./THREE\n`;
  const files = { ONE: 'one', TWO: 'changed', OTHER: 'of somebody', checksums: list };
  const secret = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
  expect(changedFiles(secret)).toEqual(['TWO', 'THREE']);
  expect(changedFiles(new Map())).toEqual(['checksums']);
});

describe('the pod in which scripts run on Secrets', () => {
  const mounts = [
    `${volumes.identityServerSecrets.name}:/volumes/identity-server-secrets`,
    `${volumes.databaseSecrets.name}:/secrets:ro`,
  ];
  // biome-ignore lint/suspicious/noExplicitAny: as the API server gets it
  const pod = helperPod('bank-helper-1', 'image', derived, derived.platform as KubernetesPlatform, { mounts }) as any;

  test('has a pod of its own rights, no token, and nothing on a disk', () => {
    const [container] = pod.spec.containers;
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    for (const { emptyDir } of pod.spec.volumes) expect(emptyDir.medium).toBe('Memory');
    expect(container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual([
      '/tmp',
      '/volumes',
      '/secrets',
    ]);
  });

  test('ends by itself, and gets no secret with its start', () => {
    expect(pod.spec.activeDeadlineSeconds).toBeLessThanOrEqual(600);
    expect(JSON.stringify(pod)).not.toMatch(/secretKeyRef|secretName|"env"/);
  });

  test('writes what is not mounted as read-only', () => {
    expect(helperMounts(mounts, derived).map(({ row, path, readOnly }) => [row.purpose, path, readOnly])).toEqual([
      ['identity-server-secrets', '/volumes/identity-server-secrets', false],
      ['database-secrets', '/secrets', true],
    ]);
  });
});

test('an archive of a pod, which has no right over owners, is one that a restore takes: folders are for their owner alone', () => {
  const root = temporaryDirectory('pod-backup-');
  for (const { purpose } of backedUp(derived)) {
    mkdirSync(join(root, 'volumes', purpose), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, 'volumes', purpose, 'file'), purpose, { mode: 0o600 });
  }
  mkdirSync(join(root, 'tmp'));
  const script = BACK_UP.replaceAll('/tmp', join(root, 'tmp')).replaceAll('/volumes', join(root, 'volumes'));
  const printed = shell(`ENVIRONMENT=bank\n${derived.podScripts.givenFiles}\n${script}`);
  const archive = join(root, 'keys.tar');
  writeFileSync(archive, Buffer.from(printed.slice(printed.indexOf('\n')), 'base64'));
  const folders = shell(`tar -tvf '${archive}'`)
    .split('\n')
    .filter((line) => /^d.*\/bank\/./.test(line));
  expect(folders.map((line) => [line.slice(0, 10), line.slice(line.indexOf('./'))]).sort()).toEqual(
    backedUp(derived)
      .map(({ purpose }) => ['drwx------', `./bank/${purpose}/`])
      .sort(),
  );
});

test('without storage that all nodes write there is no shared folder to keep', () => {
  expect(backedUp(derived).map(({ purpose }) => purpose)).not.toContain('shared-files');
  const shared = ON_CLUSTER.replace('context = "test"', 'context = "test"\nshared_storage_class = "shared"');
  expect(backedUp(topology(shared, 'bank')).map(({ purpose }) => purpose)).toContain('shared-files');
});
