import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

const { script, environment } = topology(SMALLEST).jobs.secrets;

interface Image {
  readonly entrypoint?: boolean;
  /** Tomcat's. @default - none is asked for */
  readonly template?: string;
  /** uid as which nodes run. @default - whose the server's folders are */
  readonly uid?: number;
}

const OWN = process.getuid?.() ?? 0;

/** Runs what the first job does first, in an image with these programs. What comes after it would write `begun`. */
function firstJob(programs: readonly string[], { entrypoint = true, template = '', uid = OWN }: Image = {}) {
  const root = temporaryDirectory('image-');
  const bin = join(root, 'bin');
  mkdirSync(bin);
  const executable = (path: string) => {
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
  };
  for (const program of programs) executable(join(bin, program));
  // Not among those that it asks for: it comes with the shell.
  symlinkSync(spawnSync('sh', ['-c', 'command -v grep'], { encoding: 'utf8' }).stdout.trim(), join(bin, 'grep'));
  const home = join(root, 'server');
  mkdirSync(join(home, 'repository/conf'), { recursive: true });
  for (const program of ['find', 'head']) {
    if (programs.includes(program)) spawnSync('sh', ['-c', `ln -sf "$(command -v ${program})" ${join(bin, program)}`]);
  }
  const own = join(root, 'docker-entrypoint.sh');
  if (entrypoint) executable(own);
  writeFileSync(join(home, 'catalina.j2'), template);
  const [check = ''] = script.split('# Creates the secrets');
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', `${check}\necho begun`], {
    env: {
      ...environment,
      ...{ IMAGE: 'bank/identity-server:alpine', IMAGE_ENTRYPOINT: own, WSO2_SERVER_HOME: home },
      ...(template !== '' && { IMAGE_TEMPLATE: 'catalina.j2' }),
      ...{ PATH: bin, SERVER_OWNER: `${uid}:${uid}` },
    },
    encoding: 'utf8',
  });
  return { status, stdout, stderr: stderr.replaceAll(root, '') };
}

const ALL = [...String(environment.IMAGE_PROGRAMS).split(' '), 'head'];

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

test('an image in whose Tomcat the nodes could refuse nobody is refused', () => {
  expect(firstJob(ALL, { template: '<Engine>\n<Host name="localhost"\n>' }).stderr).toBe('');
  const { status, stderr } = firstJob(ALL, { template: '<Engine/>' });
  expect(status).toBe(1);
  expect(stderr).toBe(
    'the image bank/identity-server:alpine has no catalina.j2 with a <Host ...>, in which nodes refuse strangers; is it one of identity_server.distribution? Nothing was changed\n',
  );
});

test('Identity Server needs that place, and the sandbox does not', () => {
  const server = SMALLEST.replace('"sandbox"', '"wso2is-7.3.0"\nimage = "bank/is"');
  expect(topology(server).jobs.secrets.environment.IMAGE_TEMPLATE).toMatch(
    /^repository\/.*\/catalina-server\.xml\.j2$/,
  );
  expect(environment).not.toHaveProperty('IMAGE_TEMPLATE');
});

test('an image whose server belongs to root, as a build that ends as root leaves it, is refused with what to do', () => {
  const other = OWN + 1;
  const { status, stdout, stderr } = firstJob(ALL, { uid: other });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe(
    `in the image bank/identity-server:alpine user ${other} may not write /server, and every node runs as ${other}:${other}, also where the image's last USER is root. Nothing was changed. Build it so that the server's files are that user's: COPY --chown=${other}:${other}, or at the end RUN chown -R ${other}:${other} "$WSO2_SERVER_HOME" and USER ${other}\n`,
  );
});
