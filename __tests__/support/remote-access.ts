import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { ENGINE_LINK } from './places';
import type { SecondEngine } from './second-engine';
import { docker, eventually } from './workspace';

/** A way to reach an engine: what `engine.host` says, and what the machine that runs Terraform has set up for it. */
export interface RemoteAccess {
  readonly host: string;
  readonly variables: NodeJS.ProcessEnv;
}

const CERTIFICATES = `
set -eu
cd /tmp
issue() {
  openssl req -newkey rsa:2048 -nodes -keyout "$1-key.pem" -subj "/CN=$1" -out request 2>/dev/null
  printf '%s\\n' "$2" >extensions
  openssl x509 -req -in request -CA ca.pem -CAkey ca-key.pem -days 2 -extfile extensions -out "$1.pem" 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -days 2 -subj /CN=engines -out ca.pem 2>/dev/null
issue server "subjectAltName=IP:$ADDRESS"
issue cert extendedKeyUsage=clientAuth
mv cert-key.pem key.pem
for file in ca.pem server.pem server-key.pem cert.pem key.pem; do cat "$file"; echo ====; done
`;

/** Starts an engine that takes tcp connections of clients with a certificate, on a cable into its network namespace. */
export async function startWithTls(engine: SecondEngine): Promise<RemoteAccess> {
  const openssl = ['run', '--rm', '--network', 'none', '--env', `ADDRESS=${ENGINE_LINK.there}`, '--entrypoint', 'sh'];
  const printed = await docker(...openssl, sandboxImageTags().identityServer, '-c', CERTIFICATES);
  const folder = join(engine.directory, 'certificates');
  mkdirSync(folder, { mode: 0o700 });
  for (const [index, name] of ['ca.pem', 'server.pem', 'server-key.pem', 'cert.pem', 'key.pem'].entries()) {
    writeFileSync(join(folder, name), (printed.split('====')[index] as string).trimStart());
  }
  const host = `tcp://${ENGINE_LINK.there}:2376`;
  const server = (option: string, file: string) => [`--tls${option}`, join(folder, file)];
  await engine.start(
    [
      '-H',
      host,
      '--tlsverify',
      ...server('cacert', 'ca.pem'),
      ...server('cert', 'server.pem'),
      ...server('key', 'server-key.pem'),
    ],
    async (pid) => {
      // Goes with the namespace.
      const cable = `engine-${pid}`;
      await run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
      await run('ip', ['address', 'add', `${ENGINE_LINK.here}/30`, 'dev', cable]);
      await run('ip', ['link', 'set', cable, 'up']);
      const inside = ['--target', String(pid), '--net', 'ip'];
      await run('nsenter', [...inside, 'address', 'add', `${ENGINE_LINK.there}/30`, 'dev', 'eth0']);
      await run('nsenter', [...inside, 'link', 'set', 'eth0', 'up']);
    },
  );
  return { host, variables: { DOCKER_CERT_PATH: folder } };
}

/** An sshd on loopback, with its limits as Debian ships them, whose sessions find the engine. */
export class SshServer {
  private process?: ChildProcess;

  constructor(private readonly engine: SecondEngine) {}

  async start(): Promise<RemoteAccess> {
    const folder = join(this.engine.directory, 'ssh');
    mkdirSync(folder, { mode: 0o700 });
    const path = (name: string) => join(folder, name);
    for (const key of ['host', 'client']) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', path(key)]);
    }
    const port = await freePort();
    writeFileSync(
      path('sshd_config'),
      `Port ${port}
ListenAddress 127.0.0.1
HostKey ${path('host')}
AuthorizedKeysFile ${path('client.pub')}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
SetEnv DOCKER_HOST=${this.engine.host}
`,
    );
    writeFileSync(
      path('ssh_config'),
      `IdentityFile ${path('client')}
IdentitiesOnly yes
UserKnownHostsFile ${path('known_hosts')}
StrictHostKeyChecking accept-new
LogLevel ERROR
`,
    );
    // What a user has in ~/.ssh/config.
    writeFileSync(path('ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${path('ssh_config')} "$@"\n`);
    chmodSync(path('ssh'), 0o755);
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const log = openSync(path('log'), 'w');
    this.process = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', path('sshd_config')], { stdio: ['ignore', log, log] });
    const variables = { PATH: `${folder}:${process.env.PATH}` };
    const host = `ssh://root@127.0.0.1:${port}`;
    await eventually('the engine answers over ssh', 30, () =>
      run('docker', ['-H', host, 'version'], { env: variables }).then(
        () => true,
        () => false,
      ),
    );
    return { host, variables };
  }

  stop(): void {
    this.process?.kill('SIGTERM');
  }
}

async function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
