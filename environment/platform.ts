import { DISTRIBUTIONS } from '../catalogue/distributions';
import { isTable } from '../catalogue/toml';
import { externalServers } from './database';
import type { EnvironmentSettings } from './schema';
import { NODE_PORTS } from './settings/platform';
import type { TomlPath } from './toml-lines';
import type { z } from './zod';

/** What has no meaning on Kubernetes, and what there is instead. */
const MEANINGLESS_ON_KUBERNETES: readonly (readonly [path: readonly string[], instead: string])[] = [
  [['engine', 'host'], 'is a Docker Engine; on Kubernetes platform.context says where the environment is'],
  [['network', 'subnet'], 'is of Docker: pods get their addresses from the cluster, and find each other by names'],
  [
    ['load_balancer', 'bind_address'],
    'is an address of a Docker host; on Kubernetes platform.publish says how clients reach the load balancer',
  ],
  [
    ['identity_server', 'build'],
    'builds an image on a Docker Engine; build it once, push it to a registry that the cluster reads, and name it in identity_server.image',
  ],
  [
    ['identity_server', 'driver_jar'],
    'is put into containers by a Docker Engine; build an image that has the driver, and name it in identity_server.image',
  ],
];

/** Keys that stand in a configuration and have no meaning on its platform: a default would hide them, so the file itself is looked at. */
export function keysOfOtherPlatform(raw: unknown): { path: TomlPath; message: string }[] {
  const platform = valueAt(raw, ['platform']);
  const kind = valueAt(platform, ['kind']);
  if (kind === 'kubernetes') {
    return MEANINGLESS_ON_KUBERNETES.flatMap(([path, message]) =>
      valueAt(raw, path) === undefined ? [] : [{ path: [...path], message }],
    );
  }
  if (!isTable(platform) || (kind !== undefined && kind !== 'docker')) return [];
  return Object.keys(platform)
    .filter((key) => key !== 'kind')
    .map((key) => ({
      path: ['platform', key],
      message: 'is of Kubernetes; set platform.kind = "kubernetes", or remove it',
    }));
}

/** How the tables fit a cluster. */
export function checkPlatform(settings: EnvironmentSettings, context: z.RefinementCtx): void {
  const { platform, identity_server: server, load_balancer: balancer, database } = settings;
  if (platform.kind !== 'kubernetes') return;
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (platform.context === undefined) {
    refuse(
      ['platform', 'context'],
      'is required with kind = "kubernetes": the context of the kubeconfig file, so that no command reaches another cluster',
    );
  }
  if (platform.publish === 'node-port') {
    for (const key of ['http_port', 'https_port'] as const) {
      if (balancer[key] >= NODE_PORTS.first && balancer[key] <= NODE_PORTS.last) continue;
      refuse(
        ['load_balancer', key],
        `found ${balancer[key]}; with platform.publish = "node-port" it is a port of every machine, from ${NODE_PORTS.first} to ${NODE_PORTS.last}`,
      );
    }
  } else if (Object.keys(platform.annotations).length > 0 && platform.publish === 'cluster-ip') {
    refuse(
      ['platform', 'annotations'],
      'are for a load balancer of a cloud; with publish = "cluster-ip" there is none',
    );
  }
  if (platform.publish === 'cluster-ip' && balancer.rate_limit !== undefined) {
    refuse(
      ['load_balancer', 'rate_limit'],
      'counts by the address of a client; with platform.publish = "cluster-ip" all clients have the address of your ingress: have that slow them down',
    );
  }
  if (DISTRIBUTIONS[server.distribution].images !== 'sandbox' && server.image === undefined) {
    refuse(
      ['identity_server', 'image'],
      `is required on Kubernetes with ${server.distribution}: an image with the database's JDBC driver, in a registry that the cluster reads`,
    );
  }
  if (platform.storage_class !== undefined && externalServers(database) !== undefined) {
    refuse(
      ['platform', 'storage_class'],
      "is for the claim of a database container; this environment's database is a server of yours",
    );
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isTable(inner) ? inner[key] : undefined), value);
}
