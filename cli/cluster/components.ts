import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce } from '../setup/cache';
import { buildWithGo, OLDEST_GO, requireGo } from '../setup/go';
import { canInstall, installPackages, requireProgram, thisMachine } from '../setup/machine';
import { isInstalled, run } from '../setup/process';
import { print, step } from '../setup/progress';
import { writeImages } from './base-images';
import { KUBERNETES } from './layout';

/** Our own programs, and go.mod with the versions of all others. */
const SOURCES = join(__dirname, 'components');
const COMMANDS = ['apiserver', 'controller-manager', 'proxy', 'scheduler'].map((name) => `kube-${name}`);
const PLUGINS = ['ipam/host-local', 'main/bridge', 'main/loopback', 'meta/portmap'];
const PACKAGES = [
  './pause',
  './provisioner',
  './coredns',
  'go.etcd.io/etcd/server/v3',
  ...PLUGINS.map((name) => `github.com/containernetworking/plugins/plugins/${name}`),
  ...[...COMMANDS, 'kubectl', 'kubelet'].map((name) => `k8s.io/kubernetes/cmd/${name}`),
];
/** Enforces NetworkPolicies. Its libraries are newer than those of Kubernetes, so it is built by itself. */
const NETWORK_POLICIES = {
  package: 'sigs.k8s.io/kube-network-policies/cmd',
  module: 'sigs.k8s.io/kube-network-policies@v0.7.0',
};
const VERSION_VARIABLES = 'k8s.io/component-base/version';

/** What else is needed, by the package that has it. */
const PROGRAMS = {
  containerd: 'containerd',
  runc: 'runc',
  ctr: 'containerd',
  curl: 'curl',
  ip: 'iproute2',
  iptables: 'iptables',
  conntrack: 'conntrack',
  mount: 'mount',
  nsenter: 'util-linux',
  openssl: 'openssl',
} as const;

/**
 * Builds the programs of Kubernetes and what belongs to it with Go, once, and installs what is missing beside them.
 *
 * @returns folder of the programs
 * @throws UserError when Go is missing, or something that cannot be installed here
 */
export async function ensureComponents(): Promise<string> {
  await ensurePrograms();
  requireProgram(
    'go',
    `Kubernetes is built from source: install Go ${OLDEST_GO} or newer (https://go.dev/doc/install).`,
  );
  const { stdout } = await run('go', ['env', 'GOOS', 'GOARCH', 'GOVERSION'], { timeoutMs: 20_000 });
  const [os = '', architecture = '', version = ''] = stdout.split('\n');
  const platform = `${os}_${architecture}`;
  const content = digestOf(SOURCES, NETWORK_POLICIES.module);
  return buildOnce(join('cluster-components', `${KUBERNETES}-${content}-${platform}`), async (folder) => {
    requireGo(version, 'Kubernetes');
    print(
      `Building Kubernetes ${KUBERNETES} from source, once. This takes 13 minutes of processor time, and several GB in Go's caches.`,
    );
    await step(`Building Kubernetes ${KUBERNETES}, etcd, CoreDNS and network plugins`, () => build(folder));
    await step('Building kube-network-policies', () => buildWithGo(NETWORK_POLICIES, join(folder, 'network-policies')));
    await rename(join(folder, 'server'), join(folder, 'etcd'));
    await writeImages(folder, architecture);
  });
}

async function build(folder: string): Promise<void> {
  const [major, minor] = KUBERNETES.split('.');
  // A component refuses others that do not say of which version they are.
  const texts = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor };
  const linked = Object.entries(texts).map(([name, text]) => ` -X ${VERSION_VARIABLES}.${name}=${text}`);
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=-s -w${linked.join('')}`];
  // It takes all processors for minutes, and others may need them.
  await run('nice', ['-n', '15', 'go', 'build', ...flags, '-o', `${folder}/`, ...PACKAGES], {
    cwd: SOURCES,
    env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
  });
}

async function ensurePrograms(): Promise<void> {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  if (canInstall(thisMachine())) return installPackages([...new Set(missing.map(([, name]) => name))]);
  for (const [program, name] of missing) requireProgram(program, `Install it (package ${name}).`);
}

/** Digest of all files of a folder, with their names, and of a text. */
function digestOf(folder: string, text: string): string {
  const hash = createHash('sha256').update(text);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of names.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash
      .update(`${file.slice(folder.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
