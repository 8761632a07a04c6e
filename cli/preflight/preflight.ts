import { jobsInOrder } from '../../topology/jobs';
import { LABEL_PREFIX } from '../../topology/names';
import type { Topology } from '../../topology/topology';
import type { CommandContext } from '../command';
import { type EnvironmentEngine, engineSays } from '../environment-engine';
import { nameNotes } from '../published/name';
import { engineHostOf, outwardAddress, publishedPlaces } from '../published/places';
import { CommandError } from '../setup/process';
import { print, step } from '../setup/progress';
import { type EngineNetwork, type Finding, findings, type Pending, type Surroundings } from './checks';
import { lookAround, programWith } from './host';
import { PUBLISHED_FORMAT, publishedPortsIn } from './listeners';
import { refuseErrors } from './refusal';

/**
 * Says what can be known before anything is created: a port that is taken and by whom, an address that the host does not have, a subnet
 * that is in use, too little memory or disk. An environment that is there already costs no more than a question to the engine.
 *
 * @param command what to type when the cause is gone
 * @throws UserError where the environment could not come up
 */
export async function preflight({ topology, engine }: CommandContext, command: string): Promise<void> {
  const pending = await pendingOf(topology, engine);
  if (pending.ports.length === 0 && !pending.network) return;
  await step(`Look around on the Docker host`, async () => {
    const surroundings = await surroundingsOf(topology, engine, true);
    if (surroundings === undefined) return;
    const found = [...findings(topology, pending, surroundings), ...(await nameFindings(topology))];
    refuseErrors(topology, found, command);
  });
}

/** The same for a plan, which is made all the same, and fetches no image for it. */
export async function foreseen({ topology, engine }: Pick<CommandContext, 'topology' | 'engine'>): Promise<Finding[]> {
  const pending = await pendingOf(topology, engine);
  if (pending.ports.length === 0 && !pending.network) return [];
  const [surroundings, names] = await Promise.all([surroundingsOf(topology, engine, false), nameFindings(topology)]);
  return [...(surroundings ? findings(topology, pending, surroundings) : []), ...names];
}

async function nameFindings(topology: Topology): Promise<Finding[]> {
  const places = publishedPlaces(topology.loadBalancer.bindAddress, engineHostOf(topology), outwardAddress());
  const notes = await nameNotes(topology, places.here);
  return notes.map((message) => ({ severity: 'note', key: 'load_balancer.hostname', message }));
}

async function pendingOf({ network, loadBalancer }: Topology, engine: EnvironmentEngine): Promise<Pending> {
  const { containerName, bindAddress, httpPort, httpsPort } = loadBalancer;
  const [networks, running] = await Promise.all([engine.names('network'), engine.containers()]);
  const format = '{{range .IPAM.Config}}{{.Subnet}}{{end}}';
  const subnet = networks.includes(network.name)
    ? (await engine.docker('network', 'inspect', '--format', format, network.name)).trim()
    : undefined;
  const balancer = running.find(({ name }) => name === containerName);
  const held = balancer?.running ? await bindingsOf(engine, containerName) : [];
  const ports = [
    { key: 'http_port', port: httpPort },
    { key: 'https_port', port: httpsPort },
  ] as const;
  return {
    ports: ports.filter(({ port }) => !held.includes(`${bindAddress}:${port}`)),
    network: subnet !== network.subnet,
  };
}

/** What a container publishes, as address:port. */
async function bindingsOf(engine: EnvironmentEngine, container: string): Promise<string[]> {
  const format = '{{json .HostConfig.PortBindings}}';
  const bindings = JSON.parse(await engine.docker('container', 'inspect', '--format', format, container)) as Record<
    string,
    readonly { readonly HostIp: string; readonly HostPort: string }[]
  > | null;
  return Object.values(bindings ?? {}).flatMap((all) => all.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`));
}

/** undefined, and why is told, where the engine's host cannot be looked at. */
async function surroundingsOf(
  topology: Topology,
  engine: EnvironmentEngine,
  pulls: boolean,
): Promise<Surroundings | undefined> {
  const info = JSON.parse(await engine.docker('info', '--format', '{{json .}}')) as EngineInfo;
  if (info.OperatingSystem === 'Docker Desktop') {
    // Its containers see a virtual machine, whose addresses and ports are not the user's.
    print('Docker Desktop: ports, addresses and disk of this machine are not checked before.');
    return undefined;
  }
  try {
    const [host, published, networks] = await Promise.all([
      lookAround(engine, await imageToLookWith(topology, engine, pulls), pulls),
      engine.docker('ps', '--format', PUBLISHED_FORMAT(`${LABEL_PREFIX}.environment`)),
      networksOf(engine),
    ]);
    const memoryMb = Math.floor(info.MemTotal / 1024 / 1024);
    return { host, published: publishedPortsIn(published), networks, memoryMb, programWith };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    print(`What can be known before was not checked: ${engineSays(error)}`);
    return undefined;
  }
}

interface EngineInfo {
  readonly OperatingSystem: string;
  readonly MemTotal: number;
}

/**
 * The first job's image: it is what the apply needs first. For a plan, which may be of a configuration that nobody has read yet, rather
 * one of which a container is there.
 */
async function imageToLookWith({ jobs }: Topology, engine: EnvironmentEngine, applies: boolean): Promise<string> {
  const [there] = applies ? [] : await engine.containers();
  return there?.image ?? (jobsInOrder(jobs)[0] as { image: string }).image;
}

async function networksOf(engine: EnvironmentEngine): Promise<EngineNetwork[]> {
  const ids = (await engine.docker('network', 'ls', '--quiet')).split('\n').filter((line) => line !== '');
  const networks = await engine.inspect<InspectedNetwork>('network', ids);
  return networks.map(({ Name, IPAM }) => ({
    name: Name,
    // Those with a letter or a colon are of IPv6.
    subnets: (IPAM.Config ?? []).map(({ Subnet }) => Subnet).filter((subnet) => /^[\d.]+\/\d+$/.test(subnet)),
  }));
}

interface InspectedNetwork {
  readonly Name: string;
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string }[] | null };
}
