import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withLock } from '../setup/cache';
import { concurrently } from '../setup/concurrently';
import { UserError } from '../setup/errors';
import { thisMachine } from '../setup/machine';
import { step } from '../setup/progress';
import { ensureCertificates } from './certificates';
import { removeCgroups } from './cgroups';
import { ensureComponents } from './components';
import { CONTROL_PLANE, type ControlPlaneComponent } from './control-plane-files';
import { kubectl } from './kubectl';
import { files, HOST_LINK, KUBERNETES, MACHINE_NAMES, stateDirectory } from './layout';
import { COREDNS, MANIFESTS } from './manifests';
import { closePlace, holderOf, PLACES, until } from './namespaces';
import { ensureNetwork } from './network';
import { requireAllRunning, startControlPlane, startMachine } from './parts';

/** What a checkout has of the cluster: how it is reached. */
const ACCESS = resolve(__dirname, '..', '..', 'build', 'cluster');
/** The kubeconfig of the cluster's administrator. */
export const KUBECONFIG = join(ACCESS, 'kubeconfig');

const READY_MS = 180_000;
const REMOVE_MS = 30_000;

/**
 * Starts the test cluster, or what is missing of it, and waits until all machines are Ready and names are resolved.
 *
 * @throws UserError where the machine cannot run it
 */
export async function ensureCluster(): Promise<void> {
  requireLinuxRoot();
  const programs = await ensureComponents();
  await alone(async () => {
    await step(`Starting Kubernetes ${KUBERNETES}`, async () => {
      await ensureCertificates();
      await ensureNetwork(join(programs, 'pause'));
      for (const component of Object.keys(CONTROL_PLANE) as ControlPlaneComponent[]) {
        await startControlPlane(component, programs);
      }
      await concurrently(MACHINE_NAMES.map((name) => () => startMachine(name, programs)));
    });
    await kubectl(['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: MANIFESTS }));
    const startedAt = Date.now();
    await step('Waiting until all machines are Ready', () =>
      until('all machines are Ready', READY_MS, async () => {
        requireAllRunning(startedAt);
        return (await machinesReady()) || undefined;
      }),
    );
    await step('Waiting until names are resolved', () =>
      kubectl(['rollout', 'status', 'deployment', COREDNS.name, '-n', COREDNS.namespace, '--timeout=180s']),
    );
  });
  await giveAccess(programs);
}

/** Does something during which nobody else on this machine starts or removes the cluster, or repairs what is broken on purpose. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  return withLock('test-cluster', work);
}

/** Whether there is a test cluster on this machine, or a part of one. */
export function clusterRuns(): boolean {
  return PLACES.some((place) => holderOf(place) !== undefined);
}

/** Whether every machine of the cluster is Ready. */
async function machinesReady(): Promise<boolean> {
  const status = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}';
  const listed = (await kubectl(['get', 'nodes', '-o', `jsonpath=${status}`])).trim().split(' ');
  return MACHINE_NAMES.every((name) => listed.includes(`${name}=True`));
}

async function giveAccess(programs: string): Promise<void> {
  await mkdir(ACCESS, { recursive: true });
  await copyFile(files.kubeconfig('admin'), KUBECONFIG);
  const link = join(ACCESS, 'kubectl');
  await rm(link, { force: true });
  await symlink(join(programs, 'kubectl'), link);
}

/** Ends the test cluster and removes all of it but the programs that were built. @returns whether there was one */
export async function removeCluster(): Promise<boolean> {
  requireLinuxRoot();
  return alone(async () => {
    const existed = existsSync(stateDirectory());
    if (existed) {
      await step('Removing the test cluster', async () => {
        for (const place of [...PLACES].reverse()) await closePlace(place);
        // The kernel takes links and mounts away after the processes.
        await until(
          'its link has gone',
          REMOVE_MS,
          async () => !existsSync(`/sys/class/net/${HOST_LINK}`) || undefined,
        );
        await untilFree('its control groups', async () => removeCgroups());
        await untilFree('its files', () => rm(stateDirectory(), { recursive: true, force: true }));
      });
    }
    await rm(ACCESS, { recursive: true, force: true });
    return existed;
  });
}

/** Removes it, again and again while something is still in use. */
async function untilFree(what: string, remove: () => Promise<void>): Promise<void> {
  await until(`${what} can be removed`, REMOVE_MS, async () => {
    try {
      await remove();
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EBUSY' && code !== 'ENOTEMPTY') throw error;
      return undefined;
    }
  });
}

/** Why the test cluster cannot run on this machine; undefined where it can. */
export function clusterObstacle(): string | undefined {
  const { isLinux, isRoot } = thisMachine();
  if (isLinux && isRoot) return undefined;
  return `the test cluster needs Linux and root: it makes network namespaces, and each machine runs containers. Here it is ${process.platform}${isRoot ? '' : ' without root'}.`;
}

function requireLinuxRoot(): void {
  const obstacle = clusterObstacle();
  if (obstacle === undefined) return;
  throw new UserError(`${obstacle} With a cluster of your own, such as kind's or Docker Desktop's, set KUBECONFIG.`);
}
