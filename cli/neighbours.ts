import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSubnet, overlap, parseSubnet } from '../environment/addresses';
import { configDirectory } from '../topology/load-topologies';
import { LABEL_PREFIX } from '../topology/names';
import type { Topology } from '../topology/topology';
import type { EnvironmentEngine } from './environment-engine';
import { UserError } from './setup/errors';

const ENVIRONMENT_LABEL = `${LABEL_PREFIX}.environment`;
const EVERY_ADDRESS = ['', '0.0.0.0', '::'];

/** A network of some environment as the engine reports it. */
export interface InspectedNetwork {
  readonly Labels: Readonly<Record<string, string>>;
  readonly IPAM: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** A load balancer of some environment as the engine reports it. */
export interface InspectedBalancer {
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: { readonly Test?: readonly string[] };
  };
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
}

/**
 * What environments of other names have on the engine of what this one wants: it may be this one, under the name that its file had.
 *
 * @returns by environment, in words
 */
export function heldByOthers(
  { environment, network, loadBalancer }: Topology,
  networks: readonly InspectedNetwork[],
  balancers: readonly InspectedBalancer[],
): Map<string, string[]> {
  const held = new Map<string, string[]>();
  const note = (labels: Readonly<Record<string, string>>, what: string) => {
    const name = labels[ENVIRONMENT_LABEL];
    if (name !== undefined && name !== environment) held.set(name, [...(held.get(name) ?? []), what]);
  };
  const subnet = parseSubnet(network.subnet);
  for (const { Labels, IPAM } of networks) {
    for (const { Subnet: other = '' } of IPAM.Config ?? []) {
      if (isSubnet(other) && overlap(parseSubnet(other), subnet)) note(Labels, `the subnet ${other}`);
    }
  }
  const { bindAddress, httpPort, httpsPort, hostname } = loadBalancer;
  for (const { Config, HostConfig } of balancers) {
    const bindings = Object.values(HostConfig.PortBindings ?? {}).flatMap((each) => each ?? []);
    const shared = bindings.filter(
      ({ HostIp, HostPort }) =>
        [httpPort, httpsPort].includes(Number(HostPort)) &&
        (HostIp === bindAddress || [HostIp, bindAddress].some((address) => EVERY_ADDRESS.includes(address))),
    );
    for (const { HostIp, HostPort } of shared) note(Config.Labels, `the port ${HostIp || '0.0.0.0'}:${HostPort}`);
    const named = Config.Healthcheck?.Test?.some((argument) => argument.startsWith(`${hostname}:`));
    if (shared.length > 0 && named) note(Config.Labels, `the host name ${hostname}`);
  }
  return held;
}

/** @throws UserError where another environment, also one whose file is gone, has on the engine what this one wants */
export async function requireOwnPlace(topology: Topology, engine: EnvironmentEngine): Promise<void> {
  const inspected = async <T>(kind: 'network' | 'container', label: string): Promise<T[]> => {
    const all = kind === 'container' ? ['--all'] : [];
    const format = `{{.ID}} {{.Label "${ENVIRONMENT_LABEL}"}}`;
    const listed = await engine.docker(kind, 'ls', ...all, '--filter', `label=${label}`, '--format', format);
    const others = listed.split('\n').flatMap((line) => {
      const [id = '', name] = line.split(' ');
      return id === '' || name === topology.environment ? [] : [id];
    });
    return engine.inspect<T>(kind, others);
  };
  const [networks, balancers] = await Promise.all([
    inspected<InspectedNetwork>('network', ENVIRONMENT_LABEL),
    inspected<InspectedBalancer>('container', `${LABEL_PREFIX}.component=load-balancer`),
  ]);
  const held = heldByOthers(topology, networks, balancers);
  if (held.size === 0) return;
  throw new UserError([...held].map(([name, things]) => heldMessage(topology.environment, name, things)).join('\n'));
}

function heldMessage(environment: string, other: string, things: readonly string[]): string {
  const file = (name: string) => join(configDirectory(), `${name}.toml`);
  const listed = things.length < 2 ? things.join() : `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`;
  const found = `another environment on this engine, ${other}, has ${listed}, which ${environment} wants. Nothing was changed.`;
  if (existsSync(file(other))) {
    return `${found}\nGive ${environment} others in ${file(environment)}; or have ${other} give them up: make up ENVIRONMENT=${other}, where ${file(other)} no longer has them, or make down ENVIRONMENT=${other}.`;
  }
  return `${found}\nThere is no ${file(other)}. If ${file(environment)} was that file, give it its name back: an environment is called as its file. To have the new name, destroy what runs first: the file under its old name, make down ENVIRONMENT=${other}, then the new name again.`;
}
