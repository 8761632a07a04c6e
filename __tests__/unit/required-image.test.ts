import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

const { script, environment } = topology(SMALLEST).jobs.secrets;

/** Runs what the first job does first, in an image with these programs. What comes after it would write `begun`. */
function firstJob(programs: readonly string[], { entrypoint = true }: { entrypoint?: boolean } = {}) {
  const root = temporaryDirectory('image-');
  const bin = join(root, 'bin');
  mkdirSync(bin);
  const executable = (path: string) => {
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
  };
  for (const program of programs) executable(join(bin, program));
  const own = join(root, 'docker-entrypoint.sh');
  if (entrypoint) executable(own);
  const [check = ''] = script.split('# Creates the secrets');
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', `${check}\necho begun`], {
    env: { ...environment, IMAGE: 'bank/identity-server:alpine', IMAGE_ENTRYPOINT: own, PATH: bin },
    encoding: 'utf8',
  });
  return { status, stdout, stderr: stderr.replaceAll(root, '') };
}

const ALL = String(environment.IMAGE_PROGRAMS).split(' ');

test('an image with all that jobs and nodes call passes', () => {
  expect(firstJob(ALL)).toEqual({ status: 0, stdout: 'begun\n', stderr: '' });
});

test('an image without curl and openssl, as those on Alpine are, is refused by name before anything is made', () => {
  expect(firstJob(ALL.filter((program) => program !== 'curl' && program !== 'openssl'))).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'the image bank/identity-server:alpine lacks: curl openssl. Nothing was changed. Use an image that has them, such as the official ones on Ubuntu; those on Alpine have neither curl nor openssl\n',
  });
});

test('an image that is none of the server is refused', () => {
  const { status, stderr } = firstJob(ALL, { entrypoint: false });
  expect(status).toBe(1);
  expect(stderr).toBe(
    'the image bank/identity-server:alpine has no entry point /docker-entrypoint.sh; is it one of identity_server.distribution? Nothing was changed\n',
  );
});
