import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { configurationDirectory, PROJECT, SMALLEST } from '../support/synth';

const folder = configurationDirectory({
  // The kubectl of somebody who has the context of another cluster.
  'programs/kubectl':
    '#!/bin/sh\ncase "$*" in *get-contexts*) echo other ;; *) echo "error: context does not exist" >&2; exit 1 ;; esac\n',
  'config/docker.toml': SMALLEST,
  'config/cluster.toml': `[platform]\nkind = "kubernetes"\ncontext = "no-such-cluster"\n${SMALLEST}`,
});

const programs = join(folder, 'programs');
chmodSync(join(programs, 'kubectl'), 0o755);

function make(command: string, environment: string, input = '') {
  const { status, stdout, stderr } = spawnSync(
    'make',
    [
      '--no-print-directory',
      '-f',
      join(PROJECT, 'Makefile'),
      command,
      `ENVIRONMENT=${environment}`,
      'NAME=ADMIN_PASSWORD',
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      input,
      env: { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` },
    },
  );
  return { status, stdout, stderr };
}

test.each(['adopt', 'network-rules', 'upgrade'])(
  'make %s, which is for Docker alone, says so of an environment on Kubernetes and does nothing',
  (command) => {
    const { status, stdout, stderr } = make(command, 'cluster');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^cluster is on Kubernetes, and this command is for Docker alone so far; nothing was done\./,
    );
    for (const left of ['cdktf.out', 'state', 'build']) expect(existsSync(join(folder, left))).toBe(false);
  },
);

test.each(['status', 'credentials', 'import-secret', 'rotate-secret', 'backup', 'restore'])(
  'make %s names the context that there is not, and does nothing',
  (command) => {
    const { status, stdout, stderr } = make(command, 'cluster', 'Some-Password-1234');
    expect(status).toBe(2);
    expect(`${stdout}${stderr}`).toMatch(/context no-such-cluster|no-such-cluster cannot be asked/);
    expect(stderr).not.toContain('Unexpected error');
    for (const left of ['cdktf.out', 'state', 'build']) expect(existsSync(join(folder, left))).toBe(false);
  },
);

test('make manifests writes each layer as a file and the accounts of pipelines beside them, and says of an environment on Docker that it has none', () => {
  const { status, stdout } = make('manifests', 'cluster');
  const directory = join(folder, 'build', 'cluster', 'manifests');
  const files = ['1-cluster-foundation', '2-cluster-node-1', '3-cluster-node-2', '4-cluster-load-balancer'].map(
    (name) => `${name}.yaml`,
  );
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: [...files.map((file) => `manifests/${file}`), 'accounts.yaml']
      .map((file) => `build/cluster/${file}\n`)
      .join(''),
  });
  expect(readdirSync(directory).sort()).toEqual(files);
  for (const file of files) expect(readFileSync(join(directory, file), 'utf8')).toMatch(/^apiVersion: /);
  expect(readFileSync(join(directory, '..', 'accounts.yaml'), 'utf8')).toMatch(
    /^apiVersion: v1\nkind: ServiceAccount\n/,
  );
  expect(make('manifests', 'docker')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^docker is on Docker, and this command is for Kubernetes;/),
  });
});
