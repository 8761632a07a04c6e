import type { X509Certificate } from 'node:crypto';
import { firstReleaseHealth } from '../topology/load-balancer-health';
import type { Topology } from '../topology/topology';
import { certificateFacts, certificatesIn, FEW_DAYS } from './certificate';
import type { EngineContainer } from './environment-engine';
import type { Executor } from './executor';

/** What a node has of certificates, of TLS and of signing keys. */
export interface NodeCertificates {
  /** The one that it has served since its start; undefined on a node of the first release. */
  readonly served?: X509Certificate;
  /** The one that it would take at a start. */
  readonly installed?: X509Certificate;
  /** Of the environment's own authority. */
  readonly authority?: X509Certificate;
  /** Of the signing keys that it would publish after a start, by number. */
  readonly signing: ReadonlyMap<number, X509Certificate>;
}

// The image's entry point has copied the shared folder to the server's own at the start.
const READ = `
show() { [ ! -f "$2" ] || { echo "== $1"; cat "$2"; }; }
show served "$WSO2_SERVER_HOME/repository/resources/security/tls.crt"
cd "$KEYSTORES"
show installed tls.crt
show authority ca.crt
for file in signing-*.crt; do show "$file" "$file"; done`;

/** Asks a node that runs. @returns undefined where it cannot be asked */
export async function certificatesOf(executor: Executor, server: string): Promise<NodeCertificates | undefined> {
  try {
    return parseCertificates(await executor.exec(server, '/bin/sh', '-c', READ));
  } catch {
    return undefined;
  }
}

/** @param text PEM, each after a line `== name` */
export function parseCertificates(text: string): NodeCertificates {
  const found = new Map(
    text
      .split(/^== /m)
      .slice(1)
      .flatMap((part): [string, X509Certificate][] => {
        const [certificate] = certificatesIn(part);
        return certificate ? [[part.slice(0, part.indexOf('\n')), certificate]] : [];
      }),
  );
  const signing = [...found].flatMap(([name, certificate]): [number, X509Certificate][] => {
    const number = /^signing-(\d+)\.crt$/.exec(name)?.[1];
    return number === undefined ? [] : [[Number(number), certificate]];
  });
  return {
    served: found.get('served'),
    installed: found.get('installed'),
    authority: found.get('authority'),
    signing: new Map(signing),
  };
}

/** What a plan replaces although nothing of the configuration has changed, by stack: Terraform addresses and why, in words. */
export type Renewals = ReadonlyMap<string, { readonly address: string; readonly why: string }>;

/**
 * Looks for what time alone makes due. Certificates of TLS that end soon are issued again by their job, which Nginx notices, and
 * taken by the nodes at their next start: so both are replaced. A load balancer whose health check would fail with today's
 * configuration is replaced as well, since an engine cannot change the health check of a container.
 */
export async function dueRenewals(
  { topology, engine }: { readonly topology: Topology; readonly engine: Executor },
  containers: readonly EngineContainer[],
  now = new Date(),
): Promise<Renewals> {
  const { nodes, loadBalancer } = topology;
  const due = new Map<string, { address: string; why: string }>();
  const running = containers.filter((container) => container.running && !container.paused);
  const isRunning = (name: string) => running.some((container) => container.name === name);
  const daysLeft = (certificate: X509Certificate) => certificateFacts(certificate, now).daysLeft;
  const soon = (certificate: X509Certificate | undefined) =>
    certificate !== undefined && daysLeft(certificate) < FEW_DAYS;
  const asked = await Promise.all(
    nodes
      .filter(({ containerName }) => isRunning(containerName))
      .map(async ({ containerName }) => ({ name: containerName, has: await certificatesOf(engine, containerName) })),
  );
  for (const { name, has } of asked) {
    if (has?.served === undefined || !soon(has.served)) continue;
    due.set(name, { address: NODE, why: `its certificate ends in ${daysLeft(has.served)} days` });
  }
  const issued = loadBalancer.certificate === 'issued' && isRunning(loadBalancer.containerName);
  const ofBalancer = issued ? await certificateOfBalancer(engine, topology) : undefined;
  const ending = [...asked.map(({ has }) => has?.installed), ofBalancer].filter(soon);
  const foundation = topology.stacks.find(({ layer }) => layer === 'foundation');
  if (ending.length > 0 && foundation) {
    due.set(foundation.name, { address: KEYSTORES_JOB, why: 'it issues certificates again that end soon' });
  }
  const balancer = containers.find(({ name }) => name === loadBalancer.containerName);
  const asks = balancer?.healthCommand;
  const works = [loadBalancer.health.command, firstReleaseHealth(loadBalancer, loadBalancer.certificate)];
  if (balancer && asks && !works.some((command) => command.join('\n') === asks.join('\n'))) {
    due.set(balancer.name, { address: LOAD_BALANCER, why: 'its health check asks for what is not served any more' });
  }
  return due;
}

/** Addresses of what time makes due, as the constructs name them. */
export const NODE = 'docker_container.identity-server';
export const KEYSTORES_JOB = 'docker_container.keystore-keystores-job';
export const LOAD_BALANCER = 'docker_container.load-balancer';

async function certificateOfBalancer(
  engine: Executor,
  { loadBalancer }: Topology,
): Promise<X509Certificate | undefined> {
  try {
    return certificatesIn(await engine.exec(loadBalancer.containerName, 'cat', loadBalancer.certificateFile))[0];
  } catch {
    return undefined;
  }
}
