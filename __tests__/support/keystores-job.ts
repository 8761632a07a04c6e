import { ensureEngine } from '../../cli/setup/engine';
import { CommandError, run } from '../../cli/setup/process';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { sandboxImageTags } from '../../images/tags';
import { ownerLabels, removeLeftovers } from './leftovers';
import { topology } from './synth';
import { docker } from './workspace';

const PASSWORD = 'a-password-of-the-test';
const FOLDERS = ['certificate-authority', 'keystores', 'load-balancer-certificates', 'identity-server-secrets'];

/** What a configuration decides about the job. */
export interface KeystoresSettings {
  readonly hostname?: string;
  readonly nodes?: number;
  readonly revision?: number;
  readonly signingKeys?: readonly number[];
  readonly certificate?: 'issued' | 'supplied';
}

/** The real keystores' job with the real keytool, on folders of one container of the sandbox's server image, without a network. */
export class KeystoresJob {
  /** @param owner name of the container, and the tests' label on it */
  constructor(private readonly owner: string) {}

  async start(): Promise<void> {
    const engine = await ensureEngine();
    const { identityServer } = sandboxImageTags();
    await ensureSandboxImages({ dockerEnv: engine.env, tags: { identityServer } });
    await this.remove();
    const options = ['--network', 'none', '--user', '0:0', '--entrypoint', 'sleep', '--init'];
    const named = ['run', '--detach', '--name', this.owner, ...ownerLabels(this.owner)];
    await docker(...named, ...options, identityServer, 'infinity');
  }

  async remove(): Promise<void> {
    await removeLeftovers(this.owner);
  }

  /** Empty folders and the password, as the job before leaves them. */
  async begin(): Promise<void> {
    const paths = FOLDERS.map((folder) => `/${folder}`).join(' ');
    await this.sh(`rm -rf ${paths}; mkdir ${paths}; printf %s ${PASSWORD} >/identity-server-secrets/KEYSTORE_PASSWORD`);
  }

  /** @param script another release's; @default - today's */
  async run(settings: KeystoresSettings, script?: string): Promise<void> {
    const {
      hostname = 'is.bank.example',
      nodes = 2,
      revision = 1,
      signingKeys = [1],
      certificate = 'issued',
    } = settings;
    const { keystores } = topology(
      `[identity_server]\ndistribution = "sandbox"\nnodes = ${nodes}\nkeystore_revision = ${revision}\nsigning_keys = [${signingKeys.join(', ')}]\n[load_balancer]\nhostname = "${hostname}"\ncertificate = "${certificate}"\n`,
      'bank',
    ).jobs;
    const variables = Object.entries(keystores.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const command = ['exec', '--interactive', ...variables, this.owner, 'sh'];
    try {
      await run('docker', command, { input: script ?? keystores.script });
    } catch (error) {
      throw error instanceof CommandError ? new Error(error.lastLines.join('\n')) : error;
    }
  }

  /** Runs a script in the container. @returns what it prints */
  async sh(script: string): Promise<string> {
    return docker('exec', this.owner, 'sh', '-c', script);
  }

  /** Puts a file into the container. */
  async write(path: string, content: string): Promise<void> {
    await run('docker', ['exec', '--interactive', this.owner, 'sh', '-c', `cat >${path}`], { input: content });
  }
}
