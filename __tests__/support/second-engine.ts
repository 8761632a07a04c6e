import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/setup/process';
import { eventually } from './workspace';

/**
 * A Docker Engine of the test's own, in a network namespace of its own: what a remote engine is to the machine that runs Terraform.
 * Nothing of it touches the machine's engine. Needs root.
 */
export class SecondEngine {
  readonly directory = mkdtempSync(join(tmpdir(), 'second-engine-'));
  private process?: ChildProcess;
  readonly host = `unix://${join(this.directory, 'docker.sock')}`;

  /** @param further options of dockerd beside its folders and socket, which it reads when `prepare` has ended */
  async start(
    further: readonly string[] = [],
    prepare: (pid: number) => Promise<void> = async () => {},
  ): Promise<void> {
    const options = {
      '-H': this.host,
      '--data-root': join(this.directory, 'data'),
      '--exec-root': join(this.directory, 'exec'),
      '--pidfile': join(this.directory, 'pid'),
    };
    const daemon = ['dockerd', ...Object.entries(options).flat(), ...further].join(' ');
    const log = openSync(join(this.directory, 'log'), 'w');
    this.process = spawn('unshare', ['--net', 'sh', '-c', `ip link set lo up && read -r _ && exec ${daemon}`], {
      stdio: ['pipe', log, log],
    });
    const pid = this.process.pid as number;
    await eventually('the second engine has a network namespace of its own', 10, () => {
      return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
    });
    await prepare(pid);
    this.process.stdin?.end('go on\n');
    await eventually('the second engine answers', 60, async () => {
      if (this.process?.exitCode !== null)
        throw new Error(readFileSync(join(this.directory, 'log'), 'utf8').slice(-2000));
      return this.docker('version').then(
        () => true,
        () => false,
      );
    });
  }

  /** Process id of its dockerd; that process is in the engine's network namespace. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  async docker(...args: string[]): Promise<string> {
    return (await run('docker', ['-H', this.host, ...args])).stdout.trim();
  }

  /** Copies images from the machine's engine. */
  async load(images: readonly string[]): Promise<void> {
    const archive = join(this.directory, 'images.tar');
    await run('docker', ['save', '--output', archive, ...images]);
    await this.docker('load', '--input', archive);
    rmSync(archive);
  }

  async stop(): Promise<void> {
    const child = this.process;
    if (child?.exitCode === null) {
      child.kill('SIGTERM');
      await eventually('the second engine has ended', 60, () => child.exitCode !== null || child.signalCode !== null);
    }
    // An engine leaves its host's network mounted here once a container has used that, and one that was killed its data.
    for (const mount of [join('exec', 'netns', 'default'), 'data']) {
      await run('umount', [join(this.directory, mount)]).catch(() => undefined);
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 1000 });
  }
}
