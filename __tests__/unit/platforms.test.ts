import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationDirectory, PROJECT, SMALLEST } from '../support/synth';

const folder = configurationDirectory({
  'config/docker.toml': SMALLEST,
  'config/cluster.toml': `[platform]\nkind = "kubernetes"\ncontext = "no-such-cluster"\n${SMALLEST}`,
});

function make(command: string, environment: string) {
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
    { cwd: folder, encoding: 'utf8', input: '' },
  );
  return { status, stdout, stderr };
}

test.each(['adopt', 'acceptance', 'network-rules', 'upgrade'])(
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

test('make manifests writes each layer as a file, and says of an environment on Docker that it has none', () => {
  const { status, stdout } = make('manifests', 'cluster');
  const directory = join(folder, 'build', 'cluster', 'manifests');
  const files = ['1-cluster-foundation', '2-cluster-node-1', '3-cluster-node-2', '4-cluster-load-balancer'].map(
    (name) => `${name}.yaml`,
  );
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: files.map((file) => `build/cluster/manifests/${file}\n`).join(''),
  });
  expect(readdirSync(directory).sort()).toEqual(files);
  for (const file of files) expect(readFileSync(join(directory, file), 'utf8')).toMatch(/^apiVersion: /);
  expect(make('manifests', 'docker')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^docker is on Docker, and this command is for Kubernetes;/),
  });
});
