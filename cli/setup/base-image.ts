import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, withLock } from './cache';
import { UserError } from './errors';
import { canInstall, installPackages, thisMachine } from './machine';
import { CommandError, isInstalled, run } from './process';
import { step } from './progress';

const SUITE = 'trixie';
const PUBLISHED = `debian:${SUITE}-slim`;
const OWN = `wso2-is-active-active/debian:${SUITE}`;
/** Whose signatures a package list must have. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const REGISTRY_ANSWER_MS = 20_000;
const PULL_TIMEOUT_MS = 600_000;

/**
 * Makes sure that the engine has a Debian 13 base image: the published one, already there or pulled; where no image registry
 * answers, one made of Debian's packages.
 *
 * @param dockerEnv points the docker client at the engine
 * @returns name of the image
 * @throws UserError when it can neither be pulled nor made here
 */
export async function ensureBaseImage(dockerEnv: NodeJS.ProcessEnv): Promise<string> {
  const present = await imagesOnEngine(dockerEnv);
  const existing = [PUBLISHED, OWN].find((image) => present.has(image));
  if (existing) return existing;
  const problem = await pull(dockerEnv);
  if (problem === undefined) return PUBLISHED;
  return withLock('base-image', async () => {
    if (!(await imagesOnEngine(dockerEnv)).has(OWN)) await make(dockerEnv, problem);
    return OWN;
  });
}

/** `repository:tag` of every image on the engine. */
export async function imagesOnEngine(dockerEnv: NodeJS.ProcessEnv): Promise<Set<string>> {
  const { stdout } = await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { env: dockerEnv });
  return new Set(stdout.trim().split('\n'));
}

/** @returns why the image could not be pulled, undefined when it was */
async function pull(dockerEnv: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await step(`Pulling ${PUBLISHED}`, () =>
      // A registry that answers late is as good as none; a slow download is not.
      run('docker', ['pull', PUBLISHED], {
        env: dockerEnv,
        firstOutputMs: REGISTRY_ANSWER_MS,
        timeoutMs: PULL_TIMEOUT_MS,
      }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.lastLines.at(-1) ?? error.reason;
  }
}

async function make(dockerEnv: NodeJS.ProcessEnv, problem: string): Promise<void> {
  const machine = thisMachine();
  const failed = `${PUBLISHED} could not be pulled (${problem}).`;
  if (!machine.isRoot || (!isInstalled('debootstrap') && !canInstall(machine))) {
    throw new UserError(
      `${failed} Pull it through your own registry mirror and tag it ${PUBLISHED}, or run this command as root on Debian or Ubuntu, where it is made from packages with debootstrap.`,
    );
  }
  const { stdout } = await run('docker', ['version', '--format', '{{.Server.Arch}}'], { env: dockerEnv });
  const architecture = stdout.trim();
  const own = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch;
  if (architecture !== own) {
    throw new UserError(
      `${failed} It cannot be made here either: the engine runs on ${architecture}, this machine on ${own}. Load ${PUBLISHED} into the engine (docker load).`,
    );
  }
  const packages = [
    ...(isInstalled('debootstrap') ? [] : ['debootstrap']),
    ...(existsSync(KEYRING) ? [] : ['debian-archive-keyring']),
  ];
  if (packages.length > 0 && canInstall(machine)) await installPackages(packages);
  // Without it debootstrap would only warn, and take whatever a mirror or a cable hands it.
  if (!existsSync(KEYRING)) {
    throw new UserError(
      `${failed} It is not made here either: ${KEYRING} is missing, so nobody could tell whether packages are Debian's. Install the package debian-archive-keyring.`,
    );
  }
  await step(`Making ${OWN} with debootstrap, as no image registry answers`, () => bootstrap(dockerEnv));
}

async function bootstrap(dockerEnv: NodeJS.ProcessEnv): Promise<void> {
  // Not in /tmp, which may be mounted without device files or programs.
  await mkdir(cacheDirectory(), { recursive: true });
  const work = await mkdtemp(join(cacheDirectory(), 'base-image-'));
  const root = join(work, 'root');
  const archive = join(work, 'root.tar');
  const umask = process.umask(0o022);
  try {
    const mirror = await debianMirror();
    const logFile = join(cacheDirectory(), 'logs', 'debootstrap.log');
    await rm(logFile, { force: true });
    const args = [
      '--variant=minbase',
      `--keyring=${KEYRING}`,
      '--force-check-gpg',
      SUITE,
      root,
      ...(mirror === undefined ? [] : [mirror]),
    ];
    await run('debootstrap', args, { logFile });
    await addUpdates(root);
    await strip(root);
    await run('tar', ['--create', '--numeric-owner', '--one-file-system', '--file', archive, '--directory', root, '.']);
    const message = `Debian ${SUITE}, made with debootstrap`;
    await run('docker', ['import', '--change', 'CMD ["bash"]', '--message', message, archive, OWN], { env: dockerEnv });
  } finally {
    process.umask(umask);
    await rm(work, { recursive: true, force: true });
  }
}

/** The mirror this machine itself uses, if it is Debian; otherwise debootstrap knows one. */
async function debianMirror(): Promise<string | undefined> {
  const folder = '/etc/apt/sources.list.d';
  const files = (await readdir(folder).catch(() => [])).map((file) => join(folder, file));
  for (const file of ['/etc/apt/sources.list', ...files]) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const mirror = /^(?:deb\s|URIs:)\s*(?:\[.*?\]\s*)?(https?:\S+\/debian)\/?(?:\s|$)/m.exec(text)?.[1];
    if (mirror) return mirror;
  }
  return undefined;
}

/** debootstrap writes the release alone; corrections come from two more places beside it, where the mirror has them. */
async function addUpdates(root: string): Promise<void> {
  const file = join(root, 'etc/apt/sources.list');
  const text = await readFile(file, 'utf8');
  const mirror = /^deb (\S+?)\/? /m.exec(text)?.[1];
  if (!mirror) return;
  const sources = [
    { address: mirror, suite: `${SUITE}-updates` },
    { address: `${mirror}-security`, suite: `${SUITE}-security` },
  ];
  const answering = await Promise.all(
    sources.map(async ({ address, suite }) => {
      const response = await fetch(`${address}/dists/${suite}/InRelease`, {
        method: 'HEAD',
        signal: AbortSignal.timeout(5_000),
      }).catch(() => undefined);
      return response?.ok ? [`deb ${address} ${suite} main\n`] : [];
    }),
  );
  await writeFile(file, text + answering.flat().join(''));
}

/** Leaves out what a container never reads, as the published slim image does, now and in later installations. */
async function strip(root: string): Promise<void> {
  await writeFile(
    join(root, 'etc/dpkg/dpkg.cfg.d/slim'),
    `${['doc', 'man', 'info', 'locale'].map((name) => `path-exclude /usr/share/${name}/*`).join('\n')}
path-include /usr/share/doc/*/copyright
path-include /usr/share/locale/locale.alias
`,
  );
  const content = async (folder: string) => {
    return (await readdir(join(root, folder)).catch(() => [])).map((name) => join(folder, name));
  };
  const manuals = await content('usr/share/man');
  const unread = [
    ...['var/cache/apt', 'var/lib/apt/lists', 'var/log', 'usr/share/info', 'usr/share/locale'],
    // The folders themselves stay: Java's package links into man1 and fails without it.
    ...manuals.filter((folder) => /\/man\d$/.test(folder)),
  ];
  const translated = manuals.filter((folder) => !/\/man\d$/.test(folder));
  const inside = (await Promise.all(unread.map(content))).flat();
  // The first two name the machine that made the image.
  for (const name of ['etc/hostname', 'etc/resolv.conf', ...translated, ...inside]) {
    await rm(join(root, name), { recursive: true, force: true });
  }
  for (const folder of await content('usr/share/doc')) {
    for (const name of await content(folder)) {
      if (!name.endsWith('/copyright')) await rm(join(root, name), { recursive: true, force: true });
    }
  }
}
