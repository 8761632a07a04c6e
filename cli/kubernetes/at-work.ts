import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { LABEL_PREFIX } from '../../topology/names';
import { thisProcess } from '../at-work';
import type { ClusterObject } from '../environment-cluster';
import { UserError } from '../setup/errors';
import { CommandError, stopRunningCommands } from '../setup/process';
import { print } from '../setup/progress';
import type { ClusterContext } from './cluster-context';
import { explained } from './cluster-lost';

type Place = Pick<ClusterContext, 'topology' | 'cluster'>;

/** Who is at work says so again and again; whoever is silent for so long is gone. */
const LEASE_SECONDS = 30;
const RENEW_SECONDS = 10;
/** One that was renewed since, by its own clock, is taken for alive without watching it. */
const FRESH_SECONDS = 15;
const SECONDS_BETWEEN_LOOKS = 2;

interface Lease extends ClusterObject {
  readonly metadata: ClusterObject['metadata'] & { readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string; readonly acquireTime: string; readonly renewTime: string };
}

/**
 * Does something to an environment that nobody else may do at the same time: Terraform locks a state only while it works on that one stack. The
 * cluster says who is first, by a Lease in the namespace that this process renews. One whose process was killed is taken over when it has been
 * silent for half a minute.
 *
 * @throws UserError when somebody is at work, with who and since when
 */
export async function atWorkOnCluster<T>(place: Place, command: string, work: () => Promise<T>): Promise<T> {
  const holder = `${thisProcess()} (${randomUUID().slice(0, 8)}): ${command}`;
  await acquire(place, holder);
  let lost: string | undefined;
  const renewing = setInterval(async () => {
    const other = await renew(place, holder);
    if (other === undefined) return;
    lost = other;
    clearInterval(renewing);
    stopRunningCommands('SIGINT');
  }, RENEW_SECONDS * 1000);
  try {
    return await work();
  } catch (error) {
    if (lost === undefined) throw explained(error, `${command} ENVIRONMENT=${place.topology.environment}`);
    throw new UserError(
      `${lost} has begun to work on ${place.topology.environment}, since this command could not be heard of for ${LEASE_SECONDS} s. What had begun has ended in order; run this again when the other has ended.`,
    );
  } finally {
    clearInterval(renewing);
    if (lost === undefined) await release(place);
  }
}

/**
 * For what only plans: the plans that are saved in this folder may be those that somebody is just applying.
 *
 * @throws UserError when somebody is at work
 */
export async function requireNobodyAtWorkOnCluster(place: Place): Promise<void> {
  const lease = await found(place);
  if (lease !== undefined && isFresh(lease)) throw occupied(place, lease);
}

function nameOf({ topology }: Place): string {
  return `${topology.environment}-at-work`;
}

function found(place: Place): Promise<Lease | undefined> {
  return place.cluster.find<Lease>('lease', nameOf(place));
}

function isFresh({ spec }: Lease): boolean {
  return Math.abs(Date.now() - Date.parse(spec.renewTime)) < FRESH_SECONDS * 1000;
}

function occupied(place: Place, { spec }: Lease): UserError {
  const { environment } = place.topology;
  return new UserError(
    `somebody is at work on ${environment} (${spec.holderIdentity}, since ${spec.acquireTime}). Nothing was changed. Run this again when that has ended. One that was killed is forgotten ${LEASE_SECONDS} s later.`,
  );
}

async function acquire(place: Place, holder: string): Promise<void> {
  if (await write(place, 'create', holder)) return;
  const other = await found(place);
  if (other === undefined) return acquire(place, holder);
  if (isFresh(other)) throw occupied(place, other);
  print(
    `${other.spec.holderIdentity} was at work and may have been killed: waiting for ${LEASE_SECONDS} s whether it is.`,
  );
  const deadline = Date.now() + LEASE_SECONDS * 1000;
  while (Date.now() < deadline) {
    await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
    const now = await found(place);
    if (now === undefined) return acquire(place, holder);
    if (now.metadata.resourceVersion !== other.metadata.resourceVersion) throw occupied(place, now);
  }
  const { resourceVersion } = other.metadata;
  if (!(await write(place, 'replace', holder, resourceVersion))) throw occupied(place, (await found(place)) ?? other);
}

/** @returns whether nobody was first */
async function write(
  place: Place,
  verb: 'create' | 'replace',
  holderIdentity: string,
  resourceVersion?: string,
): Promise<boolean> {
  const now = microTime();
  const { labels } = place.topology;
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: nameOf(place),
      labels: { ...labels, [`${LABEL_PREFIX}.component`]: 'at-work' },
      ...(resourceVersion && { resourceVersion }),
    },
    spec: { holderIdentity, leaseDurationSeconds: LEASE_SECONDS, acquireTime: now, renewTime: now },
  };
  try {
    await place.cluster.kubectl([verb, '--filename', '-'], { input: JSON.stringify(lease) });
    return true;
  } catch (error) {
    const said = error instanceof CommandError ? error.lastLines.join(' ') : '';
    if (/AlreadyExists|Conflict|NotFound\).*leases/.test(said)) return false;
    throw error;
  }
}

/** @returns who has taken over; a cluster that does not answer has not let anybody */
async function renew(place: Place, holder: string): Promise<string | undefined> {
  const patch = [
    { op: 'test', path: '/spec/holderIdentity', value: holder },
    { op: 'replace', path: '/spec/renewTime', value: microTime() },
  ];
  try {
    await place.cluster.kubectl(['patch', 'lease', nameOf(place), '--type', 'json', '--patch', JSON.stringify(patch)]);
    return undefined;
  } catch {
    const lease = await found(place).catch(() => undefined);
    return lease === undefined || lease.spec.holderIdentity === holder ? undefined : lease.spec.holderIdentity;
  }
}

/** One that the cluster does not answer for now is forgotten by itself. */
async function release(place: Place): Promise<void> {
  await place.cluster.kubectl(['delete', 'lease', nameOf(place), '--ignore-not-found']).catch(() => undefined);
}

function microTime(): string {
  return new Date().toISOString().replace(/Z$/, '000Z');
}
